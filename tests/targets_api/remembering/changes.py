"""All that may change an answer."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, Final

from tests.targets_api.builders import (
    CAM_THACH,
    HEALTH,
    LAUNCH,
    TargetsService,
    a_cancellation,
    a_correction,
    a_sign_up,
    a_unit,
    an_organisation,
)

SOCIAL: Final = "voluntary_social"
EVE: Final = date(2025, 10, 24)


class Changes:
    """By chance, each of them as it happens."""

    def __init__(self, service: TargetsService, chance: random.Random) -> None:
        self.service, self.chance = service, chance
        self.today, self.n, self.version = LAUNCH, 0, 1
        self.recorded = [a_sign_up()]
        self.all: list[Callable[[], Awaitable[Any]]] = [
            *[self.record] * 6,
            self.correct,
            self.cancel,
            self.target,
            self.revise_or_withdraw,
            self.rename,
            self.move,
            self.next_day,
            self.baseline,
        ]

    async def record(self) -> None:
        """Sign-ups in a unit, by a collector."""
        event = a_sign_up(
            unit_code=self.chance.choice(["15142", "15142-01", "15142-02", "15127", "38", "unknown"]),
            scheme=self.chance.choice([HEALTH, SOCIAL]),
            organisation_code=self.chance.choice(["CT", "NL", "VNPOST"]),
            collector_code=self.chance.choice(["CT-07", "CT-08", "NL-01"]),
        )
        self.recorded.append(event)
        await self.service.handle([event])

    async def correct(self) -> None:
        """Another unit."""
        event = self.chance.choice(self.recorded)
        self.version += 1
        await self.service.handle([event, a_correction(event, self.version, unit_code="15127")])

    async def cancel(self) -> None:
        """It does not stand."""
        self.version += 1
        await self.service.handle([a_cancellation(self.chance.choice(self.recorded), self.version)])

    async def target(self) -> None:
        """A target of any scope."""
        self.n += 1
        scope = self.chance.choice(
            [
                {"unit_code": "15142"},
                {"unit_code": "38"},
                {"organisation_code": "CT"},
                {"unit_code": "15127", "organisation_code": "NL"},
                {"collector_code": "CT-07"},
            ]
        )
        await self.service.target(scope=scope, name=f"Nr. {self.n}", value=5)

    async def revise_or_withdraw(self) -> None:
        """Of a target that stands."""
        standing = [t for t in (await self.service.http.get("/v1/targets")).json()["items"] if not t["withdrawn_on"]]
        if not standing:
            return
        target = self.chance.choice(standing)
        body = {"version": target["version"], "reason": "a test"}
        if self.chance.random() < 0.5:
            answer = await self.service.http.post(f"/v1/targets/{target['id']}/withdrawal", json=body)
        else:
            holds_from = max(date.fromisoformat(target["starts_on"]), self.today).isoformat()
            revision = {**body, "value": target["value"] + 1, "from": holds_from}
            answer = await self.service.http.post(f"/v1/targets/{target['id']}/revision", json=revision)
        assert answer.status_code in (200, 201, 409), answer.text

    async def rename(self) -> None:
        """Of an organisation."""
        self.version += 1
        await self.service.handle([an_organisation("NL", "VNPOST", self.version)])

    async def move(self) -> None:
        """A commune goes below another unit."""
        self.version += 1
        await self.service.handle(
            [a_unit("15127", self.chance.choice(["CS-CT", "38", CAM_THACH]), version=self.version)]
        )

    async def next_day(self) -> None:
        """With the sweep of that day."""
        self.today += timedelta(days=2)
        await self.service.sweep(self.today)

    async def baseline(self) -> None:
        """Of some day."""
        unit = self.chance.choice(["15142", "15127", "CS-CT"])
        await self.service.baseline(EVE - timedelta(days=self.chance.randrange(9)), unit=unit)
