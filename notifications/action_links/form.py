"""The form as it comes in: what somebody does about the alert, or what is wrong with each field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from pydantic import ValidationError

from notifications.action_links.usecases import Acknowledgement, Report
from notifications.action_links.words import Mistake
from notifications.handling.schemas import AcknowledgementBody, ReportBody
from services.errors import FieldError, Malformed
from services.web.fields import Name

REMEDIES: Final = 3
"""Rows for remedies; further ones are for a further report."""
_MOST_FIELDS: Final = 1_000
"""More than the page has, with a box and a note for each cause."""
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_KINDS: Final[Mapping[str, Mistake]] = {
    "string_too_short": "missing",
    "missing": "missing",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "unreadable",
    "value_error": "no_name",
    "form": "not_a_day",
    "too_short": "no_cause",
    "too_long": "too_many",
}
"""By the type of pydantic's error."""


class _Acknowledgement(AcknowledgementBody):
    name: Name


class _Report(ReportBody):
    name: Name


class WrongFields(Exception):
    """What is wrong, by the name of the field."""

    def __init__(self, mistakes: Mapping[str, Mistake]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, by the name of its field."""

    fields: Mapping[str, str]
    marked: Sequence[str] = ()

    def typed(self, name: str) -> str:
        """What is in the field, without blanks at its ends."""
        return self.fields.get(name, "").strip()

    @property
    def is_report(self) -> bool:
        """Whether causes and remedies are reported; else the alert is acknowledged."""
        return self.typed("do") == "report"

    @property
    def rows(self) -> list[int]:
        """The rows of remedies in which something is."""
        names = ("what", "who", "due_on")
        return [n for n in range(1, REMEDIES + 1) if any(self.typed(f"{name}-{n}") for name in names)]

    def given(self) -> Acknowledgement | Report:
        """What somebody does about the alert. Raises WrongFields, Malformed."""
        match self.typed("do"):
            case "report":
                return self._report()
            case "acknowledge":
                return self._acknowledgement()
        raise Malformed("the form says neither `acknowledge` nor `report`: send it from its page")

    def _acknowledgement(self) -> Acknowledgement:
        given = {"version": self._version(), "name": self.typed("name"), "note": self.typed("note") or None}
        try:
            body = _Acknowledgement.model_validate(given)
        except ValidationError as error:
            raise WrongFields(self._mistakes(error)) from None
        return Acknowledgement(body.version, body.name, body.note)

    def _report(self) -> Report:
        causes = [{"code": code, "note": self.typed(f"note-{code}") or None} for code in self.marked]
        remedies = [{name: self.typed(f"{name}-{n}") for name in ("what", "who", "due_on")} for n in self.rows]
        given = {"version": self._version(), "name": self.typed("name"), "causes": causes, "remedies": remedies}
        try:
            body = _Report.model_validate(given)
        except ValidationError as error:
            raise WrongFields(self._mistakes(error)) from None
        return Report(body.version, body.name, *body.given())

    def mistakes_in(self, errors: Sequence[FieldError]) -> dict[str, Mistake]:
        """What the rules of reports refuse, by the name of the field."""
        return {self._field(*each.pointer.strip("/").split("/")): _kind_of(each.pointer) for each in errors}

    def _version(self) -> int:
        """One that no alert has where the form says none: it is stale then."""
        typed = self.typed("version")
        return max(int(typed), 1) if _NUMBER.fullmatch(typed) else 10**9

    def _mistakes(self, error: ValidationError) -> dict[str, Mistake]:
        found: dict[str, Mistake] = {}
        for each in error.errors(include_url=False, include_input=False):
            found.setdefault(self._field(*each["loc"]), self._kind(each["type"], each["loc"]))
        return found

    def _kind(self, error: str, loc: tuple[int | str, ...]) -> Mistake:
        if error == "form" and not self.typed(self._field(*loc)):
            return "missing"
        return _KINDS.get(error, "refused")

    def _field(self, name: str | int, place: str | int = "", part: str | int = "", *_: object) -> str:
        """The name of the field in the form, of a place in the body."""
        if name == "causes" and str(place).isdigit():
            return f"{'note' if part == 'note' else 'cause'}-{self.marked[int(place)]}"
        if name == "remedies" and str(place).isdigit():
            return f"{part}-{self.rows[int(place)]}"
        return {"causes": "causes", "remedies": "what-1"}.get(str(name), str(name))


EMPTY: Final = Form({})
"""Nothing was typed yet."""


def parsed(body: bytes) -> Form:
    """The form of a body of the type application/x-www-form-urlencoded. Raises Malformed."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Malformed("the form cannot be read: send it from its page") from error
    marked = dict.fromkeys(value for name, value in pairs if name == "cause")
    return Form(dict[str, Any](pairs), list(marked))


def _kind_of(pointer: str) -> Mistake:
    kinds: Mapping[str, Mistake] = {"code": "unknown", "note": "other", "remedies": "no_remedy", "due_on": "over"}
    return kinds.get(pointer.rpartition("/")[2], "refused")
