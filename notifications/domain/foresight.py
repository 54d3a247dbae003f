"""What will become of an alert and what routes will be told of it, if nobody does anything. Pure.

Silences that are put already begin and end; what inhibits the alert goes on, since nobody knows when it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from notifications.domain.alert import Alert, ChangeKind, EntryKind
from notifications.domain.hush import Mute, News, Withheld, mute_of, news_after
from notifications.domain.passing import Case, EndOf, Happened, pass_until
from notifications.domain.recipients import Concern, Route, recipients_of_change
from notifications.domain.silence import Silence

ForeseenKind: TypeAlias = Literal[EntryKind, "hush_over"]
"""What the timeline will say, or that nothing hushes the alert any more, of which it says nothing."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A route, and as what the alert is told to it."""

    route: str
    change: ChangeKind


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What will happen at `at`, and who will be told of it at `told_at`; that is None where nobody knows how long the
    alert is hushed. `mute` is what hushes it then."""

    at: datetime
    kind: ForeseenKind
    alert: Alert
    reason: str
    tellings: Sequence[Telling]
    mute: Mute | None
    told_at: datetime | None


@dataclass(slots=True)
class Audience:
    """The routes, and which of them were notified of the alert until now."""

    routes: Sequence[Route]
    concern: Concern
    notified: set[str]
    _heard: set[tuple[str, int]] = field(default_factory=set)

    def of(self, news: News, alert: Alert) -> list[Telling]:
        """Those to be told; each of a version of the alert once."""
        concern = replace(self.concern, level=alert.level)
        found = recipients_of_change(
            news.kind, self.routes, concern, notified_before=self.notified, named=news.routes, to=news.to
        )
        return [Telling(name, news.kind) for name in found.notified if (name, alert.version) not in self._heard]

    def hear(self, tellings: Sequence[Telling], alert: Alert) -> None:
        """They are told."""
        self.notified.update(telling.route for telling in tellings)
        self._heard.update((telling.route, alert.version) for telling in tellings)


@dataclass(slots=True)
class Foresight:
    """An alert with whom it concerns, and with all that hushes it now or later. `withheld` is what is left to be told
    of it; the clock looks at `look_at` whether that may be told."""

    case: Case
    audience: Audience
    silences: Sequence[Silence] = ()
    inhibitor: UUID | None = None
    withheld: Withheld | None = None
    look_at: datetime | None = None

    def until(self, until: datetime, now: datetime, end_of: EndOf) -> list[Foreseen]:
        """All that will happen by then, in order. What is due before `now` happens now."""
        found: list[Foreseen] = []
        looks = sorted(self._looks(now))
        for each in pass_until(self.case, until, end_of):
            while looks and looks[0] < each.at:
                found += self._look(looks.pop(0))
            found.append(self._happened(each, max(each.at, now)))
        for at in looks:
            found += self._look(at)
        over = [each.at for each in found if each.kind == "hush_over"]
        return [each if each.told_at else replace(each, told_at=_first_after(each.at, over)) for each in found]

    def silent_until(self, at: datetime) -> datetime | None:
        """The first time from then on at which nothing hushes it; None where nobody knows when that is."""
        while mute := self._mute(at):
            if mute.inhibitor:
                return None
            at = mute.silences[0].ends_at
        return at

    def _looks(self, now: datetime) -> set[datetime]:
        ends = {silence.ends_at for silence in self.silences if silence.matches(self.audience.concern)}
        return {max(at, now) for at in (*ends, *filter(None, [self.look_at]))}

    def _happened(self, happened: Happened, at: datetime) -> Foreseen:
        decision, self.case = happened.decision, happened.case
        alert, what = decision.alert, (happened.at, decision.entry, decision.alert, decision.reason)
        if (kind := decision.publish) is None:
            return Foreseen(*what, (), None, at)
        tellings = self.audience.of(News(kind, routes=decision.routes), alert)
        if mute := self._mute(at):
            self.withheld = (self.withheld or Withheld()).followed_by(kind, decision.routes)
            return Foreseen(*what, tellings, mute, None)
        self.withheld = self.withheld and self.withheld.before(kind)
        self.audience.hear(tellings, alert)
        return Foreseen(*what, tellings, None, at)

    def _mute(self, at: datetime) -> Mute | None:
        return mute_of(self.audience.concern, self.silences, self.inhibitor, at)

    def _look(self, at: datetime) -> Iterator[Foreseen]:
        if self.withheld is None or self._mute(at):
            return
        alert = self.case.alert
        tellings: list[Telling] = []
        for news in news_after(self.withheld, alert.status):
            told = self.audience.of(news, alert)
            self.audience.hear(told, alert)
            tellings += told
        self.withheld = None
        yield Foreseen(at, "hush_over", alert, "what hushed the alert is over", tellings, None, at)


def _first_after(at: datetime, times: Sequence[datetime]) -> datetime | None:
    return next((each for each in times if each >= at), None)
