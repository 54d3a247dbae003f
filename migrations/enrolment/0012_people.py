"""Each person is one participant; personal data is sealed.

The table of sign-ups is written anew: updated in place, its file would keep the rows as they were. That is one
transaction, which holds the table: processes of the version before cannot record until they are replaced.
"""
# ruff: noqa: N999 - a revision is named by its number

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from alembic import op
from sqlalchemy import Row, text

from migrations.keys import secret_keys
from services.ids import FIRST_ID, new_id
from services.security.blind_index import BlindIndexes
from services.security.sealing import SecretBox

revision = "enrolment_0012"
down_revision = "enrolment_0011"
branch_labels = None
depends_on = None

_PAGE_ROWS: Final = 1000
_PERSONAL: Final = "full_name, born_on, sex, personal_id, social_insurance_code, phone"
_PAGE: Final = text(f"""
    SELECT id, fingerprint, {_PERSONAL} FROM enrolments_in_clear WHERE id > :after ORDER BY id LIMIT {_PAGE_ROWS}
""")  # noqa: S608 - our own words
_KNOWN: Final = text("SELECT blind_index, participant_id FROM participant_indexes WHERE blind_index = ANY(:indexes)")
_PARTICIPANTS: Final = text("""
    INSERT INTO participants (id, sealed) SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:sealed AS bytea[]))
""")
_INDEXES: Final = text("""
    INSERT INTO participant_indexes (blind_index, key_id, participant_id)
    SELECT * FROM unnest(CAST(:indexes AS bytea[]), CAST(:key_ids AS bytea[]), CAST(:ids AS uuid[]))
""")
_COPY: Final = """
    INSERT INTO enrolments ({kept}, participant_id, sealed)
    SELECT {kept}, participant_id, sealed
    FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS uuid[]), CAST(:sealed AS bytea[]))
        AS s (id, participant_id, sealed)
    JOIN enrolments_in_clear USING (id)
    ORDER BY id
"""
_COLUMNS_KEPT: Final = text("""
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'enrolments'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('participant_id', 'sealed')
""")
_INDEXES_OF_SIGN_UPS: Final = text("""
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid = 'enrolments'::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
""")


def upgrade() -> None:
    """Seal every row, page by page, then let the old table go."""
    _make_participants()
    op.execute("LOCK TABLE enrolments IN ACCESS EXCLUSIVE MODE")
    indexes = {row.name: row.definition for row in op.get_bind().execute(_INDEXES_OF_SIGN_UPS)}
    _set_the_table_aside(indexes)
    _make_the_new_table()
    _copy_all()
    _finish_the_new_table(indexes.values())
    op.execute("DROP TABLE enrolments_in_clear")


def _make_participants() -> None:
    op.execute("""
        CREATE TABLE participants (
            id uuid CONSTRAINT participants_pkey PRIMARY KEY,
            sealed bytea NOT NULL,
            version integer NOT NULL DEFAULT 1
        )
    """)
    op.execute("""
        CREATE TABLE participant_indexes (
            blind_index bytea CONSTRAINT participant_indexes_pkey PRIMARY KEY,
            key_id bytea NOT NULL,
            participant_id uuid NOT NULL
        )
    """)


def _set_the_table_aside(indexes: Iterable[str]) -> None:
    """Its indexes and constraints give up their names to those of the new one."""
    op.execute("ALTER TABLE enrolment_changes DROP CONSTRAINT enrolment_changes_enrolment_id_fkey")
    op.execute("ALTER TABLE enrolments RENAME TO enrolments_in_clear")
    op.execute("ALTER INDEX enrolments_pkey RENAME TO enrolments_in_clear_pkey")
    op.execute("ALTER TABLE enrolments_in_clear DROP CONSTRAINT ex_enrolments_double_cover")
    op.execute(f"DROP INDEX {', '.join(indexes)}")


def _make_the_new_table() -> None:
    op.execute("CREATE TABLE enrolments (LIKE enrolments_in_clear INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    dropped = ", ".join(f"DROP COLUMN {name}" for name in ("fingerprint", *_PERSONAL.split(", ")))
    op.execute(
        f"ALTER TABLE enrolments ADD COLUMN participant_id uuid NOT NULL, ADD COLUMN sealed bytea NOT NULL, {dropped}"
    )
    _grant_as_before()


def _grant_as_before() -> None:
    """Whoever had rights on the table has them on the new one, and on those that belong to it."""
    op.execute("""
        DO $$
        DECLARE held record;
        BEGIN
            FOR held IN
                SELECT acl.privilege_type AS privilege, acl.grantee FROM pg_class c, aclexplode(c.relacl) acl
                WHERE c.oid = 'enrolments_in_clear'::regclass AND acl.grantee <> c.relowner
                  AND acl.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
            LOOP
                EXECUTE format('GRANT %s ON enrolments, participants, participant_indexes TO %s', held.privilege,
                    CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(held.grantee)) END);
            END LOOP;
        END $$
    """)


def _copy_all() -> None:
    """An empty table needs no keys."""
    after, sealer = FIRST_ID, None
    while page := op.get_bind().execute(_PAGE, {"after": after}).all():
        sealer = sealer or _Sealer(secret_keys())
        sealer.copy(page)
        after = page[-1].id


def _finish_the_new_table(indexes: Iterable[str]) -> None:
    op.execute("ALTER TABLE enrolments ADD CONSTRAINT enrolments_pkey PRIMARY KEY (id)")
    for definition in indexes:
        op.execute(definition)
    op.execute("""
        ALTER TABLE enrolments ADD CONSTRAINT ex_enrolments_double_cover EXCLUDE USING gist (
            participant_id WITH =, scheme WITH =, daterange(covered_from, covered_to, '[]') WITH &&
        ) WHERE (status <> 'cancelled')
    """)
    op.execute("""
        ALTER TABLE enrolment_changes ADD CONSTRAINT enrolment_changes_enrolment_id_fkey
        FOREIGN KEY (enrolment_id) REFERENCES enrolments (id)
    """)
    for change, rows in (
        ("INSERT", "NEW TABLE AS added"),
        ("UPDATE", "OLD TABLE AS removed NEW TABLE AS added"),
        ("DELETE", "OLD TABLE AS removed"),
    ):
        _count_days_by_trigger(change, f"REFERENCING {rows}")
    _count_days_by_trigger("TRUNCATE", "")
    op.execute("ANALYZE enrolments, participants, participant_indexes")


def _count_days_by_trigger(change: str, referencing: str) -> None:
    name = f"note_{change.lower()}_of_facts"
    op.execute(
        f"CREATE TRIGGER {name} AFTER {change} ON enrolments {referencing} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


class _Sealer:
    """Copies pages of sign-ups, as `enrolment_api.people.keys` reads them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._box = SecretBox(keys, "drive personal data")
        self._indexes = BlindIndexes(keys, "drive blind indexes")
        self._copy = text(_COPY.format(kept=op.get_bind().execute(_COLUMNS_KEPT).scalar_one()))

    def copy(self, page: Sequence[Row[Any]]) -> None:
        """The rows of the page, and the participants who are new in it."""
        indexes = {row.personal_id: self._indexes.of("personal_id", row.personal_id) for row in page}
        participants = self._known(indexes)
        new = {row.personal_id: row for row in reversed(page) if row.personal_id not in participants}
        participants |= {personal_id: new_id() for personal_id in new}
        self._make([(participants[personal_id], row, indexes[personal_id]) for personal_id, row in new.items()])
        op.get_bind().execute(
            self._copy,
            {
                "ids": [row.id for row in page],
                "people": [participants[row.personal_id] for row in page],
                "sealed": [self._sealed_sign_up(row) for row in page],
            },
        )

    def _known(self, indexes: dict[str, list[bytes]]) -> dict[str, UUID]:
        """Participants of earlier pages, by personal ID."""
        wanted = {under_first: personal_id for personal_id, (under_first, *_) in indexes.items()}
        found = op.get_bind().execute(_KNOWN, {"indexes": list(wanted)})
        return {wanted[row.blind_index]: row.participant_id for row in found}

    def _make(self, people: Sequence[tuple[UUID, Row[Any], Sequence[bytes]]]) -> None:
        ids = [participant_id for participant_id, _, _ in people]
        sealed = [self._sealed_participant(participant_id, row) for participant_id, row, _ in people]
        op.get_bind().execute(_PARTICIPANTS, {"ids": ids, "sealed": sealed})
        entries = [
            (index, key_id, participant_id)
            for participant_id, _, found in people
            for index, key_id in zip(found, self._indexes.key_ids, strict=True)
        ]
        columns = zip(*entries, strict=True) if entries else ((), (), ())
        op.get_bind().execute(_INDEXES, dict(zip(("indexes", "key_ids", "ids"), map(list, columns), strict=True)))

    def _sealed_participant(self, participant_id: UUID, row: Row[Any]) -> bytes:
        return self._box.seal(orjson.dumps(_person(row)), b"participants|sealed|" + participant_id.bytes)

    def _sealed_sign_up(self, row: Row[Any]) -> bytes:
        plain = {"participant": _person(row), "fingerprint": row.fingerprint.hex()}
        return self._box.seal(orjson.dumps(plain), b"enrolments|sealed|" + row.id.bytes)


def _person(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _PERSONAL.split(", ")}
