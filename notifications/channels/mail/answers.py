"""How the answers of an SMTP server are judged. Pure."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from notifications.channels.mail.headers import one_line
from notifications.domain.delivery import Outcome, Refused, Retry, Unconfirmed

SmtpCommand: TypeAlias = Literal["connect", "MAIL", "RCPT", "DATA", "text"]
"""How far a session with a server came. `connect` holds the greeting, EHLO, STARTTLS and AUTH."""
_ABOUT_THE_SESSION = frozenset({500, 502, 503, 504, 530, 534, 535, 538})
"""Not understood, out of sequence; authentication required, too weak, failed, to be encrypted."""
_LONGEST: Final = 1000


def of_smtp_answer(command: SmtpCommand, code: int, message: str) -> Outcome:
    """The outcome where a server answers a command with other than success (RFC 5321, 4.2).

    5yz is final, but only where it is about this mail: an answer to RCPT, DATA or the text. One that comes before,
    asks for a login (RFC 4954) or says that the command is not understood is about the session, and may be temporary.
    An answer to the text that means neither success nor failure leaves open whether the mail was accepted.
    """
    reason = f"{command}: SMTP {code}: {said(message)}"
    if command == "text" and not 400 <= code < 600:
        return of_smtp_silence(command, reason)
    about_the_mail = command in ("RCPT", "DATA", "text") and code not in _ABOUT_THE_SESSION
    return Refused(reason) if 500 <= code < 600 and about_the_mail else Retry(reason)


def of_smtp_silence(command: SmtpCommand, what: str) -> Outcome:
    """The outcome where no answer came to a command: once the text is being sent, the server may have accepted it."""
    if command == "text":
        return Unconfirmed(f"no answer after the text was sent ({said(what)}): the mail may have gone out")
    return Retry(f"{command}: no answer: {said(what)}")


def said(text: str) -> str:
    """What a server says, as it may be stored and shown: in whatever encoding, and of whatever length, it says it."""
    return one_line(text)[:_LONGEST]
