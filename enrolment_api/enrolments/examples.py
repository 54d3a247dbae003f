"""Sign-ups as examples, for the document."""

from typing import Any, Final

_SIGN_UP: Final[dict[str, Any]] = {
    "external_ref": "CT-0001",
    "unit_code": "15142",
    "collector_code": "CT-07",
    "signed_on": "2025-10-25",
    "months": 12,
    "receipt_no": "C45-000123",
    "participant": {
        "full_name": "Nguyễn Văn An",
        "born_on": "1980-02-03",
        "sex": "male",
        "personal_id": "038080012345",
    },
    "support_group": "none",
    "channel": "launch_day",
}
_HEALTH: Final[dict[str, Any]] = _SIGN_UP | {
    "scheme": "household_health",
    "amount_paid": 1263600,
    "household": {"code": "15142-HH-0042", "member_no": 1},
}
_VOLUNTARY: Final[dict[str, Any]] = _SIGN_UP | {
    "scheme": "voluntary_social",
    "external_ref": "CT-0002",
    "amount_paid": 3168000,
    "monthly_income": 1500000,
}
SIGN_UPS: Final[dict[str, Any]] = {"household_health": {"value": _HEALTH}, "voluntary_social": {"value": _VOLUNTARY}}
BATCH_ITEM: Final[dict[str, Any]] = {
    "index": 0,
    "external_ref": "CT-0001",
    "status": 201,
    "id": "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01",
}
BATCH: Final[dict[str, Any]] = {"items": [_HEALTH, _VOLUNTARY]}
