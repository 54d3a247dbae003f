"""Episodes: a target falls behind, perhaps worsens, and recovers. Each turn is told once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from targets_api.domain.pace import Severity, Verdict

Turn: TypeAlias = Literal["fell_behind", "worsened", "recovered"]


@dataclass(frozen=True, slots=True)
class Episode:
    """What has been told of a target so far.

    `number` counts the times it fell behind, `revision` every turn; `told` is the gravest severity told in the episode
    that is under way, so that hovering about the critical threshold worsens it once.
    """

    lagging: bool = False
    told: Severity | None = None
    number: int = 0
    revision: int = 0


def turn_of(episode: Episode, verdict: Verdict) -> tuple[Episode, Turn | None]:
    """The episode after the verdict, and the news in it, if any."""
    told_next = replace(episode, revision=episode.revision + 1, told=verdict.severity)
    if verdict.lags and not episode.lagging:
        return replace(told_next, lagging=True, number=episode.number + 1), "fell_behind"
    if verdict.lags and verdict.severity == "critical" and episode.told != "critical":
        return told_next, "worsened"
    if episode.lagging and not verdict.lags and verdict.status != "not_started":
        return replace(told_next, lagging=False), "recovered"
    return episode, None
