"""Why nobody is notified of an alert just now: silences, and alerts of units above it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.alerts import store
from notifications.deliveries.concerns import concern_of
from notifications.domain.hush import Mute, mute_of
from notifications.domain.inhibition import Lag, inhibitor_of
from notifications.domain.recipients import Concern
from notifications.inhibitions.queries import inhibiting_units
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.ownership.queries import organisations_of
from notifications.silences.queries import active_silences
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Measure, Scope


@dataclass(frozen=True, slots=True)
class Candidate:
    """What silences and inhibitions go by of an alert."""

    id: UUID
    concern: Concern
    measure: Measure
    subject: Scope

    @property
    def lag(self) -> Lag | None:
        """The lag of a unit alone; None for others, which are neither inhibited nor inhibit."""
        if self.subject.unit_code is None or self.subject.organisation_code or self.subject.collector_code:
            return None
        concern = self.concern
        return Lag(self.id, list(concern.path), concern.scheme, self.measure, concern.severity)


async def anything_hushes(session: ReadSession, at: datetime) -> bool:
    """Whether there is a silence at that time, or an inhibition."""
    return bool(await active_silences(session, at) or await inhibiting_units(session))


async def mutes_of(session: ReadSession, candidates: Collection[Candidate], at: datetime) -> dict[UUID, Mute]:
    """What hushes each of them at that time; those that nothing hushes are left out."""
    silences = await active_silences(session, at)
    inhibitors = await _inhibitors(session, candidates)
    found = {each.id: mute_of(each.concern, silences, inhibitors.get(each.id), at) for each in candidates}
    return {alert_id: mute for alert_id, mute in found.items() if mute}


async def mutes_of_alerts(session: ReadSession, alerts: Collection[AlertSnapshot], at: datetime) -> dict[UUID, Mute]:
    """What hushes each of these alerts at that time."""
    organisations = await organisations_of(session, [alert.id for alert in alerts])
    candidates = [
        Candidate(alert.id, concern_of(alert, organisations[alert.id]), alert.measure, alert.subject)
        for alert in alerts
        if alert.status != "resolved"
    ]
    return await mutes_of(session, candidates, at)


async def with_mutes(session: ReadSession, alerts: Sequence[AlertSnapshot], at: datetime) -> list[AlertSnapshot]:
    """The alerts with what hushes them at that time."""
    mutes = await mutes_of_alerts(session, alerts, at)
    return [_with(alert, mutes) for alert in alerts]


def _with(alert: AlertSnapshot, mutes: Mapping[UUID, Mute]) -> AlertSnapshot:
    mute = mutes.get(alert.id, Mute())
    names = [silence.name for silence in mute.silences]
    return alert.model_copy(update={"silenced_by": names, "inhibited_by": mute.inhibitor})


async def _inhibitors(session: ReadSession, candidates: Collection[Candidate]) -> dict[UUID, UUID]:
    lags = [lag for each in candidates if (lag := each.lag)]
    policies = await inhibiting_units(session)
    above = {code for lag in lags for code in lag.path[:-1]} if policies else ()
    others = await store.lags_of(session, above) if above else []
    found = {lag.id: inhibitor_of(lag, others, policies) for lag in lags} if others else {}
    return {alert_id: inhibitor for alert_id, inhibitor in found.items() if inhibitor}
