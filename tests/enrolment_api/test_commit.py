"""No byte of an answer goes out before what it promises is committed."""

from __future__ import annotations

import pytest

from tests.conftest import TokenFor
from tests.enrolment_api.conftest import Service, a_sign_up
from tests.support.slow_commit import Write, assert_answered_after_commit

UNIT = {"name": "Thôn 2", "level": "village", "parent_code": "15142"}
WRITES = [
    Write("enrolments", "POST", "/v1/enrolments", a_sign_up(), 201),
    Write("enrolments", "POST", "/v1/enrolments/batch", {"items": [a_sign_up()]}, 207),
    Write("units", "PUT", "/v1/units/15142-02", UNIT, 201),
    Write("units", "POST", "/v1/units/import", {"province_code": "38"}, 201),
    Write("organisations", "PUT", "/v1/organisations/TX", {"name": "Bưu điện Thọ Xuân"}, 201),
    Write("collectors", "PUT", "/v1/collectors/CT-09", {"name": "Lê Văn C", "organisation_code": "CT"}, 201),
]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: f"{write.method} {write.path}")
async def test_an_answer_waits_for_the_commit(service: Service, token_for: TokenFor, write: Write) -> None:
    await assert_answered_after_commit(service.app, service.runtime.database, token_for(service.runtime), write)
