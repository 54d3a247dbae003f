"""Sign-ups of the version that kept people in clear are migrated, and nothing of a person stays readable on disk."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.engine import URL

from drive.hosting.configuration import SETTINGS
from drive.hosting.services import schema_of
from enrolment_api.enrolments.sign_up_body import AnySignUp, SignUpBody, fingerprint_of, sign_up_of
from enrolment_api.main import create_app
from enrolment_api.people.keys import PeopleKeys
from migrations.errors import NotRun
from migrations.upgrade import upgrade
from services.clock import SystemClock
from services.errors import NotMigrated
from services.ids import new_id
from services.observability import Metrics
from services.persistence.database import Database
from services.security.keys import text_of_keys
from services.security.tokens import Tokens
from tests.conftest import ClientFor, TokenFor
from tests.enrolment_api.conftest import LAUNCH_DAY, WRITE, a_participant, a_sign_up, a_voluntary_sign_up, post
from tests.support.postgres import PrivatePostgres
from tests.support.runtime import TestRuntime

BEFORE: Final = "enrolment_0007"
"""A version that kept people in clear, a few before the one that seals them."""
SECRET_KEYS: Final = [b"k" * 32, b"l" * 32]
PEOPLE: Final = 1000
BORN_ON: Final = date(1931, 7, 19)
SIGN_UP: TypeAdapter[AnySignUp] = TypeAdapter(SignUpBody)
_REGISTRY: Final = """
    INSERT INTO units VALUES ('38', 'Thanh Hóa', 'province', NULL, 1), ('15142', 'Cẩm Thạch', 'commune', '38', 2);
    INSERT INTO organisations VALUES ('CT', 'Cẩm Thủy', NULL, 1), ('NL', 'Ngọc Lặc', NULL, 1);
    INSERT INTO collectors VALUES ('CT-07', 'A', 'CT', 1), ('NL-01', 'B', 'NL', 1);
"""


def body_of(number: int) -> dict[str, Any]:
    """Two sign-ups of each person; odd ones are of health insurance, even ones of the voluntary scheme."""
    nth = (number + 1) // 2
    person = a_participant(nth, born_on=BORN_ON.isoformat(), phone=f"09{nth:08}", full_name=f"Trịnh Thị {_name(nth)}")
    make = a_sign_up if number % 2 else a_voluntary_sign_up
    return make(nth, external_ref=f"CT-{number}", participant=person)


def _name(nth: int) -> str:
    return "Ngọc" + "".join("ăâđêôơưyin"[int(digit)] for digit in str(nth))


def row_of_before(number: int) -> dict[str, Any]:
    """A row as that version wrote it. Every 50th was cancelled since."""
    body = SIGN_UP.validate_python(body_of(number))
    sign_up = sign_up_of(body, "CT")
    is_cancelled = number % 50 == 0
    cover = (date(2025, 11, 24), date(2026, 11, 23)) if number % 2 else (date(2025, 10, 1), date(2025, 10, 31))
    named = {name: getattr(sign_up, name) for name in SIGN_UP_COLUMNS}
    person = {name: getattr(sign_up.participant, name) for name in PERSONAL}
    return {
        "id": new_id(),
        **named,
        **person,
        "idempotency_key": f"key-{number}",
        "fingerprint": fingerprint_of(body),
        "kind": "new",
        "status": "cancelled" if is_cancelled else "recorded",
        "covered_from": cover[0],
        "covered_to": cover[1],
        "due": sign_up.amount_paid,
        "state_support": 0,
        "payable": sign_up.amount_paid,
        "recorded_at": datetime(2025, 10, 25, 5, tzinfo=UTC),
        "checksum": number,
        "joins_household": bool(number % 2) and not is_cancelled,
        "version": 2 if is_cancelled else 1,
        "facts_version": 2 if is_cancelled else 1,
    }


PERSONAL: Final = ("full_name", "born_on", "sex", "personal_id", "social_insurance_code", "phone")
SIGN_UP_COLUMNS: Final = (
    *("organisation_code", "external_ref", "scheme", "unit_code", "collector_code", "signed_on", "months"),
    *("amount_paid", "receipt_no", "household_code", "member_no", "monthly_income", "support_group", "channel"),
    "campaign_code",
)


def dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@asynccontextmanager
async def connected(url: URL) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn(url))
    try:
        yield connection
    finally:
        await connection.close()


async def fill(url: URL, sign_ups: int) -> list[dict[str, Any]]:
    """The database of the version before with so many sign-ups, as it is in daily use: with statistics."""
    await upgrade("enrolment", url, BEFORE)
    rows = [row_of_before(number) for number in range(1, sign_ups + 1)]
    async with connected(url) as connection:
        await connection.execute(_REGISTRY)
        records = [tuple(row.values()) for row in rows]
        await connection.copy_records_to_table("enrolments", records=records, columns=list(rows[0]))
        await connection.execute("""
            INSERT INTO enrolment_changes
            SELECT id, 2, status, recorded_at, 'CT', 'CT', 'twice', '{}' FROM enrolments WHERE version = 2
        """)
        await connection.execute("ANALYZE")
    return rows


async def facts(url: URL) -> dict[str, Any]:
    """What must be the same afterwards: changes, totals by day, and sign-ups but for what is sealed."""
    async with connected(url) as connection:
        changes = await connection.fetch("SELECT * FROM enrolment_changes ORDER BY enrolment_id")
        days = await connection.fetch("""
            SELECT day, sum(n) AS n, sum(checksum) AS checksum
            FROM (SELECT * FROM fact_days UNION ALL SELECT * FROM fact_day_deltas) AS all_of_them GROUP BY day
        """)
        rows = await connection.fetch("""
            SELECT to_jsonb(e) - '{fingerprint,full_name,born_on,sex,personal_id,social_insurance_code,phone,
                participant_id,sealed,ended_unit_code,local_support,supported_months,payment}'::text[] AS row
            FROM enrolments e ORDER BY id
        """)
    return {"changes": changes, "days": days, "rows": [row["row"] for row in rows]}


@asynccontextmanager
async def runtime_on(url: URL, data_dir: Path) -> AsyncIterator[TestRuntime]:
    database = Database(url, schema_of("enrolment"))
    settings = SETTINGS["enrolment"](data_dir=data_dir, today=LAUNCH_DAY, secret_keys=text_of_keys(SECRET_KEYS))
    try:
        yield TestRuntime(settings, SystemClock(LAUNCH_DAY), database, Tokens(SECRET_KEYS), Metrics())
    finally:
        await database.close()


def needles(number: int) -> list[bytes]:
    """What a copy of the disk must not show of the person of that sign-up, as text and as PostgreSQL stores it."""
    person = SIGN_UP.validate_python(body_of(number)).participant
    return [
        person.full_name.encode(),
        person.personal_id.encode(),
        struct.pack("<q", int(person.personal_id)),
        str(person.social_insurance_code).encode(),
        str(person.phone).encode(),
        struct.pack("<i", (BORN_ON - date(2000, 1, 1)).days),
        BORN_ON.isoformat().encode(),
    ]


async def test_sign_ups_are_migrated_with_everything_right_and_nothing_in_clear_on_disk(
    private_postgres: PrivatePostgres, tmp_path: Path, token_for: TokenFor, client_for: ClientFor
) -> None:
    url = private_postgres.url.set(database="drive_enrolment")
    rows = await fill(url, 2 * PEOPLE)
    before = await facts(url)
    await _checkpoint(url)
    assert set(private_postgres.files_with(*needles(1), but_for="pg_wal")) >= {needles(1)[0], needles(1)[1]}
    await upgrade("enrolment", url, load_secret_keys=lambda: SECRET_KEYS)
    assert await facts(url) == before
    await _each_is_opened_as_it_was(url, rows)
    async with runtime_on(url, tmp_path) as runtime:
        app = create_app(runtime)
        ct = await client_for(app, token_for(runtime, org="CT", scope=WRITE))
        nl = await client_for(app, token_for(runtime, org="NL", scope=WRITE))
        again = await post(ct, body_of(1), "key-1")
        assert (again.json()["id"], again.headers["idempotent-replayed"]) == (str(rows[0]["id"]), "true")
        assert (await post(ct, body_of(1) | {"months": 6, "amount_paid": 631800}, "key-1")).status_code == 422
        taken = await post(ct, body_of(4001) | {"external_ref": "CT-3"}, "key-4001")
        assert taken.json()["type"].endswith("/external-ref-taken")
        of_nl = {"collector_code": "NL-01", "household": {"code": "NL-1", "member_no": 1}}
        covered = await post(nl, body_of(3) | of_nl | {"external_ref": "NL-3"}, "key-nl-3")
        assert covered.json()["type"].endswith("/already-covered")
        anew = await post(nl, body_of(50) | {"collector_code": "NL-01", "external_ref": "NL-50"}, "key-nl-50")
        assert (anew.status_code, anew.json()["kind"]) == (201, "new")
        history = (await ct.get(f"/v1/enrolments/{rows[49]['id']}/history")).json()["items"]
        assert [(each["status"], each["reason"]) for each in history] == [("recorded", None), ("cancelled", "twice")]
    await asyncio.to_thread(private_postgres.stop)
    for number in (1, 2, 999, 1999):
        assert private_postgres.files_with(*needles(number), but_for="pg_wal") == {}


async def _checkpoint(url: URL) -> None:
    async with connected(url) as connection:
        await connection.execute("CHECKPOINT")


async def _each_is_opened_as_it_was(url: URL, rows: list[dict[str, Any]]) -> None:
    """By either key, since both index everybody; each person once."""
    keys, by_id = PeopleKeys(SECRET_KEYS), {row["id"]: row for row in rows}
    async with connected(url) as connection:
        sign_ups = await connection.fetch("SELECT id, participant_id, sealed FROM enrolments")
        people = {row["id"]: row["sealed"] for row in await connection.fetch("SELECT * FROM participants")}
        owners = {
            row["blind_index"]: row["participant_id"]
            for row in await connection.fetch("SELECT * FROM participant_indexes")
        }
    assert (len(sign_ups), len(people), len(owners)) == (2 * PEOPLE, PEOPLE, 2 * PEOPLE)
    for sign_up in sign_ups:
        person, fingerprint = keys.open_sign_up(UUID(str(sign_up["id"])), sign_up["sealed"])
        row, participant_id = by_id[sign_up["id"]], sign_up["participant_id"]
        assert {name: getattr(person, name) for name in PERSONAL} == {name: row[name] for name in PERSONAL}
        assert fingerprint == row["fingerprint"]
        assert keys.open_participant(UUID(str(participant_id)), people[participant_id]) == person
        assert {owners[index] for index in keys.indexes_of(person.personal_id)} == {participant_id}


async def test_processes_of_the_version_before_are_told_so_and_write_nothing(private_postgres: PrivatePostgres) -> None:
    url = private_postgres.url.set(database="drive_enrolment")
    await fill(url, 2)
    row = row_of_before(3)
    database = Database(url, pool_size=1)
    columns = ", ".join(row)
    insert = f"INSERT INTO enrolments ({columns}) SELECT {columns} FROM enrolments WHERE false"  # noqa: S608 - our own words
    try:
        async with database.write() as work:
            await work.execute(text(insert))
        await upgrade("enrolment", url, load_secret_keys=lambda: SECRET_KEYS)
        with pytest.raises(NotMigrated, match="drive migrate"):
            async with database.write() as work:
                await work.execute(text(insert))
    finally:
        await database.close()


async def migrate(url: URL, data_dir: Path, **environment: str) -> tuple[int, str]:
    """The exit code of `drive migrate enrolment`, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drive", "migrate", "enrolment"),
        env={**os.environ, "DATABASE_URL": dsn(url), "DRIVE_DATA_DIR": str(data_dir), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_the_command_seals_with_the_keys_of_the_services_and_makes_none(
    private_postgres: PrivatePostgres, tmp_path: Path
) -> None:
    url = private_postgres.url.set(database="drive_enrolment")
    await fill(url, 2)
    before = await facts(url)
    code, said = await migrate(url, tmp_path)
    assert (code, f"no keys in {tmp_path}/secret.keys to seal personal data with" in said) == (2, True), said
    assert await facts(url) == before
    (tmp_path / "secret.keys").write_text("nonsense")
    code, said = await migrate(url, tmp_path)
    assert (code, "secret.keys holds no keys" in said) == (2, True), said
    assert (await migrate(url, tmp_path, DRIVE_SECRET_KEYS=text_of_keys(SECRET_KEYS)))[0] == 0
    async with connected(url) as connection:
        row, _ = await connection.fetch("SELECT id, sealed FROM enrolments")
    assert PeopleKeys(SECRET_KEYS).open_sign_up(UUID(str(row["id"])), row["sealed"])


async def test_without_keys_rows_in_clear_are_not_migrated_and_stay(private_postgres: PrivatePostgres) -> None:
    url = private_postgres.url.set(database="drive_enrolment")
    await fill(url, 2)
    before = await facts(url)
    with pytest.raises(NotRun, match="no keys are given"):
        await upgrade("enrolment", url)
    assert await facts(url) == before


async def test_nothing_that_is_recorded_is_in_clear_on_disk_not_even_in_the_log_of_the_database(
    private_postgres: PrivatePostgres, tmp_path: Path, token_for: TokenFor, client_for: ClientFor
) -> None:
    url = private_postgres.url.set(database="drive_enrolment")
    await upgrade("enrolment", url)
    async with connected(url) as connection:
        await connection.execute(_REGISTRY)
    async with runtime_on(url, tmp_path) as runtime:
        ct = await client_for(create_app(runtime), token_for(runtime, org="CT", scope=WRITE))
        made = [await post(ct, body_of(number), f"key-{number}") for number in (1, 2, 3)]
        assert {answer.status_code for answer in made} == {201}
        body = {"version": 1, "reason": "As on the card", "changes": {"participant": {"phone": "0911111111"}}}
        answer = await ct.post(f"/v1/enrolments/{made[2].json()['id']}/correction", json=body)
        assert answer.status_code == 200
    async with connected(url) as connection:
        await connection.execute("ANALYZE")
    await asyncio.to_thread(private_postgres.stop)
    assert private_postgres.files_with(*needles(1), *needles(3), b"0911111111") == {}
    assert private_postgres.files_with(b"15142-HH-0001")
