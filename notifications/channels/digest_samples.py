"""Digests with which templates are tried: one with all that there can be, and one with nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from notifications.domain.digest import Every
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.digest_snapshot import (
    DigestCause,
    DigestChanges,
    DigestSnapshot,
    DigestTask,
    GraveAlert,
    OpenAlerts,
    OpenAlertsOfUnit,
)

_UNTIL: Final = datetime(2025, 10, 27, 0, 30, tzinfo=UTC)
_WEEK: Final = timedelta(days=7)
_CAUSE: Final = DigestCause(
    code="working_away", name_vi="Người dân đi làm ăn xa", name_en="People work away from home", alerts=3
)


def digests_of(gravest: Sequence[AlertSnapshot]) -> Iterator[tuple[str, DigestSnapshot]]:
    """What each is, and the digest; of alerts these, of which there is at least one."""
    for every in get_args(Every):
        yield f"a digest by the {every}", _digest(every, **_full(gravest))
    yield "a digest of nothing", _digest("day")


def _full(gravest: Sequence[AlertSnapshot]) -> dict[str, Any]:
    changes = DigestChanges(**dict.fromkeys(DigestChanges.model_fields, 2))
    found = OpenAlerts(**dict.fromkeys(OpenAlerts.model_fields, 1_234))
    unit = OpenAlertsOfUnit(**found.model_dump(), unit_code="BHXH-CT", unit_name="BHXH cơ sở Cẩm Thủy")
    rest = OpenAlertsOfUnit(**found.model_dump(), unit_code=None, unit_name=None)
    due = DigestTask.of("report", gravest[0], _UNTIL)
    visits = {"due_on": _UNTIL.date(), "what": "Đến từng hộ", "who": "Bưu điện Cẩm Thủy"}
    remedy = DigestTask.of("remedy", gravest[0], None, **visits)
    late = DigestTask.of("acknowledgement", gravest[0], _UNTIL)
    return {
        "changes": changes,
        "open": found,
        "units": [unit, rest],
        "more_units": 7,
        "overdue": [late, due, remedy.model_copy(update={"is_silenced": True})],
        "due": [due, remedy],
        "causes": [_CAUSE],
        "gravest": [GraveAlert(alert=alert, course=[]) for alert in gravest],
    }


def _digest(every: Every, **more: Any) -> DigestSnapshot:
    nothing: dict[str, Any] = {"changes": DigestChanges(), "open": OpenAlerts(), "more_units": 0}
    lists: dict[str, Any] = {name: [] for name in ("units", "overdue", "due", "causes", "gravest")}
    times = {"since": _UNTIL - _WEEK, "until": _UNTIL, "next_at": _UNTIL + _WEEK}
    area = {"name": "thanh-hoa", "under": "38", "unit_name": "Tỉnh Thanh Hóa"}
    return DigestSnapshot(every=every, **area, **times, **nothing | lists | more)
