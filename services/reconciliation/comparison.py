"""The rules by which a listener compares itself with a source. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

PAUSES: Final = (1, 5, 15, 60)
"""In intervals between summaries: how long after each request the next one for the same difference may follow."""
EARLY: Final = 0.9
"""Summaries come a little early or late: a pause counts as over when nine tenths of it are."""

Verdict: TypeAlias = Literal["same", "unclear", "missing", "surplus"]


@dataclass(frozen=True, slots=True)
class Total:
    """How many facts, and the sum of their checksums modulo 2^63."""

    n: int = 0
    checksum: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """How often the source was asked since the difference was found, and when last."""

    times: int = 0
    at: datetime | None = None


NEVER: Final = Asked()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the source's total in its summary, the local total at that time, and the verdict."""

    source: Total
    local: Total
    verdict: Verdict
    source_at: datetime
    asked: Asked = NEVER


def judge(source: Total, local: Total, before: Comparison | None) -> Verdict:
    """What the difference means, knowing the comparison before.

    Facts recorded while a summary travels are no difference: so something is missing only where the source's figure has
    not changed since its last summary, or where fewer are here than it had even then. There is a surplus only where
    both figures have not changed.
    """
    if source == local:
        return "same"
    if before is None:
        return "unclear"
    if local.n < min(source.n, before.source.n):
        return "missing"
    if source != before.source:
        return "unclear"
    if local.n <= source.n:
        return "missing"
    return "surplus" if local == before.local else "unclear"


def compare(source: Total, local: Total, source_at: datetime, before: Comparison | None) -> Comparison:
    """The comparison as it is to be kept. Where nothing is known to differ any more, requests count from zero again."""
    verdict = judge(source, local, before)
    asked = before.asked if before and verdict in ("missing", "surplus") else NEVER
    return Comparison(source, local, verdict, source_at, asked)


def may_ask(asked: Asked, now: datetime, interval: timedelta) -> bool:
    """Whether the pause since the last request is over; it grows with each."""
    if asked.at is None or asked.times == 0:
        return True
    pause = interval * PAUSES[min(asked.times, len(PAUSES)) - 1]
    return now - asked.at >= pause * EARLY


def asked_again(asked: Asked, now: datetime) -> Asked:
    """After one more request."""
    return Asked(asked.times + 1, now)
