"""What may become of an alert, act by act, for tests of whatever becomes of alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, Self

from services.vocabulary import Scope
from tests.notifications.handling.steps import Handled
from tests.notifications.service import Episode, an_episode

PATHS: Final = (("38", "BHXH-CT", "15127"), ("38", "BHXH-CT", "15142"), ("38", "BHXH-BT"), ("38",), ())
CODES: Final = ("cost", "not_renewed", "working_away")


class Life(Handled):
    """The alerts of one target, of which the last one changes. What is refused changes nothing, and is passed over."""

    revision = 1

    async def start(self, path: tuple[str, ...]) -> Self:
        """The target falls behind."""
        lag = (
            an_episode(path=path) if path else an_episode(path=(), unit_name=None, scope=Scope(organisation_code="CT"))
        )
        self._now(lag)
        await self.begin(lag)
        return self

    async def worsen(self, _: int) -> None:
        """It lags more gravely."""
        self.lag.worst = "critical"
        await self._follow(self.lag.worsened)

    async def recover(self, _: int) -> None:
        """It catches up."""
        await self._follow(self.lag.recovered)

    async def fall_behind_again(self, _: int) -> None:
        """The event of the recovery may have come, or may be lost."""
        self.lag = replace(self.lag, number=self.lag.number + 1, worst=None)
        await self._follow(self.lag.fell_behind)
        self.id = next(
            alert["id"]
            for alert in await self.service.alerts(target_id=str(self.lag.target_id))
            if alert["episode"] == self.lag.number
        )

    async def acknowledge(self, _: int) -> None:
        """Somebody acts."""
        await self.send("acknowledgement")

    async def report_causes(self, n: int) -> None:
        """Up to two causes and two remedies."""
        remedies = [self.remedy(days=n) for _ in range(n % 3)]
        causes = [{"code": code} for code in CODES[n % 3 :]]
        await self.send("report", causes=causes, remedies=remedies)

    async def settle(self, n: int) -> None:
        """What became of a remedy, if it is there."""
        await self.send(f"remedies/{1 + n % 4}", state=("done", "missed", "dropped")[n % 3])

    async def end(self, _: int) -> None:
        """Somebody ends it."""
        await self.send("resolution", reason="It is over")

    async def wait(self, n: int) -> None:
        """Hours pass, and the clock looks."""
        self.service.advance(hours=1 + 4 * n)
        await self.clock_looks()

    async def _follow(self, event: Callable[[int], Any]) -> None:
        self.revision += 1
        self._now(self.lag)
        await self.service.handle(event(self.revision))

    def _now(self, lag: Episode) -> None:
        lag.begins = self.service.clock.now() - timedelta(hours=self.revision)


ACTS: Final = (
    Life.worsen,
    Life.recover,
    Life.fall_behind_again,
    Life.acknowledge,
    Life.acknowledge,
    Life.report_causes,
    Life.report_causes,
    Life.settle,
    Life.end,
    Life.wait,
    Life.wait,
)
