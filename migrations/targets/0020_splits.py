"""Sign-ups are split by organisation, channel and campaign."""
# ruff: noqa: N999, S608 - a revision is named by its number; the statements are made of our own words

from alembic import op

revision = "targets_0020"
down_revision = "targets_0019"
branch_labels = None
depends_on = None

_VACUUMED_BY_COUNT = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,"
    " autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000"
)
_SUMS = ("n_new", "n_renewal", "cancelled_new", "cancelled_renewal", "amount_new", "amount_renewal", "with_amount")
_COLUMNS = ", ".join(_SUMS)
_TOTALS = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
_NEGATED = ", ".join(f"-{name} AS {name}" for name in _SUMS)
_SOME = " OR ".join(f"sum({name}) <> 0" for name in _SUMS)
_KEY = "unit_code, scheme, day, organisation_code, channel, campaign_code"
_COUNTING = 0x74616C6C
"""The lock that counting shares."""
_SCHEMES = "CHECK (scheme IN ('household_health', 'voluntary_social'))"


def upgrade() -> None:
    """The version before goes on counting meanwhile: the triggers follow its ledger from where they commit; then one
    statement takes what was there before them.

    What commits by itself may be run again where the migration broke off. The rollups are made afterwards by the
    worker, a few units at a time.
    """
    with op.get_context().autocommit_block():
        _create_tables()
        _let_deltas_follow_the_ledger()
    op.execute(f"SELECT pg_advisory_xact_lock_shared({_COUNTING})")
    _fill()


def _create_tables() -> None:
    sums = ", ".join(f"{name} bigint NOT NULL" for name in _SUMS)
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS split_tallies (
            unit_code text NOT NULL, scheme text NOT NULL, day date NOT NULL, organisation_code text NOT NULL,
            channel text NOT NULL, campaign_code text NOT NULL, {sums},
            CONSTRAINT split_tallies_pkey PRIMARY KEY ({_KEY}),
            CONSTRAINT split_tallies_scheme_check {_SCHEMES}
        ) WITH (fillfactor = 75)
    """)
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS split_rollups (
            unit_code text NOT NULL, scheme text NOT NULL, split text NOT NULL, span text NOT NULL,
            begins_on date NOT NULL, value text NOT NULL, {sums},
            CONSTRAINT split_rollups_pkey PRIMARY KEY (unit_code, scheme, split, span, begins_on, value),
            CONSTRAINT split_rollups_scheme_check {_SCHEMES},
            CONSTRAINT split_rollups_split_check CHECK (split IN ('organisation', 'channel', 'campaign')),
            CONSTRAINT split_rollups_span_check CHECK (span IN ('day', 'month'))
        ) WITH (fillfactor = 75)
    """)
    op.execute("""
        CREATE TABLE IF NOT EXISTS split_pairs (
            ancestor_code text NOT NULL, unit_code text NOT NULL,
            CONSTRAINT split_pairs_pkey PRIMARY KEY (ancestor_code, unit_code)
        )
    """)
    op.execute("CREATE INDEX IF NOT EXISTS ix_split_pairs_unit_code ON split_pairs (unit_code)")
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS split_deltas (
            unit_code text NOT NULL, scheme text NOT NULL, day date NOT NULL, organisation_code text NOT NULL,
            channel text NOT NULL, campaign_code text NOT NULL, {sums}
        ) WITH ({_VACUUMED_BY_COUNT})
    """)


def _let_deltas_follow_the_ledger() -> None:
    """A row per unit, day, organisation, channel and campaign of each statement, whoever runs it."""
    changes = {
        "insert": (_entries("added", ""), "NEW TABLE AS added"),
        "update": (
            f"{_entries('added', '')} UNION ALL {_entries('removed', '-')}",
            "OLD TABLE AS removed NEW TABLE AS added",
        ),
        "delete": (_entries("removed", "-"), "OLD TABLE AS removed"),
    }
    for change, (entries, referencing) in changes.items():
        name = f"split_{change}_of_entries"
        _replace_function(
            name,
            f"""
            INSERT INTO split_deltas ({_KEY}, {_COLUMNS})
            SELECT {_KEY}, {_TOTALS} FROM ({entries}) AS entries GROUP BY {_KEY} HAVING {_SOME};
            """,
        )
        _replace_trigger(name, change.upper(), f"REFERENCING {referencing}")
    _replace_function(
        "forget_splits_of_entries", "DELETE FROM split_deltas; DELETE FROM split_tallies; DELETE FROM split_rollups;"
    )
    _replace_trigger("forget_splits_of_entries", "TRUNCATE", "")


def _entries(rows: str, sign: str) -> str:
    """Each of the entries as a delta. Details of another version than that of the entry are not known."""
    known = "coalesce(details_version = version, false)"
    sums = [
        f"{sign}CASE WHEN kind = '{kind}' AND {which} THEN {of} ELSE 0 END AS {name}_{kind}"
        for name, which, of in (
            ("n", "NOT cancelled", "1"),
            ("cancelled", "cancelled", "1"),
            ("amount", f"NOT cancelled AND {known}", "amount_paid"),
        )
        for kind in ("new", "renewal")
    ]
    details = [
        f"CASE WHEN {known} THEN coalesce({name}, '') ELSE '' END AS {name}" for name in ("channel", "campaign_code")
    ]
    with_amount = f"{sign}CASE WHEN NOT cancelled AND {known} THEN 1 ELSE 0 END AS with_amount"
    columns = ["unit_code", "scheme", "signed_on AS day", "organisation_code", *details, *sums, with_amount]
    return f"SELECT {', '.join(columns)} FROM {rows}"


def _fill() -> None:
    """With the ledger but for what the triggers have noted: that is folded by the new version."""
    for table in ("split_tallies", "split_rollups", "split_pairs"):
        op.execute(f"DELETE FROM {table}")
    op.execute(f"""
        INSERT INTO split_tallies ({_KEY}, {_COLUMNS})
        SELECT {_KEY}, {_TOTALS} FROM (
            {_entries("ledger", "")} UNION ALL SELECT {_KEY}, {_NEGATED} FROM split_deltas
        ) AS before GROUP BY {_KEY} HAVING {_SOME}
    """)


def _replace_function(name: str, body: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            {body}
            RETURN NULL;
        END $$
    """)


def _replace_trigger(name: str, change: str, referencing: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE TRIGGER {name} AFTER {change} ON ledger {referencing}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}()
    """)
