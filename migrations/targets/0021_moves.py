"""Moves add and take off what is rolled up already; deltas name the collector, for targets with one."""
# ruff: noqa: N999, S608 - a revision is named by its number; the statements are made of our own words

from alembic import op

revision = "targets_0021"
down_revision = "targets_0020"
branch_labels = None
depends_on = None

_SUMS = (
    *("n_new", "n_renewal", "cancelled_new", "cancelled_renewal"),
    *("amount_new", "amount_renewal", "with_amount"),
)
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
_KEY = "unit_code, organisation_code, collector_code, scheme, day"


def upgrade() -> None:
    """The version before goes on beside it: it reads and deletes deltas by the names of their columns, and its moves
    run these functions. What it noted without a collector counts for scopes without one."""
    op.execute("ALTER TABLE tally_deltas ADD COLUMN collector_code text NOT NULL DEFAULT ''")
    _let_deltas_name_the_collector()
    for tree, code in _TREES.items():
        for change, sign in (("insert", "+"), ("delete", "-")):
            move = f"EXECUTE $move${_move(tree, code, change, sign)}$move$;"
            _replace_function(f"move_{tree}_rollups_on_{change}", move)


def _let_deltas_name_the_collector() -> None:
    tally = f"{_KEY}, {_BY_KIND}"
    was = f"SELECT {_KEY}, {_NEGATED} FROM (SELECT {tally} FROM removed) AS was"
    is_now = f"SELECT {tally} FROM added"
    for change, changes in (("insert", is_now), ("update", f"{is_now} UNION ALL {was}"), ("delete", was)):
        body = f"""
            INSERT INTO tally_deltas ({_KEY}, {_COLUMNS})
            SELECT {_KEY}, {_TOTALS} FROM ({changes}) AS changes GROUP BY {_KEY} HAVING {_SOME};
        """
        _replace_function(f"note_{change}_of_tallies", body)


def _move(tree: str, code: str, change: str, sign: str) -> str:
    """What the `changed` pairs add to their ancestors, or take from them: the rollups of the topmost nodes that moved,
    which are those of all below them.

    `was` has who was above the moved nodes before the statement, as the rollups have it still. A node that was in no
    rollup, since it was not known, and nodes that do not make up all that is below their topmost one, as in a cycle or
    where somebody changed single pairs, bring what is folded of their own tallies.

    It is planned each time, by EXECUTE: a plan for three pairs takes minutes for ten thousand.
    """
    changed = f"SELECT 1 FROM changed c WHERE (c.{code}, c.ancestor_code) = (a.{code}, a.ancestor_code)"
    if change == "insert":
        was = f"SELECT a.{code} AS node, a.ancestor_code AS above FROM {tree}_ancestors a"
        below = f"{tree}_ancestors a WHERE a.ancestor_code = t.node AND NOT EXISTS ({changed})"
        was += f" WHERE a.{code} IN (SELECT {code} FROM changed) AND NOT EXISTS ({changed})"
        also_below = "0"
    else:
        was = f"""
            SELECT a.{code} AS node, a.ancestor_code AS above FROM {tree}_ancestors a
            WHERE a.{code} IN (SELECT {code} FROM changed) UNION ALL SELECT {code}, ancestor_code FROM changed
        """
        below = f"{tree}_ancestors a WHERE a.ancestor_code = t.node"
        also_below = "(SELECT count(*) FROM changed c WHERE c.ancestor_code = t.node)"
    signed = ", ".join(f"{sign}sum({name}) AS {name}" for name in _SUMS)
    added = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in _SUMS)
    return f"""
        WITH was AS MATERIALIZED ({was}
        ), moved AS MATERIALIZED (
            SELECT c.{code} AS node, c.ancestor_code AS ancestor, s.node IS NOT NULL AS is_known
            FROM changed c LEFT JOIN was s ON s.node = c.{code} AND s.above = c.{code}
        ), inner_of AS MATERIALIZED (
            SELECT m.ancestor, w.above AS top, w.node
            FROM moved m JOIN was w ON w.node = m.node JOIN moved t ON t.node = w.above AND t.ancestor = m.ancestor
            WHERE m.is_known AND t.is_known
        ), topmost AS MATERIALIZED (
            SELECT m.node, m.ancestor FROM moved m WHERE m.is_known AND NOT EXISTS (
                SELECT 1 FROM inner_of i WHERE i.ancestor = m.ancestor AND i.node = m.node AND i.top <> m.node
            )
        ), inside AS (
            SELECT t.ancestor, t.node, count(*) AS n
            FROM topmost t JOIN inner_of i ON i.ancestor = t.ancestor AND i.top = t.node GROUP BY 1, 2
        ), whole AS MATERIALIZED (
            SELECT t.ancestor FROM inside t GROUP BY t.ancestor
            HAVING sum(t.n) = (SELECT count(*) FROM moved m WHERE m.ancestor = t.ancestor AND m.is_known)
            AND bool_and(t.n = (SELECT count(*) FROM {below}) + {also_below})
        ), single AS MATERIALIZED (
            SELECT m.node, m.ancestor FROM moved m
            WHERE NOT m.is_known OR NOT EXISTS (SELECT 1 FROM whole w WHERE w.ancestor = m.ancestor)
        ), own AS MATERIALIZED (
            SELECT {code}, scheme, day, {_TOTALS} FROM (
                SELECT n.node AS {code}, t.* FROM (SELECT DISTINCT node FROM single) AS n, LATERAL (
                    SELECT scheme, day, {_TOTALS} FROM (
                        SELECT scheme, day, {_BY_KIND} FROM tallies WHERE {code} = n.node
                    ) AS of_kind GROUP BY scheme, day
                ) AS t
                UNION ALL
                SELECT {code}, scheme, day, {_NEGATED} FROM tally_deltas WHERE {code} IN (SELECT node FROM single)
            ) AS folded GROUP BY {code}, scheme, day HAVING {_SOME}
        ), together AS (
            SELECT t.ancestor, r.scheme, r.span, r.begins_on, {_COLUMNS}
            FROM whole JOIN topmost t USING (ancestor),
                LATERAL (SELECT * FROM {tree}_rollups WHERE {code} = t.node OFFSET 0) AS r
            UNION ALL
            SELECT s.ancestor, o.scheme, p.span, CAST(date_trunc(p.span, o.day) AS date), {_COLUMNS}
            FROM single s JOIN own o ON o.{code} = s.node, (VALUES ('day'), ('month')) AS p (span)
        )
        INSERT INTO {tree}_rollups AS r ({code}, scheme, span, begins_on, {_COLUMNS})
        SELECT ancestor, scheme, span, begins_on, {signed} FROM together GROUP BY 1, 2, 3, 4 HAVING {_SOME}
        ON CONFLICT ({code}, scheme, span, begins_on) DO UPDATE SET {added}
    """


def _replace_function(name: str, body: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            {body}
            RETURN NULL;
        END $$
    """)
