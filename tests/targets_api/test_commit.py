"""No byte of an answer goes out before what it promises is committed."""

from __future__ import annotations

import pytest

from targets_api.main import create_app
from tests.conftest import TokenFor
from tests.support.slow_commit import Write, assert_answered_after_commit
from tests.targets_api.builders import CAM_THACH, HEALTH, TargetsService, a_target_body

BASELINE = {"scheme": HEALTH, "on": "2025-10-24", "population": 26697, "covered": 19702}
WRITES = [
    Write("targets", "POST", "/v1/targets", a_target_body(), 201),
    Write("baselines", "PUT", f"/v1/units/{CAM_THACH}/baselines", BASELINE, 201),
]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: f"{write.method} {write.path}")
async def test_an_answer_waits_for_the_commit(service: TargetsService, token_for: TokenFor, write: Write) -> None:
    app, token = create_app(service.runtime), token_for(service.runtime)
    await assert_answered_after_commit(app, service.runtime.database, token, write)
