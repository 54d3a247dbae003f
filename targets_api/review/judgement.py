"""The judgement of targets as they stand: pace, episode, and what is to be reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.calendar import WorkingCalendar
from services.context import Context
from services.holidays import calendar_of
from services.persistence.unit_of_work import UnitOfWork
from targets_api.attainment.store import Standing, locked_standings
from targets_api.domain.episode import Episode, Known, PaceTransition, repeat_report, transition_of
from targets_api.domain.pace import Status, Verdict, pace_of


async def judge_all(work: UnitOfWork, target_ids: Sequence[UUID], context: Context) -> list[Reviewed]:
    standings = await locked_standings(work, target_ids)
    calendar = calendar_of(day for s in standings for day in (s.target.starts_on, s.target.ends_on))
    return [_judge(standing, context, calendar) for standing in standings]


def reported_again(reviewed: Reviewed, known: Known) -> Reviewed:
    episode, transition = repeat_report(reviewed.episode, reviewed.transition, known)
    return replace(reviewed, episode=episode, transition=transition)


def _judge(standing: Standing, context: Context, calendar: WorkingCalendar) -> Reviewed:
    previous: Status | None = "behind" if standing.episode.lagging else None
    verdict = pace_of(standing.target, standing.progress, context.today, calendar, previous=previous)
    episode, transition = transition_of(standing.episode, verdict)
    return Reviewed(standing, verdict, episode, transition)


def is_news(reviewed: Reviewed, context: Context) -> bool:
    before = reviewed.standing
    return (before.status, before.severity, before.episode, before.reviewed_on) != (
        reviewed.verdict.status,
        reviewed.verdict.severity,
        reviewed.episode,
        context.today,
    )


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A standing with its new verdict, the episode after it, and the transition to be told, if any."""

    standing: Standing
    verdict: Verdict
    episode: Episode
    transition: PaceTransition | None
