"""The listener's side: compare a summary with what is stored here, store the outcome, return what to ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import text

from services.observability import Metrics
from services.persistence import locks
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.reconciliation.comparison import Asked, Comparison, Total, Verdict, asked_again, compare, may_ask

log = structlog.get_logger(__name__)


class _Stored(NamedTuple):
    key: str
    told_n: int
    told_checksum: int
    ours_n: int
    ours_checksum: int
    verdict: Verdict
    told_at: datetime
    asked: int
    asked_at: datetime | None

    def comparison(self) -> Comparison:
        source, local = Total(self.told_n, self.told_checksum), Total(self.ours_n, self.ours_checksum)
        return Comparison(source, local, self.verdict, self.told_at, Asked(self.asked, self.asked_at))


PREVIOUS: Final = Query(
    _Stored,
    text("""
        SELECT key, told_n, told_checksum, ours_n, ours_checksum, verdict, told_at, asked, asked_at
        FROM heard_summaries
        WHERE kind = :kind AND (CAST(:first AS text) IS NULL OR key COLLATE "C" >= :first)
          AND (CAST(:last AS text) IS NULL OR key COLLATE "C" < :last)
    """),
)
_SAVE = text("""
    INSERT INTO heard_summaries
        (kind, key, told_n, told_checksum, ours_n, ours_checksum, verdict, told_at, asked, asked_at)
    SELECT :kind, * FROM unnest(CAST(:key AS text[]), CAST(:told_n AS bigint[]), CAST(:told_checksum AS bigint[]),
        CAST(:ours_n AS bigint[]), CAST(:ours_checksum AS bigint[]), CAST(:verdict AS text[]),
        CAST(:told_at AS timestamptz[]), CAST(:asked AS integer[]), CAST(:asked_at AS timestamptz[]))
    ON CONFLICT (kind, key) DO UPDATE SET told_n = excluded.told_n, told_checksum = excluded.told_checksum,
        ours_n = excluded.ours_n, ours_checksum = excluded.ours_checksum, verdict = excluded.verdict,
        told_at = excluded.told_at, asked = excluded.asked, asked_at = excluded.asked_at
""")
_DIFFERING = text(
    "SELECT kind, count(*) AS n FROM heard_summaries WHERE verdict IN ('missing', 'surplus') GROUP BY kind"
)


@dataclass(frozen=True, slots=True)
class Range:
    """The keys that a summary is complete for, from the one to before the other; None leaves an end open."""

    kind: str
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A source's totals of the keys in a range, and their time."""

    range: Range
    totals: Mapping[str, Total]
    at: datetime


async def lock_comparison(work: UnitOfWork) -> None:
    """One comparison at a time, until the unit of work ends. It is the last lock that a unit of work takes."""
    await locks.take(work, locks.COMPARISON)


async def compare_summary(
    work: UnitOfWork, summary: Summary, local: Mapping[str, Total], *, interval: timedelta, metrics: Metrics
) -> list[str]:
    """Compare, and return the keys to ask the source for. Needs `lock_comparison`."""
    before = await _previous(work, summary.range)
    keys = sorted({*summary.totals, *local, *before})
    nothing = Total()
    found = {
        key: compare(summary.totals.get(key, nothing), local.get(key, nothing), summary.at, before.get(key))
        for key in keys
        if key not in before or before[key].source_at < summary.at
    }
    due = [k for k, h in found.items() if _differs(h) and may_ask(h.asked, summary.at, interval)]
    found |= {key: replace(found[key], asked=asked_again(found[key].asked, summary.at)) for key in due}
    await _save(work, summary.range.kind, {k: h for k, h in found.items() if not _is_as_before(h, before.get(k))})
    mended = [k for k, h in found.items() if k in before and before[k].asked.times and not h.asked.times]
    work.after_commit(lambda: _report(summary.range.kind, {k: found[k] for k in due}, mended, metrics))
    return [key for key in due if found[key].verdict == "missing"]


async def measure(session: ReadSession, metrics: Metrics, kinds: Sequence[str]) -> None:
    """Set the gauges of what differs now."""
    counts = {row.kind: row.n for row in await session.execute(_DIFFERING)}
    for kind in kinds:
        metrics.differing.labels(kind).set(counts.get(kind, 0))


def _differs(found: Comparison) -> bool:
    return found.verdict in ("missing", "surplus")


def _is_as_before(found: Comparison, before: Comparison | None) -> bool:
    """Whether nothing has changed: then nothing is written, so that past days cost no writes."""
    return before is not None and replace(found, source_at=before.source_at) == before


def _report(kind: str, due: Mapping[str, Comparison], mended: Sequence[str], metrics: Metrics) -> None:
    for key, found in due.items():
        figures = {"source_n": found.source.n, "local_n": found.local.n, "asked": found.asked.times}
        log.warning("reconcile_differs", what=kind, key=key, difference=found.verdict, **figures)
    for key in mended:
        log.info("reconcile_mended", what=kind, key=key)
    metrics.differences.labels(kind).inc(len(due))
    metrics.mended.labels(kind).inc(len(mended))


async def _previous(session: ReadSession, wanted: Range) -> dict[str, Comparison]:
    keys = {"kind": wanted.kind, "first": wanted.first, "last": wanted.last}
    return {row.key: row.comparison() for row in await session.all(PREVIOUS, keys)}


async def _save(work: UnitOfWork, kind: str, found: Mapping[str, Comparison]) -> None:
    if not found:
        return
    comparisons = found.values()
    columns: dict[str, list[Any]] = {
        "key": list(found),
        "told_n": [c.source.n for c in comparisons],
        "told_checksum": [c.source.checksum for c in comparisons],
        "ours_n": [c.local.n for c in comparisons],
        "ours_checksum": [c.local.checksum for c in comparisons],
        "verdict": [c.verdict for c in comparisons],
        "told_at": [c.source_at for c in comparisons],
        "asked": [c.asked.times for c in comparisons],
        "asked_at": [c.asked.at for c in comparisons],
    }
    await work.execute(_SAVE, {"kind": kind, **columns})
