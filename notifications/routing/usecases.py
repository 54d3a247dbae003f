"""Put, read and remove routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from notifications.channels.webhook.secret import new_secret
from notifications.domain.addresses import Address, Network
from notifications.domain.delivery import Channel
from notifications.domain.endpoint import check_mail, check_reachable, check_url, literal_address
from notifications.routing import store
from notifications.tables.routing import RouteRow
from services.errors import Conflict, NotFound
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.security.sealing import SecretBox, SecretLost
from services.vocabulary import Severity

Lookup: TypeAlias = Callable[[str], Awaitable[Sequence[Address]]]
"""The addresses of a host name; none where there is no such host."""


SECRET_OVERLAP = timedelta(days=1)


class NoSuchRoute(NotFound):
    """There is no route of this name."""

    code = "no-such-route"
    title = "There is no such route"


class NotAWebhook(Conflict):
    """Only webhooks are signed."""

    code = "not-a-webhook"
    title = "The route is no webhook"


@dataclass(frozen=True, slots=True)
class Rotated:
    """A new secret, and until when messages are signed with the one before, too."""

    secret: str
    previous_valid_until: datetime


@dataclass(frozen=True, slots=True)
class PutRoute:
    """A route as somebody wants it."""

    name: str
    under: str | None
    min_severity: Severity
    channel: Channel
    address: str


@dataclass(frozen=True, slots=True)
class RoutePut:
    """A route as it is now; `secret` is told where it was made just now."""

    row: RouteRow
    is_new: bool
    secret: str | None


class Routing:
    """`allowed` are the networks that may be called although they are not public."""

    def __init__(self, database: Database, secrets: SecretBox, allowed: Sequence[Network], look_up: Lookup) -> None:
        self._database = database
        self._secrets = secrets
        self._allowed = allowed
        self._look_up = look_up

    async def put(self, command: PutRoute, now: datetime) -> RoutePut:
        """Make the route, or change it to this; a disabled one is switched on. Raises Invalid for a bad address."""
        await self._check(command)
        secret = new_secret() if command.channel == "webhook" else None
        fresh = _row(command, self._secrets.seal(secret, command.name) if secret else None, now)
        async with self._database.write() as work:
            while not (is_new := await store.insert_new(work, fresh)):
                # Between the two statements somebody may have removed it: then it is made after all.
                if existing := await store.one_for_change(work, command.name):
                    kept = self._resealed(existing, existing.secret, command.channel)
                    existing.previous_secret = self._resealed(existing, existing.previous_secret, command.channel)
                    await work.add(_changed(existing, fresh, kept))
                    return RoutePut(existing, is_new=False, secret=None if kept else secret)
        return RoutePut(fresh, is_new, secret)

    def _resealed(self, row: RouteRow, secret: str | None, channel: Channel) -> str | None:
        """A secret of a webhook that stays one, sealed with the first key, so that an older key may go."""
        if secret is None or channel != row.channel:
            return None
        try:
            return self._secrets.seal(self._secrets.open(secret, row.name), row.name)
        except SecretLost:
            return None

    async def _check(self, command: PutRoute) -> None:
        if command.channel == "mail":
            check_mail(command.address)
            return
        endpoint = check_url(command.address, self._allowed)
        if endpoint.scheme == "http" and not literal_address(endpoint.host):
            check_reachable(endpoint, await self._look_up(endpoint.host), self._allowed)

    async def rotate(self, name: str, now: datetime) -> Rotated:
        """Give a webhook a new secret; the one it had stays good for a day, an older one ends now.

        Raises NoSuchRoute, NotAWebhook.
        """
        secret = new_secret()
        async with self._database.write() as work:
            row = await store.one_for_change(work, name)
            if row is None:
                raise NoSuchRoute(f"no route has the name {name}")
            if row.secret is None:
                raise NotAWebhook(f"the route {name} is of the channel {row.channel}, which has no secret")
            row.previous_secret, row.previous_secret_until = row.secret, now + SECRET_OVERLAP
            row.secret, row.updated_at = self._secrets.seal(secret, name), now
            await work.add(row)
        return Rotated(secret, now + SECRET_OVERLAP)

    async def remove(self, name: str) -> None:
        """Tell this route nothing any more, not even what is queued. Raises NoSuchRoute."""
        async with self._database.write() as work:
            if not await store.remove(work, name):
                raise NoSuchRoute(f"no route has the name {name}")


def _row(command: PutRoute, sealed: str | None, now: datetime) -> RouteRow:
    return RouteRow(
        name=command.name,
        under=command.under,
        min_severity=command.min_severity,
        channel=command.channel,
        address=command.address,
        secret=sealed,
        created_at=now,
        updated_at=now,
    )


def _changed(row: RouteRow, to: RouteRow, kept: str | None) -> RouteRow:
    """The same route told otherwise. A webhook keeps its secret, wherever it leads now."""
    row.secret = kept or to.secret
    row.under, row.min_severity = to.under, to.min_severity
    row.channel, row.address = to.channel, to.address
    row.disabled_at = row.disabled_reason = row.paused_until = None
    if not kept:
        row.previous_secret = row.previous_secret_until = None
    row.updated_at = to.updated_at
    return row


async def read_routes(session: ReadSession) -> Sequence[RouteRow]:
    """Every route, by name."""
    return await store.all_routes(session)
