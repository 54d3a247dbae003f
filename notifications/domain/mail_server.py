"""Which mail server SMTP_URL names, and how much of a session with it is encrypted. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

Encryption: TypeAlias = Literal["tls", "starttls", "none"]
"""TLS from the first byte; STARTTLS where the server offers it, which it has to before a password; nothing."""
_EXAMPLE: Final = "give a URL such as smtp://user:password@host:587"
_IN_THE_CLEAR: Final = "tls=none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server, and who we are there."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    encryption: Encryption = "starttls"

    @classmethod
    def of(cls, url: str) -> MailServer:
        """The server of a URL, such as smtp://user:password@mail.example.org:587. Raises ValueError, which does not
        repeat it."""
        parts, port = _split(url)
        if parts.query and (parts.query != _IN_THE_CLEAR or parts.scheme == "smtps"):
            raise ValueError(f"after ? nothing but {_IN_THE_CLEAR} is known, and that with smtp:// alone")
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        if password and not user:
            raise ValueError(f"a password needs a user: {_EXAMPLE}")
        encryption: Encryption = "tls" if parts.scheme == "smtps" else "none" if parts.query else "starttls"
        return cls(parts.hostname or "", port, user, password, encryption)


def _split(url: str) -> tuple[SplitResult, int]:
    """Its parts, and the port that is meant."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(_EXAMPLE) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        raise ValueError(_EXAMPLE)
    return parts, port or (465 if parts.scheme == "smtps" else 25)
