"""How a receiver's HTTP answer is judged. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from notifications.domain.delivery import LONGEST_WAIT, Outcome, Refused, Retry, Sent

_BUSY: Final = frozenset({408, 425, 429})
"""Of 4xx, those that are not about the message: Request Timeout, Too Early, Too Many Requests."""


def of_http_answer(status: int, after: timedelta | None = None) -> Outcome:
    """What a webhook's answer means (Standard Webhooks, "Deliverability and reliability").

    A redirect is refused, since it could lead anywhere. 410 disables the route. Every other status than 2xx is tried
    again, 4xx too: most of them are corrected on the receiver's side within days (a wrong key, a route not deployed
    yet).
    """
    if 200 <= status < 300:
        return Sent(f"HTTP {status}")
    if 300 <= status < 400:
        return Refused(f"HTTP {status}: redirects are not followed; give the address it leads to")
    if status == 410:
        return Refused("HTTP 410: the receiver is gone", gone=True)
    return Retry(f"HTTP {status}", after, "message" if 400 <= status < 500 and status not in _BUSY else "receiver")


def retry_after(value: str, now: datetime) -> timedelta | None:
    """The header Retry-After (RFC 9110, 10.2.3): seconds, or a date in any of the three forms of HTTP."""
    if value.isascii() and value.isdigit():
        digits = value.lstrip("0")
        return timedelta(seconds=int(digits or "0")) if len(digits) < 10 else LONGEST_WAIT
    try:
        at = parsedate_to_datetime(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
