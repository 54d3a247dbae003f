"""The rules by which alerts are compared with a summary of pace. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.reconciliation.comparison import NEVER, Asked, asked_again, may_ask


@dataclass(frozen=True, slots=True)
class Stage:
    """An episode of a target, and a revision of its pace."""

    episode: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class AlertStage:
    """An alert of a target, and the last revision that it knows."""

    target_id: UUID
    stage: Stage


@dataclass(frozen=True, slots=True)
class Difference:
    """A target's stage in the source's summary (None where it does not lag), and the highest that is known here.

    `confirmed`: two summaries in a row have shown the same.
    """

    source: Stage | None
    known: Stage
    summarised_at: datetime
    confirmed: bool = False
    asked: Asked = NEVER


def differing(
    source: Mapping[UUID, Stage], unresolved: Iterable[AlertStage], ended_by_hand: Iterable[AlertStage] = ()
) -> set[UUID]:
    """The targets for which it does not hold that one alert is unresolved, that of the present episode at its present
    revision, where the target lags, and none where it does not, or where somebody ended that alert by hand."""
    here: dict[UUID, list[Stage]] = {}
    for alert in unresolved:
        here.setdefault(alert.target_id, []).append(alert.stage)
    ended = {(alert.target_id, alert.stage) for alert in ended_by_hand}
    expected = {target_id: [stage] for target_id, stage in source.items() if (target_id, stage) not in ended}
    return {target_id for target_id in {*here, *expected} if here.get(target_id) != expected.get(target_id)}


def seen(difference: Difference, before: Difference | None) -> Difference:
    """The difference, given that of the summary before: an event still on its way shows in one summary only."""
    if before is None:
        return difference
    if before.summarised_at >= difference.summarised_at:
        return before
    same = (before.source, before.known) == (difference.source, difference.known)
    return replace(difference, confirmed=same, asked=before.asked)


def due(differences: Mapping[UUID, Difference], at: datetime, interval: timedelta) -> dict[UUID, Difference]:
    """Those to ask the source for now, counted as asked."""
    return {
        target_id: replace(difference, asked=asked_again(difference.asked, at))
        for target_id, difference in differences.items()
        if difference.confirmed and difference.summarised_at == at and may_ask(difference.asked, at, interval)
    }
