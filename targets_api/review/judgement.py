"""The judgement of targets as they stand: pace, episode, and what is to be reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.calendar import WorkingCalendar
from services.context import Context
from services.holidays import calendar_of
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import PaceStatus, PaceTransition
from services.waiting import each_in_turn
from targets_api.attainment.store import ReviewedState, Standing, locked_standings
from targets_api.domain.episode import Episode, Known, episode_of, repeat_report
from targets_api.domain.pace import Verdict, pace_of


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A standing with its new verdict, the episode after it, and the transition to be reported, if any."""

    standing: Standing
    verdict: Verdict
    episode: Episode
    transition: PaceTransition | None

    @property
    def state(self) -> ReviewedState:
        """What is saved of it."""
        verdict = self.verdict
        return ReviewedState(self.standing.target.id, verdict.status, verdict.severity, self.episode)

    def differs(self, context: Context) -> bool:
        """Whether there is anything to save."""
        before = self.standing
        return (before.status, before.severity, before.episode, before.reviewed_on) != (
            self.verdict.status,
            self.verdict.severity,
            self.episode,
            context.today,
        )


async def judge(work: UnitOfWork, context: Context, target_ids: Sequence[UUID]) -> list[Reviewed]:
    """Judge the targets as of today; they stay locked until the commit."""
    standings = await locked_standings(work, target_ids, context.today)
    calendar = calendar_of(day for s in standings for day in (s.target.starts_on, s.target.ends_on))
    return await each_in_turn(lambda standing: _judge_one(standing, context, calendar), standings)


def _judge_one(standing: Standing, context: Context, calendar: WorkingCalendar) -> Reviewed:
    previous: PaceStatus | None = "behind" if standing.episode.lagging else None
    verdict = pace_of(standing.target, standing.progress, context.today, context.today, calendar, previous=previous)
    episode, transition = episode_of(standing.target, standing.episode, verdict, standing.reviewed_on)
    return Reviewed(standing, verdict, episode, transition)


def reported_again(reviewed: Reviewed, known: Known) -> Reviewed:
    """The same, to be reported to a listener that knows otherwise."""
    episode, transition = repeat_report(reviewed.episode, reviewed.transition, known)
    return replace(reviewed, episode=episode, transition=transition)
