"""What is sealed in the databases of all services, sealed anew with the first key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.engine import URL

from drive.hosting.configuration import Configuration
from drive.hosting.services import ServiceName, schema_of
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.rotation.runner import Rotated, rotate
from notifications.channels.registry import new_secret
from notifications.channels.signing_secrets import SigningSecrets
from notifications.routing.secrets import RouteSecrets
from notifications.routing.usecases import Resealed, reseal_secrets
from services.persistence.database import Database


async def rotate_people(
    configuration: Configuration, urls: Mapping[ServiceName, URL], keys: Sequence[bytes]
) -> Rotated:
    """Personal data. Raises SecretLost."""
    async with _database("enrolment", configuration, urls) as database:
        return await rotate(database, PeopleKeys(keys))


async def rotate_secrets(
    configuration: Configuration, urls: Mapping[ServiceName, URL], keys: Sequence[bytes]
) -> Resealed:
    """Signing secrets of webhooks."""
    async with _database("notifications", configuration, urls) as database, database.write() as work:
        return await reseal_secrets(work, RouteSecrets(SigningSecrets(keys), new_secret))


@asynccontextmanager
async def _database(
    service: ServiceName, configuration: Configuration, urls: Mapping[ServiceName, URL]
) -> AsyncIterator[Database]:
    """Raises NotMigrated where it is not that of this version."""
    setting = configuration.database_setting(service)
    database = Database(urls[service], schema_of(service), pool_size=1, setting=setting)
    try:
        await database.check()
        yield database
    finally:
        await database.close()
