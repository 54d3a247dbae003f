"""The tables of the targets service."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.messaging import create_messaging_tables

revision = "targets_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    create_messaging_tables()
    _registry()
    _progress()
    _targets()


def _registry() -> None:
    op.execute("""
        CREATE TABLE units (
            code text PRIMARY KEY,
            name text NOT NULL,
            level text NOT NULL,
            parent_code text,
            version bigint NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_units_parent_code ON units (parent_code)")
    op.execute("""
        CREATE TABLE organisations (
            code text PRIMARY KEY,
            name text NOT NULL,
            parent_code text,
            version bigint NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_organisations_parent_code ON organisations (parent_code)")
    for closure, node in (("unit_ancestors", "unit_code"), ("organisation_ancestors", "organisation_code")):
        op.execute(f"""
            CREATE TABLE {closure} (
                {node} text NOT NULL,
                ancestor_code text NOT NULL,
                depth integer NOT NULL,
                PRIMARY KEY ({node}, ancestor_code)
            )
        """)
        op.execute(f"CREATE INDEX ix_{closure}_ancestor_code ON {closure} (ancestor_code, {node})")
    op.execute("""
        CREATE TABLE collectors (
            code text PRIMARY KEY,
            organisation_code text NOT NULL,
            version bigint NOT NULL
        )
    """)


def _progress() -> None:
    op.execute("""
        CREATE TABLE ledger (
            event_id uuid PRIMARY KEY,
            enrolment_id uuid NOT NULL,
            unit_code text NOT NULL,
            organisation_code text NOT NULL,
            collector_code text NOT NULL,
            scheme text NOT NULL,
            kind text NOT NULL,
            signed_on date NOT NULL,
            covered_from date NOT NULL,
            covered_to date NOT NULL
        )
    """)
    # fillfactor leaves room beside each row for its next version: counting touches no index.
    op.execute("""
        CREATE TABLE tallies (
            unit_code text NOT NULL,
            scheme text NOT NULL,
            day date NOT NULL,
            kind text NOT NULL,
            organisation_code text NOT NULL,
            collector_code text NOT NULL,
            n bigint NOT NULL,
            PRIMARY KEY (unit_code, scheme, day, kind, organisation_code, collector_code)
        ) WITH (fillfactor = 75)
    """)
    op.execute("CREATE INDEX ix_tallies_organisation_code ON tallies (organisation_code, scheme, day)")
    op.execute("CREATE INDEX ix_tallies_collector_code ON tallies (collector_code, scheme, day)")
    op.execute("CREATE TABLE changes (slot integer PRIMARY KEY, n bigint NOT NULL) WITH (fillfactor = 10)")
    op.execute("INSERT INTO changes SELECT slot, 0 FROM generate_series(0, 63) slot")


def _targets() -> None:
    op.execute("""
        CREATE TABLE targets (
            id uuid PRIMARY KEY,
            unit_code text,
            organisation_code text,
            collector_code text,
            scheme text NOT NULL,
            measure text NOT NULL,
            value double precision NOT NULL,
            starts_on date NOT NULL,
            ends_on date NOT NULL,
            name text
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_targets_promise ON targets
            (unit_code, organisation_code, collector_code, scheme, measure, starts_on, ends_on, name)
            NULLS NOT DISTINCT
    """)
    op.execute("CREATE INDEX ix_targets_organisation_code ON targets (organisation_code, scheme)")
    op.execute("CREATE INDEX ix_targets_collector_code ON targets (collector_code, scheme)")
    op.execute("""
        CREATE TABLE target_progress (
            target_id uuid PRIMARY KEY REFERENCES targets (id),
            achieved bigint NOT NULL,
            covered_at_start bigint NOT NULL,
            population bigint,
            count_from date NOT NULL,
            start_from date,
            status text NOT NULL,
            severity text,
            lagging boolean NOT NULL,
            told text,
            episode integer NOT NULL,
            revision integer NOT NULL,
            reviewed_on date
        ) WITH (fillfactor = 50)
    """)
    op.execute("""
        CREATE TABLE baselines (
            unit_code text NOT NULL,
            scheme text NOT NULL,
            "on" date NOT NULL,
            population bigint NOT NULL,
            covered bigint NOT NULL,
            PRIMARY KEY (unit_code, scheme, "on")
        )
    """)
