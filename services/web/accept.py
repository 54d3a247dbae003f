"""In which form an answer is wanted (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request

from services.errors import FieldError
from services.web.problems import NotAcceptable


def accepted(request: Request, offers: Sequence[str]) -> str:
    """The media type that the client wants most; of several the first, which is also what is sent where it names none.

    Raises NotAcceptable where it wants none of them.
    """
    wanted = ",".join(request.headers.getlist("accept"))
    if not wanted or wanted in ("*/*", offers[0]):
        return offers[0]
    ranges = [_range(each) for each in wanted.split(",") if each.strip()]
    best = max(offers, key=lambda offer: _weight(offer, ranges))
    if ranges and _weight(best, ranges) == 0:
        remedy = f"there are {', '.join(offers)}"
        raise NotAcceptable(f"Accept: {remedy}", (FieldError("/header/Accept", remedy),))
    return best


def _range(text: str) -> tuple[str, float]:
    """A media range and its weight; other parameters are left out, since none of the offers has one."""
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = next((each.partition("=")[2] for each in parameters if each.startswith("q=")), "1")
    try:
        return kind, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return kind, 1.0


def _weight(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """That of the range which names it most closely."""
    for name in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        weights = [weight for kind, weight in ranges if kind == name]
        if weights:
            return max(weights)
    return 0.0
