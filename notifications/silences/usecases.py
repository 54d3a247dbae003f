"""Put silences, and end them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import structlog

from notifications.domain.alert import Person
from notifications.domain.silence import NoSuchSilence, Silence, check_silence
from notifications.hushed import store as hushed
from notifications.registry.queries import registered_under
from notifications.silences import store
from notifications.silences.queries import silence_of
from notifications.tables.locks import ROUTES
from notifications.tables.silences import SilenceRow
from services.context import Context
from services.persistence.changes import would_change
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SilencePut:
    """A silence as it is now."""

    row: SilenceRow
    is_new: bool


async def put_silence(work: UnitOfWork, context: Context, silence: Silence, reason: str) -> SilencePut:
    """Make the silence, or change it to this; one that is over begins anew, and one that is so already stays as it is,
    with who put it. What it does not hush any more is looked at by the clock. Raises Invalid, NotKnownYet."""
    check_silence(silence, context.at)
    silence = replace(silence, under=await registered_under(work, silence.under))
    await take(work, ROUTES)
    before = await store.one_for_change(work, silence.name)
    values = asdict(silence) | {"reason": reason}
    if before and not would_change(before, values):
        return SilencePut(before, is_new=False)
    values |= {"put_by": _actor(context), "put_at": context.at, "ended_by": None}
    row = before.sqlmodel_update(values) if before else SilenceRow(**values)
    await work.add(row)
    await hushed.look_at_silenced(work, silence.name, context.at)
    log.info("silence_put", silence=silence.name, ends_at=silence.ends_at.isoformat(), is_new=before is None)
    return SilencePut(row, before is None)


async def end_silence(work: UnitOfWork, context: Context, name: str) -> SilenceRow:
    """End the silence now; one that is over stays as it is. It is kept. Raises NoSuchSilence."""
    await take(work, ROUTES)
    row = await store.one_for_change(work, name)
    if row is None:
        raise NoSuchSilence(f"no silence has the name {name}")
    if silence_of(row).state(context.at) in ("pending", "active"):
        await work.add(row.sqlmodel_update({"ended_at": context.at, "ended_by": _actor(context)}))
        await hushed.look_at_silenced(work, name, context.at)
        log.info("silence_ended", silence=name)
    return row


def _actor(context: Context) -> dict[str, str | None]:
    organisation, actor = context.organisation(), context.actor
    person = Person(organisation, actor.subject if actor else organisation, actor.name if actor else None)
    return asdict(person)
