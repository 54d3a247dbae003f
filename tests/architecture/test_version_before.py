"""A migration keeps the rows of the version before, and serves its processes while they last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, literal_column, select, table, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from drive.hosting.services import SERVICES, ServiceName
from enrolment_api.people.keys import PeopleKeys
from migrations.upgrade import upgrade
from services.messaging import dead_letter_admin as admin
from services.messaging import dead_letters
from services.messaging.dead_letter_admin import Choice
from services.persistence.database import Database
from tests.support.postgres import Databases

BEFORE: dict[ServiceName, str] = {
    "enrolment": "enrolment_0003",
    "targets": "targets_0003",
    "notifications": "notifications_0005",
}
SECRET_KEYS = [b"k" * 32]
KEYS = PeopleKeys(SECRET_KEYS)
RENAMED = {"parked_events": "dead_letters", "parked_at": "kept_at"}

IDS = {"ONE": "00000000-0000-4000-8000-000000000001", "TWO": "00000000-0000-4000-8000-000000000002"}
"""The ids that the names stand for in the rows below."""
_MESSAGING = """
    INSERT INTO outbox (type, body) VALUES ('drive.target.set.v1', '{}');
    INSERT INTO parked_events VALUES ('ONE', 'drive.target.set.v1', '{}', 'an error', 1, now(), now(), NULL, 1);
    INSERT INTO parked_events VALUES ('TWO', '', '', 'no JSON', 0, now(), NULL, '\\x00', 0, now(), 'of a test')
"""
_SUMMARIES = """
    INSERT INTO fact_days VALUES ('2025-10-25', 1, 7);
    INSERT INTO fact_day_deltas VALUES ('2025-10-25', -1, -7);
    INSERT INTO summary_turns VALUES ('enrolment', now());
    INSERT INTO resends VALUES ('day', '2025-10-25', NULL, 0, now(), 'targets', 'a request')
"""
_ENROLMENT = """
    INSERT INTO units VALUES ('38', 'Thanh Hóa', 'province', NULL, 1), ('15142', 'Cẩm Thạch', 'commune', '38', 2);
    INSERT INTO organisations VALUES ('VNPOST', 'VNPost', NULL, 1), ('CT', 'Cẩm Thủy', 'VNPOST', 1);
    INSERT INTO collectors VALUES ('CT-07', 'A Person', 'CT', 1);
    INSERT INTO enrolments
        (id, organisation_code, external_ref, fingerprint, scheme, kind, status, unit_code, collector_code, signed_on,
         months, amount_paid, full_name, born_on, sex, personal_id, support_group, covered_from, covered_to, due,
         state_support, payable, recorded_at)
    VALUES ('ONE', 'CT', 'a', '\\x01', 'household_health', 'new', 'recorded', '15142', 'CT-07', '2025-10-25', 12,
            1263600, 'A', '1980-01-01', 'male', '038080000001', 'none', '2025-11-24', '2026-11-23', 1263600, 0,
            1263600, now()),
           ('TWO', 'CT', 'b', '\\x02', 'voluntary_social', 'renewal', 'cancelled', '15142', 'CT-07', '2025-10-25', 3,
            0, 'B', '1980-01-01', 'female', '038080000002', 'poor', '2025-11-01', '2026-01-31', 0, 0, 0, now())
"""
_TARGETS = """
    INSERT INTO units VALUES ('38', 'Thanh Hóa', 'province', NULL, 1), ('01', 'Hà Nội', 'insurance_unit', '38', 0);
    INSERT INTO units VALUES ('15142', 'Cẩm Thạch', 'commune', '38', 2), ('v', 'A village', 'village', '15142', 1);
    INSERT INTO unit_ancestors VALUES ('38', '38', 0), ('15142', '15142', 0), ('15142', '38', 1);
    INSERT INTO organisations VALUES ('CT', 'Cẩm Thủy', NULL, 1);
    INSERT INTO organisation_ancestors VALUES ('CT', 'CT', 0), ('CT', 'VNPOST', 1);
    INSERT INTO collectors VALUES ('CT-07', 'CT', 1);
    INSERT INTO ledger VALUES
        ('ONE', 'ONE', '15142', 'CT', 'CT-07', 'household_health', 'new', '2025-10-25', '2025-11-24', '2026-11-23', 7),
        ('TWO', 'TWO', '15142', 'CT', 'CT-07', 'voluntary_social', 'renewal', '2025-10-25', '2025-11-01',
         '2025-10-31', NULL);
    INSERT INTO tallies VALUES
        ('15142', 'household_health', '2025-10-25', 'new', 'CT', 'CT-07', 1),
        ('15142', 'voluntary_social', '2025-10-25', 'renewal', 'CT', 'CT-07', 0),
        ('15142', 'voluntary_social', '2025-10-26', 'new', 'CT', 'CT-07', -1);
    INSERT INTO targets VALUES
        ('ONE', '15142', NULL, NULL, 'household_health', 'coverage', 0.0001, '2025-10-01', '2025-10-01', 'Q4'),
        ('TWO', NULL, 'CT', 'CT-07', 'voluntary_social', 'renewal', 1, '2025-10-01', '2025-12-31', NULL);
    INSERT INTO target_progress VALUES
        ('ONE', -1, -1, 26697, '2025-10-25', '2025-10-02', 'behind', 'critical', true, 'warning', 1, 1, '2025-10-25'),
        ('TWO', 0, 0, NULL, '2025-10-01', NULL, 'not_started', NULL, false, NULL, 0, 0, NULL);
    INSERT INTO baselines VALUES
        ('15142', 'household_health', '2025-10-24', 26697, 19702), ('15142', 'voluntary_social', '2025-10-24', 1, 0),
        ('38', 'voluntary_social', '2025-10-24', 1, 1);
    INSERT INTO recounts DEFAULT VALUES;
    INSERT INTO heard_summaries VALUES ('day', '2025-10-25', 1, 7, 0, 0, 'missing', now(), 1, now())
"""
_NOTIFICATIONS = """
    INSERT INTO alerts VALUES
        ('ONE', 'ONE', 1, 'open', 'warning', '{}', '["38"]', '{}', 'Cẩm Thạch', NULL, 'household_health', 'new',
         '2025-10-01', '2025-12-31', now(), NULL, NULL, NULL, 1, 1),
        ('TWO', 'ONE', 2, 'resolved', 'critical', '{}', '[]', '{}', NULL, 'Q4', 'household_health', 'coverage',
         '2025-10-01', '2025-12-31', now(), now(), 'A Person', now(), 3, 4);
    INSERT INTO routes (name, min_severity, channel, address, secret, created_at, updated_at) VALUES
        ('ops', 'warning', 'webhook', 'https://ops.example', 'sealed', now(), now()),
        ('chief', 'critical', 'mail', 'chief@example.org', NULL, now(), now());
    INSERT INTO deliveries VALUES
        ('ONE', 'ONE', 1, 'raised', '{}', 'ops', 'webhook', 'https://ops.example', 'pending', 1, now(), now()),
        ('TWO', 'ONE', 1, 'raised', '{}', 'chief', 'mail', 'chief@example.org', 'superseded', 0, now(), NULL);
    INSERT INTO delivery_attempts VALUES ('ONE', 1, now(), 'retry', '503');
    INSERT INTO pace_differences VALUES ('ONE', NULL, NULL, 1, 1, now(), false, 0)
"""
LEGAL_ROWS: dict[ServiceName, str] = {
    "enrolment": f"{_MESSAGING};{_SUMMARIES};{_ENROLMENT}",
    "targets": f"{_MESSAGING};{_SUMMARIES};{_TARGETS}",
    "notifications": f"{_MESSAGING};{_NOTIFICATIONS}",
}

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
Rows: TypeAlias = dict[str, list[dict[str, Any]]]


def rows_of(connection: Connection) -> Rows:
    """All rows by table, under the names that tables and columns have now."""
    found = {}
    for name in connection.execute(text(_TABLES)).scalars().all():
        rows = connection.execute(select(func.to_jsonb(literal_column("r"))).select_from(table(name).alias("r")))
        found[RENAMED.get(name, name)] = [{RENAMED.get(k, k): v for k, v in row.items()} for row in rows.scalars()]
    return found


def in_clear(rows: Rows) -> Rows:
    """The rows with what is sealed in them beside it, as the version before had it."""
    return rows | {"enrolments": [_opened(row) for row in rows["enrolments"]]} if "enrolments" in rows else rows


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    if "sealed" not in row:
        return row
    sealed = bytes.fromhex(row["sealed"].removeprefix("\\x"))
    person, fingerprint = KEYS.open_sign_up(UUID(row["id"]), sealed)
    born_on = person.born_on.isoformat()
    return row | asdict(person) | {"born_on": born_on, "fingerprint": f"\\x{fingerprint.hex()}"}


def only(before: Rows, after: Rows) -> Rows:
    """Of what is there after, the tables and columns that were there before."""
    return {name: [{key: row[key] for key in rows[0]} for row in after[name]] for name, rows in before.items()}


def in_order(rows: Rows) -> dict[str, list[str]]:
    """Rows as text, sorted."""
    return {name: sorted(str(sorted(row.items())) for row in found) for name, found in rows.items()}


async def run(url: URL, statements: str) -> None:
    """Run the statements, one after another, in one transaction."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            for name, key in IDS.items():
                statements = statements.replace(f"'{name}'", f"'{key}'")
            for statement in statements.split(";"):
                await connection.exec_driver_sql(statement)
    finally:
        await engine.dispose()


async def all_rows(url: URL) -> Rows:
    """See `rows_of`."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(rows_of)
    finally:
        await engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
async def test_legal_rows_of_the_version_before_are_kept(service: ServiceName, databases: Databases) -> None:
    url = await databases.create("empty")
    try:
        await upgrade(service, url, BEFORE[service])
        await run(url, LEGAL_ROWS[service])
        before = await all_rows(url)
        assert [name for name, rows in before.items() if not rows] == []
        await upgrade(service, url, load_secret_keys=lambda: SECRET_KEYS)
        assert in_order(only(before, in_clear(await all_rows(url)))) == in_order(before)
    finally:
        await databases.drop(url)


async def test_checks_that_are_there_already_do_not_stop_a_migration_that_broke_off(databases: Databases) -> None:
    url = await databases.create("empty")
    try:
        await upgrade("targets", url, BEFORE["targets"])
        await run(url, "ALTER TABLE tallies ADD CONSTRAINT tallies_kind_check CHECK (kind = 'old') NOT VALID")
        await upgrade("targets", url)
        await run(url, "INSERT INTO tallies VALUES ('u', 'household_health', '2025-10-25', 'new', 'o', 'c', 1)")
    finally:
        await databases.drop(url)


async def test_the_last_verdict_of_the_version_before_is_the_first_that_is_remembered(databases: Databases) -> None:
    url = await databases.create("empty")
    try:
        await upgrade("targets", url, BEFORE["targets"])
        await run(url, LEGAL_ROWS["targets"])
        await upgrade("targets", url)
        days = {"on": "2025-10-25", "until": "2025-10-25"}
        verdict = {"status": "behind", "severity": "critical", "lagging": True}
        assert (await all_rows(url))["target_verdicts"] == [{"target_id": IDS["ONE"], **days, **verdict}]
    finally:
        await databases.drop(url)


async def test_one_more_channel_needs_no_migration(databases: Databases) -> None:
    url = await databases.create("notifications")
    try:
        await run(
            url,
            "INSERT INTO routes (name, min_severity, channel, address, secret, created_at, updated_at)"
            " VALUES ('team', 'warning', 'chat', 'https://chat.example', 'sealed', now(), now())",
        )
    finally:
        await databases.drop(url)


_OLD_KEEP = text(
    "INSERT INTO parked_events (id, type, body, raw, error, attempts, begun, parked_at, retry_at)"
    " VALUES (:id, 't', 'b', :raw, :error, 1, 0, :now, :now)"
    " ON CONFLICT (id) DO UPDATE SET error = excluded.error, retry_at = excluded.retry_at, dropped_at = NULL,"
    " drop_reason = NULL WHERE parked_events.dropped_at IS NOT NULL"
)
_OLD_NEXT = text(
    "SELECT id, type, body, raw, attempts, begun FROM parked_events WHERE retry_at <= :now"
    " ORDER BY retry_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_OLD_BEGIN = text("UPDATE parked_events SET begun = begun + 1, retry_at = :now WHERE id = :id")
_OLD_DROP = text(
    "UPDATE parked_events SET retry_at = NULL, dropped_at = :now, drop_reason = 'of a test'"
    " WHERE id = :id AND dropped_at IS NULL RETURNING id"
)
_OLD_LIST = text(
    "SELECT id, type, body, raw, error, attempts, parked_at, retry_at, dropped_at, drop_reason FROM parked_events"
    " WHERE parked_at < :before ORDER BY parked_at, id"
)
_OLD_DELETE = text("DELETE FROM parked_events WHERE id = :id")
NOW = datetime(2025, 10, 25, 5, tzinfo=UTC)
KEY = UUID(IDS["ONE"])


async def old_list(database: Database) -> Sequence[Any]:
    """What the version before lists."""
    async with database.read() as session:
        return (await session.execute(_OLD_LIST, {"before": NOW + timedelta(hours=1)})).all()


async def old_life_of_a_dead_letter(database: Database) -> None:
    """Keep, try, drop, keep again and remove, as a process of the version before does."""
    for error in ("the first", "not stored, as it is kept already"):
        async with database.write() as work:
            await work.execute(_OLD_KEEP, {"id": KEY, "raw": b"\0", "error": error, "now": NOW})
    async with database.write() as work:
        due = (await work.execute(_OLD_NEXT, {"now": NOW})).one()
        assert (due.id, due.raw, due.begun) == (KEY, b"\0", 0)
        await work.execute(_OLD_BEGIN, {"id": KEY, "now": NOW})
        assert (await work.execute(_OLD_DROP, {"id": KEY, "now": NOW})).scalar_one() == KEY
    async with database.write() as work:
        await work.execute(_OLD_KEEP, {"id": KEY, "raw": b"\0", "error": "again", "now": NOW})
    [dead_letter] = await old_list(database)
    assert (dead_letter.error, dead_letter.parked_at, dead_letter.dropped_at, dead_letter.drop_reason) == (
        "again",
        NOW,
        None,
        None,
    )
    async with database.write() as work:
        await work.execute(_OLD_DELETE, {"id": KEY})
    assert await old_list(database) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_the_version_before_goes_on_with_its_dead_letters(service: ServiceName, databases: Databases) -> None:
    url = await databases.create("empty")
    await upgrade(service, url, BEFORE[service])
    database = Database(url, pool_size=1)
    try:
        await old_life_of_a_dead_letter(database)
        await upgrade(service, url)
        # On the same connection, with the statements that it has prepared.
        await old_life_of_a_dead_letter(database)
    finally:
        await database.close()
        await databases.drop(url)


async def test_old_and_new_processes_share_the_dead_letters(databases: Databases) -> None:
    url = await databases.create("chassis")
    database = Database(url)
    try:
        async with database.write() as work:
            await work.execute(_OLD_KEEP, {"id": KEY, "raw": None, "error": "an error", "now": NOW})
        async with database.read() as session:
            [dead_letter] = await admin.find(session, Choice(), everything=True)
        assert (dead_letter.id, dead_letter.raw, dead_letter.kept_at) == (KEY, b"b", NOW)
        async with database.write() as old, database.write() as new:
            assert (await old.execute(_OLD_NEXT, {"now": NOW})).one().id == KEY
            assert await dead_letters.begin_next(new, NOW) is None
        async with database.write() as new, database.write() as old:
            assert await dead_letters.begin_next(new, NOW)
            assert (await old.execute(_OLD_NEXT, {"now": NOW})).all() == []
    finally:
        await database.close()
        await databases.drop(url)


async def test_who_had_rights_on_the_table_has_them_on_the_view(databases: Databases) -> None:
    url = await databases.create("empty")
    role = f"worker_of_{url.database}"
    try:
        await upgrade("targets", url, BEFORE["targets"])
        await run(url, f'CREATE ROLE "{role}"; GRANT SELECT, INSERT ON parked_events TO "{role}"')
        await upgrade("targets", url)
        await run(url, f'SET ROLE "{role}"; SELECT FROM parked_events')
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            held = [func.has_table_privilege(role, "parked_events", r) for r in ("SELECT", "INSERT", "DELETE")]
            assert tuple((await connection.execute(select(*held))).one()) == (True, True, False)
        await engine.dispose()
        await run(url, f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')
    finally:
        await databases.drop(url)
