"""deploy/backup.sh under load, deploy/restore.sh on another server: nothing that was accepted before it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drive.client.client import until
from drive.hosting.processes import COMMANDS
from drive.hosting.services import SERVICES
from tests.support.installation import Answers, Installation, an_installation, environment_of
from tests.support.postgres import PrivatePostgres, run_roles_script, run_script
from tests.support.rabbitmq import SharedVhost, Vhosts
from tests.support.waiting import running

ROLES = {f"{owner}_PASSWORD": owner.lower() for owner in ("OWNER", "ENROLMENT", "TARGETS", "NOTIFICATIONS")}


@pytest_asyncio.fixture
async def installation(
    durable_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path
) -> AsyncIterator[Installation]:
    """Six processes with a registry."""
    environment = environment_of(durable_postgres.url, rabbitmq_url, tmp_path, DRIVE_RECONCILE_SECONDS="0.5")
    async with an_installation(environment) as installation:
        await installation.start_all()
        await installation.register()
        yield installation


async def restored(server: PrivatePostgres, folder: Path) -> dict[str, str]:
    """The settings of the databases, once they are restored there."""
    await asyncio.to_thread(run_script, "restore.sh", server.url, str(folder))
    await asyncio.to_thread(run_roles_script, server.url, ROLES)
    plain = server.url.set(drivername="postgresql")
    urls = {name: plain.set(username=f"drive_{name}", database=f"drive_{name}") for name in SERVICES}
    return {f"{name.upper()}_DATABASE_URL": url.render_as_string() for name, url in urls.items()}


@pytest.mark.long
async def test_a_backup_under_load_has_all_that_was_accepted_before_it(
    installation: Installation,
    private_postgres: PrivatePostgres,
    rabbitmq_server: Vhosts | SharedVhost,
    tmp_path: Path,
) -> None:
    people, answers, folder = installation.people(400), Answers(), tmp_path / "backup"
    async with running(installation.sign_up(people, answers)) as signing_up:
        await installation.has_taken(80, answers)
        before = dict(answers.taken)
        await asyncio.to_thread(run_script, "backup.sh", installation.postgres, str(folder))
        during = len(answers.taken)
        await installation.has_taken(min(during + 20, len(people)), answers)
        await signing_up
    for verb, service in COMMANDS:
        await installation.stop(verb, service)
    assert (folder / "drive_enrolment.dump").stat().st_mode & 0o077 == 0
    own = await restored(private_postgres, folder)
    environment = installation.environment | own | {"AMQP_URL": rabbitmq_server.fresh()}
    async with an_installation(environment) as again:
        await again.start_all()
        rows = await again.rows("enrolment", "SELECT external_ref, id::text FROM enrolments")
        has = {row["external_ref"]: row["id"] for row in rows}
        assert before.items() <= has.items() <= answers.taken.items()
        assert len(has) < len(people), "the load went on after the backup"
        await has_counted(again, has)
        repeated = Answers()
        await again.sign_up(people, repeated)
        assert has.items() <= repeated.taken.items(), "partners send again what they have no answer for"
        await again.counted_once(repeated)


async def has_counted(installation: Installation, has: dict[str, str]) -> None:
    """Wait until targets has what enrolment has, and nothing else."""
    await until(
        "what the backup of targets lacks",
        lambda: installation.rows("targets", "SELECT enrolment_id::text AS id FROM ledger"),
        lambda rows: sorted(row["id"] for row in rows) == sorted(has.values()),
        seconds=120,
    )
