"""What `drive token` is given, checked; and the keys that it signs with, which it names and never makes."""

from __future__ import annotations

import math
import sys
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from drive.commands.console import fail
from drive.hosting.configuration import Configuration
from drive.hosting.services import known_scopes
from services.names import CODE
from services.security.claims import LONGEST_TEXT
from services.security.keys import key_file, present_secret_keys
from services.security.tokens import Tokens
from services.web.fields import PATTERN_REMEDIES, Code

LONGEST_HOURS: Final = 366 * 24


def checked_org(org: str) -> str:
    """Ends the process where that is no code of an organisation."""
    try:
        return TypeAdapter(Code).validate_python(org.strip())
    except ValidationError:
        fail(f"--org: give the code of an organisation, such as BD-CAM-THUY: {PATTERN_REMEDIES[CODE]}")


def checked_scopes(scope: str) -> frozenset[str]:
    """Ends the process where there is none, or one that does not exist."""
    scopes, known = frozenset(scope.split()), known_scopes()
    there_are = f"there are {' '.join(sorted(known))}"
    if not scopes:
        fail(f"--scope: name one at least; {there_are}")
    if unknown := scopes - known:
        fail(f"no such scope: {' '.join(sorted(unknown))}; {there_are}")
    return scopes


def checked_lifetime(hours: float) -> timedelta:
    """Ends the process where no token should be good for so long, or so short."""
    if not (math.isfinite(hours) and 0 < hours <= LONGEST_HOURS):
        fail(f"--hours: give more than 0 and at most {LONGEST_HOURS} (a year), such as 24")
    return max(timedelta(hours=hours), timedelta(seconds=1))


def check_text(option: str, text: str | None) -> None:
    """Ends the process where services would not take a token that says this of a person."""
    if text is not None and not (text.strip() and text.isprintable() and len(text) <= LONGEST_TEXT):
        fail(f"{option}: give a text of one line, of up to {LONGEST_TEXT} characters, or leave it out")


def signing_tokens(configuration: Configuration) -> Tokens:
    """An issuer with the keys of these settings, which are named on standard error; ends the process without any."""
    settings = configuration.common
    keys = present_secret_keys(settings)
    if keys is None:
        fail(
            f"no keys in {key_file(settings)}: start drive there first, or set DRIVE_DATA_DIR to the data dir of the"
            " services that are to take the token, or DRIVE_SECRET_KEYS to their keys"
        )
    source = "DRIVE_SECRET_KEYS" if settings.secret_keys else key_file(settings)
    print(f"drive: signed with the keys of {source}", file=sys.stderr)
    return Tokens(keys)
