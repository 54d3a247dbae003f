"""What was paid is kept with each sign-up, and summed beside the counts; channel and campaign are kept."""
# ruff: noqa: N999, S608 - a revision is named by its number; the statements are made of our own words

from alembic import op

revision = "targets_0017"
down_revision = "targets_0016"
branch_labels = None
depends_on = None

_COUNTS = ("n_new", "n_renewal", "cancelled_new", "cancelled_renewal")
_AMOUNTS = ("amount_new", "amount_renewal", "with_amount")
_SUMS = (*_COUNTS, *_AMOUNTS)
_COLUMNS = ", ".join(_SUMS)
_TOTALS = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
_NEGATED = ", ".join(f"-{name} AS {name}" for name in _SUMS)
_SOME = " OR ".join(f"sum({name}) <> 0" for name in _SUMS)
_BY_KIND = (
    ", ".join(
        f"CASE WHEN kind = '{kind}' THEN {of} ELSE 0 END AS {name}_{kind}"
        for name, of in (("n", "n"), ("cancelled", "cancelled"), ("amount", "amount"))
        for kind in ("new", "renewal")
    )
    + ", with_amount"
)
_TREES = {"unit": "unit_code", "organisation": "organisation_code"}
_TALLY = ("unit_code", "scheme", "kind", "organisation_code", "collector_code")


def upgrade() -> None:
    """Each statement commits by itself and may be run again: none locks a table for longer than it takes to add a
    column, whose default needs no row to be written.

    What is there has no amount, and so `with_amount` is 0. Neither has what processes of the version before count
    meanwhile; two triggers keep right what these change of what processes of this version have counted.
    """
    with op.get_context().autocommit_block():
        _add_columns()
        _let_deltas_follow_tallies()
        for tree, code in _TREES.items():
            _let_rollups_follow_the_tree(tree, code)
        _let_tallies_follow_what_leaves_the_ledger()
        _take_back_what_was_paid_for_what_the_version_before_replaces()
        _add_amounts_that_the_version_before_folds()


def _add_columns() -> None:
    details = ("amount_paid bigint", "channel text", "campaign_code text", "details_version integer")
    _add("ledger", *details)
    _add("tallies", *_with_zero("amount", "with_amount"))
    for table in ("tally_deltas", "unit_rollups", "organisation_rollups"):
        _add(table, *_with_zero(*_AMOUNTS))


def _with_zero(*names: str) -> list[str]:
    return [f"{name} bigint NOT NULL DEFAULT 0" for name in names]


def _add(table: str, *columns: str) -> None:
    op.execute(f"ALTER TABLE {table} {', '.join(f'ADD COLUMN IF NOT EXISTS {column}' for column in columns)}")


def _let_deltas_follow_tallies() -> None:
    """As before, with the amounts."""
    tally = f"unit_code, organisation_code, scheme, day, {_BY_KIND}"
    was = f"SELECT unit_code, organisation_code, scheme, day, {_NEGATED} FROM (SELECT {tally} FROM removed) AS was"
    is_now = f"SELECT {tally} FROM added"
    for change, changes in (("insert", is_now), ("update", f"{is_now} UNION ALL {was}"), ("delete", was)):
        _replace_function(
            f"note_{change}_of_tallies",
            f"""
            INSERT INTO tally_deltas (unit_code, organisation_code, scheme, day, {_COLUMNS})
            SELECT unit_code, organisation_code, scheme, day, {_TOTALS} FROM ({changes}) AS changes
            GROUP BY unit_code, organisation_code, scheme, day HAVING {_SOME};
            """,
        )


def _let_rollups_follow_the_tree(tree: str, code: str) -> None:
    """As before, with the amounts."""
    for change, sign in (("insert", "+"), ("delete", "-")):
        signed = ", ".join(f"{sign}sum({each}) AS {each}" for each in _SUMS)
        own = f"""
            SELECT {code}, scheme, day, {_TOTALS} FROM (
                SELECT n.{code}, t.* FROM (SELECT DISTINCT {code} FROM changed) AS n, LATERAL (
                    SELECT scheme, day, {_TOTALS} FROM (
                        SELECT scheme, day, {_BY_KIND} FROM tallies WHERE {code} = n.{code}
                    ) AS of_kind GROUP BY scheme, day
                ) AS t
                UNION ALL
                SELECT {code}, scheme, day, {_NEGATED} FROM tally_deltas WHERE {code} IN (SELECT {code} FROM changed)
            ) AS folded GROUP BY {code}, scheme, day HAVING {_SOME}
        """
        body = f"""
            WITH own AS MATERIALIZED ({own}), by_day AS (
                SELECT c.ancestor_code AS code, own.scheme, own.day, {signed}
                FROM own JOIN changed c USING ({code}) GROUP BY 1, 2, 3
            )
            {_add_to_rollups(tree, code, _SUMS)};
        """
        _replace_function(f"move_{tree}_rollups_on_{change}", body)


def _add_to_rollups(tree: str, code: str, sums: tuple[str, ...]) -> str:
    """Add `by_day` to the days and the months; sums that are not named are 0 in rows that are new."""
    zeros = [name for name in _SUMS if name not in sums]
    values = ", ".join([*sums, *("0" for _ in zeros)])
    totals = ", ".join([*(f"sum({name})" for name in sums), *("0" for _ in zeros)])
    added = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in sums)
    return f"""
        INSERT INTO {tree}_rollups AS r ({code}, scheme, span, begins_on, {", ".join([*sums, *zeros])})
        SELECT code, scheme, 'day', day, {values} FROM by_day
        UNION ALL
        SELECT code, scheme, 'month', CAST(date_trunc('month', day) AS date), {totals} FROM by_day GROUP BY 1, 2, 3, 4
        ON CONFLICT ({code}, scheme, span, begins_on) DO UPDATE SET {added}
    """


def _let_tallies_follow_what_leaves_the_ledger() -> None:
    """As before, with the amounts."""
    _replace_function(
        "uncount_deleted_entries",
        f"""
        IF EXISTS (SELECT FROM removed) THEN
            UPDATE tallies t
            SET n = greatest(t.n - gone.n, 0), cancelled = greatest(t.cancelled - gone.cancelled, 0),
                amount = t.amount - gone.amount, with_amount = t.with_amount - gone.with_amount
            FROM (SELECT {", ".join(_TALLY)}, signed_on,
                         count(*) FILTER (WHERE NOT cancelled) AS n, count(*) FILTER (WHERE cancelled) AS cancelled,
                         coalesce(sum(amount_paid) FILTER (WHERE {_is_paid()}), 0) AS amount,
                         count(*) FILTER (WHERE {_is_paid()}) AS with_amount
                  FROM removed GROUP BY {", ".join(_TALLY)}, signed_on) AS gone
            WHERE t.day = gone.signed_on AND {_same_key("t", "gone")};
            INSERT INTO recounts DEFAULT VALUES;
        END IF;
        """,
    )


def _is_paid(entry: str = "") -> str:
    """Whether an entry stands, and what was paid is known."""
    return f"NOT {entry}cancelled AND {entry}details_version = {entry}version"


def _same_key(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in _TALLY)


def _take_back_what_was_paid_for_what_the_version_before_replaces() -> None:
    """It writes a later version and leaves the details as they were: those of the version before."""
    name = "take_back_amounts_of_entries"
    key = ", ".join(f"o.{each}" for each in _TALLY)
    _replace_function(
        name,
        f"""
        IF EXISTS (SELECT FROM added WHERE details_version < version) THEN
            UPDATE tallies t SET amount = t.amount - gone.amount, with_amount = t.with_amount - gone.n
            FROM (SELECT {key}, o.signed_on, sum(o.amount_paid) AS amount, count(*) AS n
                  FROM removed o JOIN added a USING (enrolment_id)
                  WHERE {_is_paid("o.")} AND a.details_version < a.version
                  GROUP BY {key}, o.signed_on) AS gone
            WHERE t.day = gone.signed_on AND {_same_key("t", "gone")};
        END IF;
        """,
    )
    _replace_trigger(name, "UPDATE", "ledger", "OLD TABLE AS removed NEW TABLE AS added")


def _add_amounts_that_the_version_before_folds() -> None:
    """It deletes deltas and adds their counts alone to the rollups. This version adds the amounts with the counts, in
    one update of each row, and says so by `drive.folds`."""
    name = "fold_amounts_of_deltas"
    totals = ", ".join(f"sum({each}) AS {each}" for each in _AMOUNTS)
    some = " OR ".join(f"sum({each}) <> 0" for each in _AMOUNTS)
    folds = [
        f"""
        WITH by_day AS (
            SELECT a.ancestor_code AS code, g.scheme, g.day, {totals}
            FROM removed g JOIN {tree}_ancestors a USING ({code}) GROUP BY 1, 2, 3 HAVING {some}
        )
        {_add_to_rollups(tree, code, _AMOUNTS)};
        """
        for tree, code in _TREES.items()
    ]
    unless_added = "IF current_setting('drive.folds', true) = 'amounts' THEN RETURN NULL; END IF;"
    _replace_function(name, f"{unless_added} {' '.join(folds)}")
    _replace_trigger(name, "DELETE", "tally_deltas", "OLD TABLE AS removed")


def _replace_function(name: str, body: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            {body}
            RETURN NULL;
        END $$
    """)


def _replace_trigger(name: str, change: str, table: str, referencing: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE TRIGGER {name} AFTER {change} ON {table} REFERENCING {referencing}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}()
    """)
