"""The services of Apprise that a route may name, by the scheme of their URLs. Pure.

Others are refused: those that act on this machine (desktop, syslog, files), mail, which has a channel of its own, and
whatever nobody has looked at. A new one that calls by HTTP needs its line here and a word in docs/channels.md.
"""

from __future__ import annotations

from typing import Final

_CHATS: Final = (
    "tgram zalo slack workflow workflows discord gchat wxteams webex viber line lark whatsapp zulip ringc zoom"
)
_SMS: Final = "twilio vonage nexmo clicksend d7sms bulksms infobip msg91 msgbird sinch plivo"
_ON_CALL: Final = "pagerduty opsgenie ilert pover"
FIXED: Final = frozenset(f"{_CHATS} {_SMS} {_ON_CALL}".split())
"""The host of the service follows from the scheme, and is called by https."""
_NAMED: Final = "mmost rocket nctalk matrix ntfy gotify signal synology smseagle apprise json xml form"
INSECURE: Final = frozenset(_NAMED.split())
"""The URL names the host, which is called by http."""
SECURE: Final = frozenset(f"{scheme}s" for scheme in INSECURE)
"""The URL names the host, which is called by https."""
ALLOWED: Final = FIXED | INSECURE | SECURE


def scheme_of(url: str) -> str:
    """What stands before `://`, in lower case."""
    scheme, found, _ = url.partition("://")
    return scheme.lower() if found else ""
