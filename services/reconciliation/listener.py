"""The listener's side: compare what a summary tells with what is here, keep the outcome, tell what to ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Row, text

from services.observability import Metrics
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.reconciliation.comparison import Asked, Heard, Total, asked_again, compare, may_ask

log = structlog.get_logger(__name__)

_LOCK: Final = 0x68656172  # "hear"
_TURNS = text("SELECT pg_advisory_xact_lock(:key)")
_HEARD = text(
    'SELECT * FROM heard_summaries WHERE kind = :kind AND (CAST(:first AS text) IS NULL OR key COLLATE "C" >= :first)'
    ' AND (CAST(:last AS text) IS NULL OR key COLLATE "C" < :last)'
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
    """What a source tells of the keys in a range, and when it was so."""

    range: Range
    told: Mapping[str, Total]
    at: datetime


async def lock_comparison(work: UnitOfWork) -> None:
    """One comparison at a time, until the unit of work ends. It is the last lock that a unit of work takes."""
    await work.execute(_TURNS, {"key": _LOCK})


async def hear(
    work: UnitOfWork, summary: Summary, ours: Mapping[str, Total], *, interval: timedelta, metrics: Metrics
) -> list[str]:
    """Compare, and tell the keys to ask the source for. Needs `lock_comparison`."""
    before = await _heard(work, summary.range)
    keys = sorted({*summary.told, *ours, *before})
    nothing = Total()
    found = {
        key: compare(summary.told.get(key, nothing), ours.get(key, nothing), summary.at, before.get(key))
        for key in keys
        if key not in before or before[key].told_at < summary.at
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


def _differs(heard: Heard) -> bool:
    return heard.verdict in ("missing", "surplus")


def _is_as_before(heard: Heard, before: Heard | None) -> bool:
    """Then nothing needs to be written: days long past cost a listener nothing."""
    return before is not None and replace(heard, told_at=before.told_at) == before


def _report(kind: str, due: Mapping[str, Heard], mended: Sequence[str], metrics: Metrics) -> None:
    for key, heard in due.items():
        figures = {"told": heard.told.n, "ours": heard.ours.n, "asked": heard.asked.times}
        log.warning("reconcile_differs", what=kind, key=key, difference=heard.verdict, **figures)
    for key in mended:
        log.info("reconcile_mended", what=kind, key=key)
    metrics.differences.labels(kind).inc(len(due))
    metrics.mended.labels(kind).inc(len(mended))


async def _heard(session: ReadSession, wanted: Range) -> dict[str, Heard]:
    rows = await session.execute(_HEARD, {"kind": wanted.kind, "first": wanted.first, "last": wanted.last})
    return {row.key: _comparison(row) for row in rows}


def _comparison(row: Row[Any]) -> Heard:
    told, ours = Total(row.told_n, row.told_checksum), Total(row.ours_n, row.ours_checksum)
    return Heard(told, ours, row.verdict, row.told_at, Asked(row.asked, row.asked_at))


async def _save(work: UnitOfWork, kind: str, found: Mapping[str, Heard]) -> None:
    if not found:
        return
    heard = found.values()
    columns: dict[str, list[Any]] = {
        "key": list(found),
        "told_n": [h.told.n for h in heard],
        "told_checksum": [h.told.checksum for h in heard],
        "ours_n": [h.ours.n for h in heard],
        "ours_checksum": [h.ours.checksum for h in heard],
        "verdict": [h.verdict for h in heard],
        "told_at": [h.told_at for h in heard],
        "asked": [h.asked.times for h in heard],
        "asked_at": [h.asked.at for h in heard],
    }
    await work.execute(_SAVE, {"kind": kind, **columns})
