"""The page as HTML. It loads nothing, needs no script, and says to the browser what it must not do."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.action_links.choices import choices
from notifications.action_links.form import EMPTY, REMEDIES, Form
from notifications.action_links.language import OTHER, WORDS, Shown
from notifications.action_links.queries import Found
from notifications.action_links.words import Mistake, PageWords
from notifications.channels.mail.facts import by, reporter, table, who
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.causes import CauseRow
from services.errors import DomainError

_TEMPLATES: Final = Path(__file__).with_name("templates")
_STYLE: Final = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Filled:
    """The forms: `proof` goes into each; `form` is what was typed before, `mistakes` what is wrong with it by field."""

    proof: str
    today: date
    form: Form = EMPTY
    mistakes: Mapping[str, Mistake] = field(default_factory=dict)


def refusal_page(error: DomainError, language: Shown) -> str:
    """A page that says why nothing is shown, and what to do."""
    return _render("refusal.html", language, refusal=_refusal(error, WORDS[language]))


def alert_page(found: Found, filled: Filled, language: Shown, refused: DomainError | None = None) -> str:
    """The alert, and the forms by which it is answered; `refused` is why nothing was recorded."""
    words, alert = WORDS[language], found.alert
    names = _names(found.causes, language)
    return _render(
        "alert.html",
        language,
        alert=alert,
        who=who(alert, words.mail),
        severity=words.mail.severities[alert.severity],
        rows=[(name, value) for name, value in table(alert, words.mail) if value],
        state=_state(alert, words),
        report_due=_report_due(alert, words),
        reported=_reported(alert, words, names),
        causes=choices(names, found.often),
        remedy_rows=range(1, REMEDIES + 1),
        filled=filled,
        mistakes=[(each, _sentence(each, mistake, words, names)) for each, mistake in filled.mistakes.items()],
        refusal=_refusal(refused, words) if refused else None,
    )


def _render(name: str, language: Shown, **values: Any) -> str:
    other = OTHER[language]
    return _ENVIRONMENT.get_template(name).render(
        words=WORDS[language], language=language, other=other, style=_STYLE, **values
    )


def _refusal(error: DomainError, words: PageWords) -> tuple[str, str]:
    return words.refusals.get(error.code, words.broken)


def _names(causes: Sequence[CauseRow], language: Shown) -> dict[str, str]:
    """By code."""
    return {row.code: row.name_vi if language == "vi" else row.name_en for row in causes}


def _state(alert: AlertSnapshot, words: PageWords) -> str:
    times = {"acknowledged": alert.acknowledged_at, "reported": alert.reported_at, "resolved": alert.resolved_at}
    at = times.get(alert.status)
    persons = {"by": by(alert, words.mail), "reporter": reporter(alert, words.mail)}
    return words.states[alert.status].format(at=words.mail.time(at) if at else "", **persons)


def _report_due(alert: AlertSnapshot, words: PageWords) -> str:
    if alert.report_due_at is None or alert.status not in ("open", "acknowledged"):
        return ""
    return words.report_due.format(at=words.mail.time(alert.report_due_at))


def _reported(alert: AlertSnapshot, words: PageWords, names: Mapping[str, str]) -> str:
    if alert.report is None or alert.status != "reported":
        return ""
    counts = alert.report.model_dump(include={"planned", "done", "missed"})
    return words.reported.format(causes=", ".join(names.get(code, code) for code in alert.report.causes), **counts)


def _sentence(name: str, mistake: Mistake, words: PageWords, causes: Mapping[str, str]) -> str:
    part, _, place = name.partition("-")
    labels = {"name": words.fields.name, "note": words.fields.note, "causes": words.causes, "cause": words.causes}
    if part in ("what", "who", "due_on"):
        label = f"{words.remedy.format(n=place)}, {getattr(words.fields, part)}"
    else:
        label = causes.get(place) or labels.get(part, words.title)
    return words.in_field.format(field=label, mistake=words.mistakes[mistake])
