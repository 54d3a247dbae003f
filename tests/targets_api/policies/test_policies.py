"""Policies of pace: the thresholds that targets are judged by."""

from __future__ import annotations

from dataclasses import asdict

from targets_api.domain.pace import DEFAULT_POLICY
from targets_api.main import create_app
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import TargetsService


async def test_the_policy_that_is_shown_has_every_threshold_of_the_one_that_judges(service: TargetsService) -> None:
    answer = (await service.http.get("/v1/pace-policies")).json()
    assert answer == {"items": [{"name": "default", **asdict(DEFAULT_POLICY), "fewest_working_days": 10}], "next": None}


async def test_policies_and_calendar_are_for_whoever_reads_progress(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    app = create_app(service.runtime)
    for scope, status in (("progress:own", 200), ("targets:write", 403)):
        client = await client_for(app, token_for(service.runtime, scope=scope))
        for path in ("/v1/pace-policies", "/v1/calendar?from=2025-04-25&to=2025-04-26"):
            assert (await client.get(path)).status_code == status, (scope, path)
