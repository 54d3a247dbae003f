"""In which language the page is shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from notifications.action_links.english import ENGLISH
from notifications.action_links.vietnamese import VIETNAMESE
from notifications.action_links.words import PageWords
from notifications.domain.route import Language

Shown: TypeAlias = Literal["vi", "en"]
WORDS: Final[Mapping[Shown, PageWords]] = {"vi": VIETNAMESE, "en": ENGLISH}
OTHER: Final[Mapping[Shown, Shown]] = {"vi": "en", "en": "vi"}


def language_of(asked: str | None, route: Language | None, accepted: str) -> Shown:
    """The one that was asked for, else that of the route, else the first of the header Accept-Language that there is,
    else Vietnamese."""
    wanted = (asked, route, *(part.strip()[:2] for part in accepted.lower().split(",")))
    return next((shown for each in wanted for shown in WORDS if each == shown), "vi")
