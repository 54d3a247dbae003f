"""Tries the templates of an operator with sample data, and shows one with the data of a real alert."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final, get_args
from uuid import UUID

from notifications.channels.chat.compose import compose as compose_chat
from notifications.channels.digest_samples import digests_of
from notifications.channels.mail.compose import Sender, compose_mail, part_of
from notifications.channels.mail.rendering import NAMES, Renderer, place_of
from notifications.domain.alert import ChangeKind, NoticeKind, Status
from notifications.domain.route import Language
from notifications.messages.alert_snapshot import AlertSnapshot, ReportedAlert
from notifications.messages.digest_snapshot import MOST_CHARTS, DigestSnapshot
from notifications.messages.outgoing_message import DigestNotice, Notice, OutgoingMessage
from notifications.messages.told_report import ToldCause, ToldRemedy, ToldReport
from notifications.settings import NotificationsSettings
from services.errors import Invalid
from services.ids import new_id
from services.vocabulary import Measure, Scheme

_AT: Final = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
_ID: Final = UUID("01a22a00-0000-7000-8000-000000000001")
_FIGURES: Final = {
    "on": "2025-10-26",
    "value": 0.9515,
    "achieved": 0.7512,
    "attained": 0.062,
    "expected": 0.27,
    "ratio": 0.23,
    "short_by": 1187,
    "needed_per_day": 79.9,
}
SAMPLE: Final[dict[str, Any]] = {
    "id": _ID,
    "status": "open",
    "severity": "critical",
    "subject": {"unit_code": "15142", "organisation_code": "CT", "collector_code": "CT-07"},
    "path": ["38", "15142"],
    "unit_name": "Xã Cẩm Thạch",
    "target_id": _ID,
    "target_name": "Q4",
    "episode": 1,
    "scheme": "household_health",
    "measure": "coverage",
    "starts_on": "2025-10-01",
    "ends_on": "2025-12-31",
    "figures": _FIGURES,
    "raised_at": _AT,
    "acknowledged_at": None,
    "acknowledged_by": None,
    "resolved_at": None,
    "version": 1,
}
_ACTOR: Final = {"subject": "hoa.le", "name": "Lê Thị Hoa", "organisation_code": "BHXH-38"}
_IN_SHORT: Final = {
    "causes": ["working_away"],
    "planned": 1,
    "done": 0,
    "missed": 1,
    "dropped": 0,
    "next_due_on": "2025-11-15",
}
_REPORT: Final = ToldReport(
    (ToldCause("Người dân đi làm ăn xa", "People work away from home", "trở về dịp Tết"),),
    (
        ToldRemedy(1, "Hội nghị khách hàng", "Trưởng thôn", date(2025, 10, 25), "missed"),
        ToldRemedy(2, "Đến từng nhà ở bảy thôn", "Bưu điện Cẩm Thủy", date(2025, 11, 15), "planned"),
    ),
)
_STATUS: Final[dict[str, Status]] = {
    "acknowledged": "acknowledged",
    "reported": "reported",
    "remedy_missed": "reported",
    "resolved": "resolved",
}
_CHANGE: Final[dict[Status, ChangeKind]] = {
    "acknowledged": "acknowledged",
    "reported": "reported",
    "resolved": "resolved",
}


def check_templates(settings: NotificationsSettings) -> None:
    """Raises Invalid, with file and line, where a template of DRIVE_TEMPLATES_DIR cannot be rendered."""
    Renderer(settings.templates_dir).check(partial(_samples, settings))


def preview(
    name: str, language: Language, shown: AlertSnapshot | DigestSnapshot, settings: NotificationsSettings
) -> str:
    """What a template makes of a message about this alert, as it is now, or of this digest; pictures are in the page.
    Raises Invalid."""
    if name not in NAMES:
        raise Invalid(f"there is no template {name}: there are {', '.join(NAMES)}")
    message = _about(shown, language)
    if name.startswith("mail." if message.digest else "digest."):
        other = "GET /v1/alerts/{id}" if message.digest else "GET /v1/digests/{name}/preview"
        raise Invalid(f"{name} is no template of this: give the answer of {other}")
    try:
        return part_of(name, message, _strict_sender(settings, Renderer(settings.templates_dir)))
    except Exception as error:
        raise Invalid(place_of(error, settings.templates_dir)) from error


def _about(shown: AlertSnapshot | DigestSnapshot, language: Language) -> OutgoingMessage:
    if isinstance(shown, DigestSnapshot):
        return _message([], language, shown)
    return _message([_notice(_CHANGE.get(shown.status, "raised"), shown.model_dump())], language)


def _samples(settings: NotificationsSettings, renderer: Renderer) -> Iterator[tuple[str, Callable[[], object]]]:
    sender = _strict_sender(settings, renderer)
    languages: tuple[Language, ...] = ("vi", "en")
    for language in languages:
        for what, message in _messages(language):
            yield f"a mail in {language}, {what}", partial(compose_mail, message, sender)
            yield f"a chat message in {language}, {what}", partial(compose_chat, message, sender)


def _messages(language: Language) -> Iterator[tuple[str, OutgoingMessage]]:
    changes: tuple[NoticeKind, ...] = (*get_args(ChangeKind), "reminded")
    for change in changes:
        yield change, _message([_notice(change)], language)
    bare: dict[str, Any] = {"subject": {"organisation_code": "CT"}, "path": [], "unit_name": None, "target_name": None}
    yield "without a unit", _message([_notice("raised", SAMPLE | bare)], language)
    yield "several alerts", _message([_notice(change) for change in changes], language)
    for scheme in get_args(Scheme):
        for measure in get_args(Measure):
            alert = SAMPLE | {"scheme": scheme, "measure": measure}
            yield f"{scheme}, {measure}", _message([_notice("raised", alert)], language)

    gravest = [ReportedAlert.model_validate(SAMPLE | {"id": new_id()}) for _ in range(MOST_CHARTS)]
    for what, digest in digests_of(gravest):
        yield what, _message([], language, digest)


def _notice(change: NoticeKind, alert: dict[str, Any] = SAMPLE) -> Notice:
    state: dict[str, Any] = {}
    if alert is SAMPLE:
        state = {"status": _STATUS.get(change, "open")}
        if change != "raised":
            state |= {"acknowledged_at": _AT, "acknowledged_by": _ACTOR}
        if change in ("reported", "remedy_missed"):
            state |= {"reported_at": _AT, "reported_by": _ACTOR, "report": _IN_SHORT}
        if change == "resolved":
            state |= {"resolved_at": _AT, "resolution": "caught_up"}
    told = _REPORT if change in ("reported", "remedy_missed") and alert is SAMPLE else None
    return Notice(
        change, ReportedAlert.model_validate(alert | state), _AT, (_ID,) if change != "raised" else (), report=told
    )


def _message(notices: list[Notice], language: Language, digest: DigestSnapshot | None = None) -> OutgoingMessage:
    return OutgoingMessage(
        id=_ID,
        attempt=1,
        route_name="ops",
        channel="mail",
        address="ops@example.org",
        secret=None,
        previous_secret=None,
        leased_until=_AT,
        notices=tuple(notices),
        language=language,
        group_code=None if digest else "unit:BHXH-CT",
        group_name=None if digest else "BHXH cơ sở Cẩm Thủy",
        more=0 if digest else 3,
        digest=DigestNotice(digest, _AT) if digest else None,
    )


def _strict_sender(settings: NotificationsSettings, renderer: Renderer) -> Sender:
    """One whose templates fail where those of an operator fail."""
    return Sender(settings.mail_from, settings.public_url, renderer, is_strict=True)
