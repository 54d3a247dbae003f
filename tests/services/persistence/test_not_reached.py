"""A database that cannot be reached is named by address and setting, without the password, with what to correct."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import URL

from services.errors import Unavailable
from services.persistence.database import Database
from tests.support.postgres import PrivatePostgres
from tests.support.processes import free_port
from tests.support.proxy import proxy_to
from tests.support.waiting import soon

SECRET = "hidden-word"


async def complaint(url: URL) -> str:
    """What readiness says of the database at the URL."""
    database = Database(url.set(password=SECRET), setting="TARGETS_DATABASE_URL")
    with pytest.raises(Unavailable) as refused:
        await soon(database.check())
    await database.close()
    assert SECRET not in refused.value.detail
    return refused.value.detail


async def test_a_port_where_nothing_listens(database_url: URL) -> None:
    port = free_port()
    said = await complaint(database_url.set(host="127.0.0.1", port=port))
    assert said == f"cannot reach PostgreSQL at 127.0.0.1:{port} (TARGETS_DATABASE_URL): connection refused"


async def test_a_host_that_is_not_known(database_url: URL) -> None:
    said = await complaint(database_url.set(host="db.invalid", port=5432))
    assert said == "cannot reach PostgreSQL at db.invalid:5432 (TARGETS_DATABASE_URL): there is no host of this name"


async def test_a_server_that_does_not_answer(database_url: URL) -> None:
    async with proxy_to(database_url.host or "127.0.0.1", database_url.port or 5432) as (proxy, port):
        proxy.stall()
        said = await complaint(database_url.set(host="127.0.0.1", port=port))
    assert said == f"cannot reach PostgreSQL at 127.0.0.1:{port} (TARGETS_DATABASE_URL): no answer in time"


async def test_a_database_that_is_not_there(database_url: URL) -> None:
    said = await complaint(database_url.set(database="drive_test_never_made"))
    assert 'database "drive_test_never_made" does not exist' in said
    assert "run `drive migrate`, or correct TARGETS_DATABASE_URL" in said


async def test_a_role_that_is_not_there(database_url: URL) -> None:
    said = await complaint(database_url.set(username="drive_test_nobody"))
    assert "(TARGETS_DATABASE_URL) refuses the login:" in said
    assert "correct user, password or TLS in TARGETS_DATABASE_URL" in said


async def test_tls_that_the_server_does_not_offer(database_url: URL) -> None:
    said = await complaint(database_url.set(query={"ssl": "require"}))
    assert "it offers no TLS, or is not PostgreSQL; correct the port or `sslmode` in TARGETS_DATABASE_URL" in said


async def test_tls_and_passwords_that_the_server_demands(private_postgres: PrivatePostgres) -> None:
    private_postgres.admit("hostssl all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256")
    said = await complaint(private_postgres.url.set(username="drive_test_nobody"))
    assert "refuses the login: password authentication failed" in said
    private_postgres.admit("hostssl all all 127.0.0.1/32 trust")
    said = await complaint(private_postgres.url)
    assert "no encryption" in said
    assert "correct user, password or TLS in TARGETS_DATABASE_URL" in said
