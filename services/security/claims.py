"""The claims of an access token (RFC 9068): any JSON may stand where they do, and each is checked before it is used.

An error names the claim, and what is expected there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.errors import Unauthenticated
from services.names import CODE

Claims = Mapping[str, Any]

CLOCKS_DIFFER_SECONDS: Final = 10
"""How far the clocks of whoever issues a token and of this machine may be apart (RFC 7519, 4.1.5)."""
LONGEST_CODE: Final = 64
LONGEST_TEXT: Final = 255
LONGEST_SCOPE: Final = 2_000
_LAST_SECOND: Final = 10**11
"""Some three thousand years: later ones are mistakes, such as milliseconds or infinity."""
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
_CODE: Final = re.compile(CODE)


def refuse_other_purpose(header: Claims, claims: Claims, issuer: str, audience: str) -> None:
    """Raises Unauthenticated for a token that is no access token, of another issuer, or for others."""
    kind, audiences = header.get("typ"), claims.get("aud")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise Unauthenticated("the token is not an access token: typ at+jwt is expected")
    if claims.get("iss") != issuer:
        raise Unauthenticated(f"the token is of another issuer: iss {issuer} is expected")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise Unauthenticated(f"the token is not for this service: aud {audience} is expected")


def code_in(claims: Claims, name: str) -> str:
    """The code of an organisation. Raises Unauthenticated."""
    code = claims.get(name)
    if not isinstance(code, str) or len(code) > LONGEST_CODE or not _CODE.fullmatch(code):
        raise _wrong(name, f"a code of 1 to {LONGEST_CODE} letters, digits, dots, hyphens and underscores")
    return code


def text_in(claims: Claims, name: str) -> str | None:
    """A line of text; None where there is none. Raises Unauthenticated."""
    text = claims.get(name)
    if text is None or text == "":
        return None
    if not isinstance(text, str) or len(text) > LONGEST_TEXT or not text.isprintable():
        raise _wrong(name, f"a text of up to {LONGEST_TEXT} characters that can be read")
    return text


def subject_of(claims: Claims) -> str:
    """The person who acts, or the client where it acts for itself (RFC 9068, 2.2). Raises Unauthenticated."""
    client = text_in(claims, "client_id")
    subject = text_in(claims, "sub") or client
    if subject is None:
        raise _wrong("sub", "the id of a person or a client")
    return subject


def scopes_in(claims: Claims) -> frozenset[str]:
    """What the token grants (RFC 8693, 4.2). Raises Unauthenticated."""
    scope = claims.get("scope")
    if not isinstance(scope, str) or len(scope) > LONGEST_SCOPE or not scope.isprintable():
        raise _wrong("scope", f"a text of scopes with blanks between them, up to {LONGEST_SCOPE:,} characters,")
    return frozenset(scope.split())


def second_in(claims: Claims, name: str) -> float | None:
    """A time, in seconds since 1970 (RFC 7519, 2: NumericDate); None where there is none. Raises Unauthenticated."""
    if (second := claims.get(name)) is None:
        return None
    if not isinstance(second, int | float) or isinstance(second, bool) or not 0 <= second <= _LAST_SECOND:
        raise _wrong(name, "a number of seconds since 1970")
    return float(second)


def begin_of(claims: Claims) -> float:
    """From which second on the token is good: not before `nbf`, nor before it was issued. Raises Unauthenticated."""
    return max(second_in(claims, "nbf") or 0, second_in(claims, "iat") or 0)


def end_of(claims: Claims) -> float:
    """From which second on it is good no more. Raises Unauthenticated."""
    end = second_in(claims, "exp")
    if end is None:
        raise _wrong("exp", "a number of seconds since 1970")
    return end


def refuse_at_other_times(begin: float, end: float, now: datetime) -> None:
    """Raises Unauthenticated."""
    second = now.timestamp()
    if end <= second:
        raise Unauthenticated("the token has expired: ask for a new one")
    if begin > second + CLOCKS_DIFFER_SECONDS:
        raise Unauthenticated("the token is not good yet (nbf, iat): use it later, and check the clock of its issuer")


def _wrong(name: str, expected: str) -> Unauthenticated:
    return Unauthenticated(f"the token cannot be used: {expected} is expected as its claim {name}")
