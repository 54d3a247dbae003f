"""The story, chapter by chapter: launch days, days that pass, alerts, and a commune that catches up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from drive.client.client import Client, until
from drive.demo.arrival import children_arrived
from drive.demo.checks import Checks
from drive.demo.digest import Digest
from drive.demo.escalation import Escalation
from drive.demo.follow_up import FollowUp
from drive.demo.household import PAYABLE, ask_for_quote
from drive.demo.life import TAKEN_UP, Life
from drive.demo.mails import charts_in, has_chart, text_of
from drive.demo.ops import Ops
from drive.demo.people import Population
from drive.demo.places import AGENCY, CAM_THACH, CAM_THUY, COMMUNES, COVERAGE_TARGET, EVE, PROVINCE, YEAR_END, Commune
from drive.demo.receiver import Receiver
from drive.demo.registry import organisations_and_collectors, units
from drive.demo.worlds import World

SCHEME: Final = "household_health"
DAYS_OF_SILENCE: Final = (date(2025, 10, 29), date(2025, 10, 30), date(2025, 10, 31), date(2025, 11, 1))
"""Each is judged by the days before it; the last is the Saturday on which the home visits begin."""
CATCHING_UP: Final = ((date(2025, 11, 1), 240), (date(2025, 11, 2), 240))
"""A week-end of home visits in Cẩm Thủy: the day and the sign-ups it brings."""
MAIL: Final = "ops@bhxh-38.example"

_RAISED = "drive.alert.raised.v1"
_WORSENED = "drive.alert.worsened.v1"
_RESOLVED = "drive.alert.resolved.v1"


@dataclass
class Story:
    """Runs against a world, reports each step by `say`, and keeps the checks."""

    world: World
    receiver: Receiver
    say: Callable[[str], None]
    checks: Checks = field(default_factory=Checks)

    async def play(self) -> None:
        """From the eve of the first launch day to the week-end on which Cẩm Thủy catches up."""
        self._ops = Ops(self.world)
        self._follow_up = FollowUp(self._ops, CAM_THACH, SCHEME, self.say, self.checks)
        self._escalation = Escalation(self._ops, CAM_THUY, SCHEME, self.say, self.checks)
        self._digest = Digest(self._ops, CAM_THACH, self.say, self.checks)
        self._populations = {c.code: Population(c, random.Random(c.code)) for c in COMMUNES}
        async with self._user(AGENCY, "registry:write enrolments:read targets:write progress:read") as agency:
            await self._prepare(agency)
            sent = await self._launch(agency, CAM_THACH, in_batches=False)
            await self._change_some(agency, sent[0])
            await self._launch(agency, CAM_THUY, in_batches=True)
            await self._fall_behind(agency)
            await self._catch_up(agency)

    async def end(self) -> None:
        """What has become of the commune that did not catch up; the clock may have moved on since `play`."""
        await self._follow_up.end()
        await self._digest.end()

    def _user(self, org: str, scope: str) -> Client:
        return Client(self.world.urls, self.world.token(org, scope))

    async def _prepare(self, agency: Client) -> None:
        self.say("The agency loads the official list of Thanh Hóa and registers villages, post offices, collectors.")
        await agency.send("POST", "enrolment", "/v1/units/import", {"province_code": PROVINCE})
        await agency.send_each("PUT", "enrolment", units())
        await agency.send_each("PUT", "enrolment", organisations_and_collectors())
        await self._arrived(agency)
        await self.world.move_to(CAM_THACH.launch_day)
        self.say(
            f"It sets who was covered on {EVE}, and a target: {COVERAGE_TARGET:.2%} of each commune by {YEAR_END}."
        )
        for commune in COMMUNES:
            await _set_target(agency, commune)
        quote = await ask_for_quote(agency)
        self.say(f"A household of five asks what a year costs: {quote['total']['payable']:,} VND.")
        self.checks.equal("a household of five: VND a year", f"{PAYABLE:,}", f"{quote['total']['payable']:,}")
        await self._set_routes()

    async def _arrived(self, agency: Client) -> None:
        """Wait for the last village and the communes' new parent."""
        for commune in COMMUNES:
            children = await children_arrived(agency, commune.code, commune.villages, SCHEME)
            self.checks.equal(f"{commune.name}: villages", commune.villages, len(children))

    async def _set_routes(self) -> None:
        async with self._user(AGENCY, "alerts:write") as ops:
            webhook = {
                "under": PROVINCE,
                "min_severity": "warning",
                "channel": "webhook",
                "address": self.receiver.url,
            }
            made = await ops.send_until_taken("PUT", "notifications", "/v1/routes/agency-hook", webhook)
            self.receiver.secret = made["secret"]
            mail = {"under": PROVINCE, "min_severity": "warning", "channel": "mail", "address": MAIL}
            await ops.send_until_taken("PUT", "notifications", "/v1/routes/agency-mail", mail)

    async def _launch(self, agency: Client, commune: Commune, *, in_batches: bool) -> list[dict[str, Any]]:
        await self.world.move_to(commune.launch_day)
        how = "in one batch" if in_batches else "one by one"
        self.say(
            f"{commune.launch_day}: launch day in {commune.name}; {commune.collectors} collectors send"
            f" {commune.sign_ups} sign-ups from {commune.villages} villages, {how}."
        )
        sent = await self._sign_up(commune, commune.sign_ups, commune.launch_day, in_batches=in_batches)
        progress = await self._progress(agency, commune, commune.sign_ups, commune.launch_day)
        self.checks.equal(f"{commune.name}: new sign-ups", commune.sign_ups, progress["new"])
        self.checks.equal(f"{commune.name}: covered", commune.covered_after, progress["covered"])
        self.checks.equal(f"{commune.name}: coverage", f"{commune.percent_after} %", _percent(progress["coverage"]))
        return sent

    async def _change_some(self, agency: Client, sent: dict[str, Any]) -> None:
        """Of the sign-ups of Cẩm Thạch: in the end as many count as before."""
        [extra] = self._populations[CAM_THACH.code].sign_ups(1, CAM_THACH.launch_day, "launch_day")
        async with (
            self._user(CAM_THACH.post_office, "enrolments:write enrolments:read") as partner,
            self._user(CAM_THUY.post_office, "enrolments:write") as other,
            self._user(AGENCY, "enrolments:review") as reviewer,
        ):
            life = Life(partner, reviewer)
            told = await life.send_again(other, sent, CAM_THUY.collector_codes()[0])
            statuses = await life.return_and_correct(sent["external_ref"], CAM_THACH.village_codes()[-1])
            cancelled = await life.cancel(extra)
        self.say(
            f"Another post office signs up one of them again: {told}. The agency returns one for its village,"
            " and accepts it once it is corrected. One is cancelled, and counts no more."
        )
        self.checks.equal("signed up by two post offices", "already covered", told)
        self.checks.equal("returned and corrected", " ".join(TAKEN_UP), " ".join(statuses))
        self.checks.equal("cancelled", "cancelled", cancelled)
        progress = await self._progress(agency, CAM_THACH, CAM_THACH.sign_ups, CAM_THACH.launch_day, cancelled=1)
        self.checks.equal(f"{CAM_THACH.name}: covered, one cancelled", CAM_THACH.covered_after, progress["covered"])

    async def _sign_up(
        self, commune: Commune, n: int, day: date, *, in_batches: bool, channel: str = "launch_day"
    ) -> list[dict[str, Any]]:
        sign_ups = self._populations[commune.code].sign_ups(n, day, channel)
        async with self._user(commune.post_office, "enrolments:write") as partner:
            await (partner.sign_up_batch if in_batches else partner.sign_up_each)(sign_ups)
        return sign_ups

    async def _progress(self, agency: Client, commune: Commune, net: int, on: date, *, cancelled: int = 0) -> Any:
        params = {"scheme": SCHEME, "on": on.isoformat()}
        return await until(
            f"{net} sign-ups of {commune.name}",
            lambda: agency.send("GET", "targets", f"/v1/progress/units/{commune.code}", params=params),
            lambda seen: seen["net"] == net and seen["cancelled"] >= cancelled,
        )

    async def _fall_behind(self, agency: Client) -> None:
        for day in DAYS_OF_SILENCE:
            self.say(f"{day}: nobody has signed up since.")
            await self.world.move_to(day)
            await self._pace_seen(agency, day)
            await self._ops.all_reported()
        self.say("Both communes fall behind: alerts go out by webhook and by mail, and grow graver.")
        for commune in COMMUNES:
            await self._check_messages(commune, [_RAISED, _WORSENED], "behind")
        grouped = max(self.world.mails(), key=lambda mail: _communes_in(text_of(mail)))
        self.checks.equal("communes in one mail", len(COMMUNES), _communes_in(text_of(grouped)))
        self.checks.equal("charts in that mail", len(COMMUNES), charts_in(grouped))
        await self._follow_up.answer(DAYS_OF_SILENCE[-1])
        await self._escalation.play()
        await self._digest.put()

    async def _pace_seen(self, agency: Client, day: date) -> None:
        """The clock's review has judged every target on this day, and what it found has reached its alert."""
        for commune in COMMUNES:
            target = (await self._progress(agency, commune, commune.sign_ups, day))["targets"][0]
            if target["status"] == "behind":
                await self._alert_is(commune, target["severity"])

    async def _alert_is(self, commune: Commune, severity: str) -> None:
        what = f"the alert of {commune.name} to be {severity}"
        await until(what, self._alerts, lambda alerts: _severity(alerts, commune) == severity)

    async def _alerts(self) -> list[Any]:
        return await self._ops.alerts(SCHEME)

    async def _check_messages(self, commune: Commune, types: list[str], when: str) -> None:
        async def webhooks() -> list[str]:
            return self.receiver.about(commune.code)

        async def mails() -> int:
            return sum(commune.name in text_of(mail) for mail in self.world.mails() if mail["To"] == MAIL)

        received = await until(f"{types[-1]} of {commune.name}", webhooks, lambda seen: len(seen) >= len(types))
        self.checks.equal(f"{commune.name}: webhooks, {when}", _names(types), _names(received))
        count = await until(f"mail about {commune.name}", mails, lambda seen: seen >= len(types))
        self.checks.equal(f"{commune.name}: mails, {when}", len(types), count)

    async def _catch_up(self, agency: Client) -> None:
        total = CAM_THUY.sign_ups
        for day, visits in CATCHING_UP:
            await self.world.move_to(day)
            self.say(f"{day}: home visits in {CAM_THUY.name} bring {visits} sign-ups.")
            await self._sign_up(CAM_THUY, visits, day, in_batches=True, channel="home_visit")
            total += visits
            await self._progress(agency, CAM_THUY, total, day)
        self.say(f"{CAM_THUY.name} has caught up: its alert resolves.")
        await self._check_messages(CAM_THUY, [_RAISED, _WORSENED, _RESOLVED], "caught up")
        self.checks.equal("mails about alerts have charts", True, all(map(has_chart, self.world.mails())))
        statuses = {a["subject"]["unit_code"]: a["status"] for a in await self._alerts()}
        self.checks.equal("alerts in all", len(COMMUNES), len(statuses))
        self.checks.equal(f"{CAM_THACH.name}: alert", "reported", statuses.get(CAM_THACH.code))
        self.checks.equal(f"{CAM_THUY.name}: alert", "resolved", statuses.get(CAM_THUY.code))
        self.checks.equal("webhooks that failed verification", 0, self.receiver.refused)


async def _set_target(agency: Client, commune: Commune) -> None:
    baseline = {"scheme": SCHEME, "on": EVE.isoformat(), "population": commune.population, "covered": commune.covered}
    await agency.send("PUT", "targets", f"/v1/units/{commune.code}/baselines", baseline)
    target = {
        "scope": {"unit_code": commune.code},
        "scheme": SCHEME,
        "measure": "coverage",
        "value": COVERAGE_TARGET,
        "starts_on": CAM_THACH.launch_day.isoformat(),
        "ends_on": YEAR_END.isoformat(),
        "name": f"95.15 % of {commune.name}",
    }
    await agency.send("POST", "targets", "/v1/targets", target)


def _severity(alerts: list[Any], commune: Commune) -> str | None:
    return next((a["severity"] for a in alerts if a["subject"]["unit_code"] == commune.code), None)


def _communes_in(text: str) -> int:
    return sum(f"Xã {commune.name}" in text for commune in COMMUNES)


def _names(types: list[str]) -> str:
    """`drive.alert.raised.v1` as `raised`."""
    return ", ".join(event_type.split(".")[2] for event_type in types)


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
