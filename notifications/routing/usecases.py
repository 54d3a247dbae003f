"""Put routes, rotate their secrets, and remove them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from notifications.domain.reminder import check_interval
from notifications.domain.route import Language, NoSuchRoute, NotAWebhook, RouteInUse
from notifications.registry.queries import registered_under
from notifications.routing import store
from notifications.routing.receivers import store as receivers
from notifications.routing.repeats import written_interval
from notifications.routing.secrets import RouteSecrets
from notifications.tables.routing import RouteRow
from services.context import Context
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import Scheme, Severity

SECRET_OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PutRoute:
    """A route as it is to be. Its channel has checked the address before; `hours` are as they are stored."""

    name: str
    under: str | None
    min_severity: Severity
    channel: str
    address: str
    language: Language = "vi"
    organisation_code: str | None = None
    collector_code: str | None = None
    scheme: Scheme | None = None
    min_level: int = 0
    hours: dict[str, Any] | None = None
    repeat: str | None = None


_PUT: Final = {field.name for field in fields(PutRoute)}


@dataclass(frozen=True, slots=True)
class RoutePut:
    """A route as it is now; `secret` is there where it was made just now. `has_other_hours`: than before; `is_changed`:
    it is another in anything, or was disabled."""

    row: RouteRow
    is_new: bool
    secret: str | None
    has_other_hours: bool = False
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Rotated:
    """A new secret, and until when messages are signed with the one before, too."""

    secret: str
    previous_valid_until: datetime


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets were sealed anew, and the routes whose secret no key opens."""

    resealed: int
    lost: list[str]


async def put_route(
    work: UnitOfWork, context: Context, command: PutRoute, secrets: RouteSecrets, *, hidden: str | None = None
) -> RoutePut:
    """Make the route, or change it to this; a disabled one is enabled. `hidden` is the address itself, where it holds
    secrets, and that of the command is what is shown in its place. Raises Invalid, NotKnownYet."""
    check_interval(written_interval(command.repeat))
    command = replace(command, under=await registered_under(work, command.under))
    secret = None if hidden else secrets.new(command.channel)
    fresh = _row(command, secrets.seal(hidden or secret, command.name), context.at)
    while not await store.insert_new(work, fresh):
        # Between the two statements the route may have been removed: then it is made after all.
        if existing := await store.one_for_change(work, command.name):
            is_other = _is_another(existing, fresh)
            is_other = is_other or bool(hidden and not secrets.holds(existing.secret, hidden, fresh.name))
            if is_other:
                await receivers.forget(work, fresh.name)
            hours, before = existing.hours, _put_values(existing)
            shown = None if _change(existing, fresh, secrets, is_new=hidden is not None) else secret
            is_changed = is_other or _put_values(existing) != before
            existing.updated_at = fresh.updated_at if is_changed else existing.updated_at
            await work.add(existing)
            return RoutePut(existing, False, shown, existing.hours != hours, is_changed)
    return RoutePut(fresh, is_new=True, secret=secret)


async def rotate_secret(work: UnitOfWork, context: Context, name: str, secrets: RouteSecrets) -> Rotated:
    """Give the route a new secret; the one it had stays valid for a day, an older one ends now.

    Raises NoSuchRoute, NotAWebhook.
    """
    row = await store.one_for_change(work, name)
    if row is None:
        raise NoSuchRoute(f"no route has the name {name}")
    secret = secrets.new(row.channel)
    if row.secret is None or secret is None:
        raise NotAWebhook(f"the route {name} is of the channel {row.channel}, which has no secret")
    row.previous_secret, row.previous_secret_until = row.secret, context.now + SECRET_OVERLAP
    row.secret, row.updated_at = secrets.seal(secret, name), context.at
    await work.add(row)
    return Rotated(secret, context.now + SECRET_OVERLAP)


async def reseal_secrets(work: UnitOfWork, secrets: RouteSecrets) -> Resealed:
    """Seal every secret with the first key, where another one did. What no key opens stays as it is."""
    resealed, lost = 0, []
    for row in await store.all_for_change(work):
        for column in ("secret", "previous_secret"):
            sealed = getattr(row, column)
            if sealed is None or secrets.box.is_current(sealed):
                continue
            if anew := secrets.reseal(sealed, row.name):
                setattr(row, column, anew)
                resealed += 1
            elif column == "secret":
                lost.append(row.name)
        await work.add(row)
    return Resealed(resealed, lost)


async def remove_route(work: UnitOfWork, name: str) -> None:
    """Remove the route. Raises NoSuchRoute, RouteInUse."""
    await store.one_for_change(work, name)
    if chains := await store.chains_with(work, name):
        raise RouteInUse(f"chains of escalation name the route {name}: {', '.join(chains)}")
    if digests := await store.digests_to(work, name):
        raise RouteInUse(f"digests go to the route {name}: {', '.join(digests)}")
    if not await store.remove(work, name):
        raise NoSuchRoute(f"no route has the name {name}")


async def check_no_digests(work: UnitOfWork, command: PutRoute) -> None:
    """Raises RouteInUse where digests go to the route, whose channel is to be one that carries none. Needs ROUTES."""
    if digests := await store.digests_to(work, command.name):
        names = ", ".join(digests)
        raise RouteInUse(f"digests go to the route {command.name}, and none by the channel {command.channel}: {names}")


def _put_values(row: RouteRow) -> dict[str, Any]:
    return row.model_dump(include=_PUT | {"disabled_at"})


def _row(command: PutRoute, sealed: str | None, now: datetime) -> RouteRow:
    return RouteRow(**asdict(command), secret=sealed, created_at=now, updated_at=now)


def _is_another(row: RouteRow, to: RouteRow) -> bool:
    """What is known of a receiver is not true of another one; of an address that is hidden this sees a part."""
    return (row.channel, row.address) != (to.channel, to.address)


def _change(row: RouteRow, to: RouteRow, secrets: RouteSecrets, *, is_new: bool) -> bool:
    """Change the row. Whether it keeps its secret, as it does at any address while the channel is the same, unless the
    secret is the address, and so a new one, or none where this holds none."""
    may_keep = row.channel == to.channel and to.secret is not None and not is_new
    kept = secrets.reseal(row.secret, row.name) if may_keep else None
    previous = secrets.reseal(row.previous_secret, row.name) if kept else None
    row.secret, row.previous_secret = kept or to.secret, previous
    row.previous_secret_until = row.previous_secret_until if kept else None
    row.sqlmodel_update(to.model_dump(include=_PUT))
    row.disabled_at = row.disabled_reason = row.paused_until = None
    return kept is not None
