"""The chapter of the province: a target that is shared out, 60 days of sign-ups, and who falls behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from drive.client.client import Client, until
from drive.demo.checks import Checks
from drive.demo.ops import Ops
from drive.demo.places import AGENCY, PROVINCE
from drive.demo.province.alerts import ProvinceAlerts
from drive.demo.province.book import Book
from drive.demo.province.changes import change_some
from drive.demo.province.figures import Ranked, nets, ranking, ranks_by_hand
from drive.demo.province.places import COMMUNES, UNITS
from drive.demo.province.plan import (
    AFTER_QUIET,
    CATCHING_UP,
    ENDS_ON,
    FALL_BEHIND,
    LAGGING,
    QUIET_FROM,
    QUIET_UNTIL,
    STARTS_ON,
    WEEK_BEFORE_END,
    WORKING_DAYS_OVER,
    Planned,
    plan,
)
from drive.demo.province.preparation import TARGET, register, set_baselines, set_target, share_out
from drive.demo.province.sign_ups import SCHEME, SignUps
from drive.demo.receiver import Receiver
from drive.demo.worlds import World


@dataclass
class Province:
    """Runs where the story of the launch days has ended, on the first of the 60 days; the world stays on the last."""

    world: World
    receiver: Receiver
    say: Callable[[str], None]
    checks: Checks
    ranked: list[Ranked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alerts = ProvinceAlerts(Ops(self.world), self.receiver)
        self.progress: Any = None
        self._sign_ups = SignUps()
        self._book = Book()

    async def play(self) -> None:
        """Sixty days, and what they have come to."""
        async with self._user(AGENCY, "registry:write targets:write progress:read") as agency:
            shares = await self._prepare(agency)
            for day, planned in plan(shares).items():
                await self._pass_to(day)
                await self._send(agency, day, planned)
            await self._conclude(agency)

    def _user(self, org: str, scope: str) -> Client:
        return Client(self.world.urls, self.world.token(org, scope))

    async def _prepare(self, agency: Client) -> dict[str, int]:
        self.say(f"The whole province: one file puts its {len(COMMUNES)} communes below {len(UNITS)} grassroots units.")
        await register(agency, self.checks)
        await set_baselines(agency)
        self.say(
            f"{TARGET:,} new participants in voluntary social insurance are wanted from {STARTS_ON} to {ENDS_ON},"
            " shared out by who is not covered: to the grassroots units, and from there to the communes."
        )
        return await share_out(agency, await set_target(agency), self.checks)

    async def _pass_to(self, day: date) -> None:
        """Everything is judged by the days before; what is sent on the day itself comes after that."""
        if day != STARTS_ON:
            await self.world.move_to(day)
        if day == AFTER_QUIET:
            await self._fall_behind()

    async def _fall_behind(self) -> None:
        expected = _targets_of(FALL_BEHIND)
        await self.alerts.at_least(len(expected), "open")
        behind = await self.alerts.units("open")
        self.say(
            f"{QUIET_FROM} to {QUIET_UNTIL} were quiet: {len(behind)} targets are behind."
            " Alerts of a grassroots unit and its communes go out as one message."
        )
        self.checks.equal("behind after the quiet days", _said(expected), _said(behind))
        self.checks.equal("webhooks about these", len(FALL_BEHIND), self.alerts.webhooks())
        self.checks.equal("mails about these", len(FALL_BEHIND), self.alerts.mails())

    async def _send(self, agency: Client, day: date, planned: Sequence[Planned]) -> None:
        by_office = self._sign_ups.by_post_office(planned)
        self.say(f"{day}: {len(by_office)} post offices send {len(planned):,} sign-ups.")
        self._book.add(planned)
        await asyncio.gather(*(self._send_of(office, sent, day == ENDS_ON) for office, sent in by_office.items()))
        self.progress = await self._counted(agency)

    async def _send_of(self, office: str, sign_ups: Sequence[Any], then_change_some: bool) -> None:
        async with self._user(office, "enrolments:write") as partner:
            recorded = await partner.sign_up_batch(sign_ups)
            if then_change_some:
                await change_some(partner, self._book, sign_ups, recorded)

    async def _counted(self, agency: Client) -> Any:
        book, params = self._book, {"scheme": SCHEME}
        return await until(
            f"{book.net} sign-ups of the province",
            lambda: agency.send("GET", "targets", f"/v1/progress/units/{PROVINCE}", params=params),
            lambda seen: seen["net"] == book.net and seen["cancelled"] == book.cancelled,
        )

    async def _conclude(self, agency: Client) -> None:
        book, net = self._book, self._book.nets(ENDS_ON)
        self.say(f"{book.cancelled} sign-ups were cancelled, {book.corrected} corrected to the next commune.")
        self.ranked = await until("corrected sign-ups", lambda: ranking(agency), lambda found: nets(found) == net)
        self.checks.equal("communes as signed up", len(COMMUNES), len(self.ranked))
        in_all = sum(each.net for each in self.ranked)
        self.checks.equal("their sum is the province's", f"{in_all:,}", f"{self.progress['net']:,}")
        await self._check_alerts()
        self._check_ranks()

    async def _check_alerts(self) -> None:
        """Of those who fell behind some have caught up."""
        caught_up, lagging = _targets_of(CATCHING_UP), _targets_of(LAGGING)
        await self.alerts.at_least(len(caught_up), "resolved")
        self.checks.equal("have caught up", _said(caught_up), _said(await self.alerts.units("resolved")))
        self.checks.equal("are behind on the last day", _said(lagging), _said(await self.alerts.units("open")))

    def _check_ranks(self) -> None:
        ranks = {each.code: each.rank for each in self.ranked}
        before = {each.code: each.rank_before for each in self.ranked}
        for what, day, found in (("ranks", ENDS_ON, ranks), ("ranks of a week before", WEEK_BEFORE_END, before)):
            right = ranks_by_hand(self.ranked, self._book.nets(day), WORKING_DAYS_OVER[day])
            same = sum(right[code] == rank for code, rank in found.items())
            self.checks.equal(f"{what}, by hand", len(COMMUNES), same)
        lagging = _targets_of(LAGGING) & set(COMMUNES)
        last = {each.code for each in self.ranked[-len(lagging) :]}
        self.checks.equal("last of the ranking", _said(lagging), _said(last & lagging))


def _targets_of(unit_codes: frozenset[str]) -> set[str]:
    """The codes of these units and of their communes."""
    return {code for unit in UNITS if unit.code in unit_codes for code in (unit.code, *unit.communes)}


def _said(codes: set[str]) -> str:
    communes = len(codes & set(COMMUNES))
    return f"{communes} communes, {len(codes) - communes} units"
