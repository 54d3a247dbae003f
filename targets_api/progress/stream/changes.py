"""The log of changes of progress, as a feed reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, get_args

from services.clock import Clock
from services.persistence.unit_of_work import ReadSession
from services.persistence.versions import EVERYTHING, KEPT
from services.vocabulary import Scheme
from services.web.sse.feed import Look, Touched
from services.web.sse.position import Position
from targets_api.progress.stream.queries import members_of
from targets_api.remembering.queries import Change, changes_since, current_state

_REACH: Final = KEPT * 0.8


class Wanted(NamedTuple):
    """A unit, with all below it, in a scheme."""

    root: str
    scheme: Scheme


@dataclass(frozen=True)
class ProgressLog:
    """What has changed of units; the keys are their codes."""

    clock: Clock
    reach = _REACH

    async def look(self, session: ReadSession) -> Look:
        """What is not in the log, and the day, are beside it."""
        state, today = await current_state(session), self.clock.today()
        beside = f"{state.unlogged:x}.{today.toordinal():x}"
        return Look(Position(state.server, state.at, beside, state.snapshot), state.number)

    async def touched(self, session: ReadSession, since: str, wanted: Collection[Wanted]) -> Touched[Wanted]:
        """The units whose figures have changed."""
        changes = await changes_since(session, since)
        if any(change.kind == EVERYTHING.kind for change in changes):
            return None
        touched = _units(changes)
        members = defaultdict(list)
        for each in await members_of(session, {root for root, _ in wanted}, {code for code, _ in touched}):
            members[each.root].append(each.code)
        return {
            each: [code for code in members[each.root] if (code.upper(), each.scheme) in touched] for each in wanted
        }


def _units(changes: Iterable[Change]) -> set[tuple[str, Scheme]]:
    return {
        (change.code, scheme)
        for change in changes
        if change.kind == "unit"
        for scheme in ([change.scheme] if change.scheme else get_args(Scheme))
    }
