"""Episodes: a target falls behind, perhaps worsens, and recovers. Each transition is reported once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from services.vocabulary import PaceTransition, Severity
from targets_api.domain.pace import Verdict
from targets_api.domain.target import Target


@dataclass(frozen=True, slots=True)
class Episode:
    """What has been reported of a target so far.

    `number` counts the times it fell behind, `revision` every transition; `reported` is the gravest severity reported
    in the present episode, so that a ratio that moves about the critical threshold worsens it once.
    """

    lagging: bool = False
    reported: Severity | None = None
    number: int = 0
    revision: int = 0


def episode_of(
    target: Target, episode: Episode, verdict: Verdict, reviewed_on: date | None
) -> tuple[Episode, PaceTransition | None]:
    """The episode of the target after the verdict, and the transition to report, if any. `reviewed_on` is the day of
    the review before.

    Withdrawing a target ends its episode; one whose period was over when it was set has none. Once a target has been
    reviewed after its period, its result stands: late sign-ups may still end its episode, and nothing begins another.
    """
    if target.withdrawn_on is not None:
        return _ended(episode)
    if not target.raises_alerts:
        return episode, None
    after, transition = transition_of(episode, verdict)
    has_result = reviewed_on is not None and reviewed_on > target.ends_on
    return (episode, None) if has_result and transition in ("fell_behind", "worsened") else (after, transition)


def _ended(episode: Episode) -> tuple[Episode, PaceTransition | None]:
    if not episode.lagging:
        return episode, None
    return replace(episode, lagging=False, reported=None, revision=episode.revision + 1), "recovered"


def transition_of(episode: Episode, verdict: Verdict) -> tuple[Episode, PaceTransition | None]:
    """The episode after the verdict, and the transition to report, if any."""
    next_ = replace(episode, revision=episode.revision + 1, reported=verdict.severity)
    if verdict.lags and not episode.lagging:
        return replace(next_, lagging=True, number=episode.number + 1), "fell_behind"
    if verdict.lags and verdict.severity == "critical" and episode.reported != "critical":
        return next_, "worsened"
    if episode.lagging and not verdict.lags and verdict.status != "not_started":
        return replace(next_, lagging=False), "recovered"
    return episode, None


@dataclass(frozen=True, slots=True)
class Known:
    """The highest episode and revision that a listener has received of a target; 0 where it has received none."""

    episode: int = 0
    revision: int = 0


def repeat_report(
    episode: Episode, transition: PaceTransition | None, known: Known
) -> tuple[Episode, PaceTransition | None]:
    """The transition that corrects what a listener knows of the target; None where the target never lagged.

    A listener that has received the same revision or a higher one, and yet differs, has received it of a state that is
    lost, as when this database was restored from a backup: then the numbers go on after those that it has received.
    """
    number = max(episode.number, known.episode)
    if number == 0:
        return episode, None
    revision = known.revision + 1 if known.revision >= episode.revision else episode.revision
    return replace(episode, number=number, revision=revision), _transition_to(episode, transition)


def _transition_to(episode: Episode, transition: PaceTransition | None) -> PaceTransition:
    if not episode.lagging:
        return "recovered"
    return transition or ("worsened" if episode.reported == "critical" else "fell_behind")
