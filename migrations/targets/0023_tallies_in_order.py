"""Triggers of the ledger lock the tallies that they change in the order of their keys, as counting does."""
# ruff: noqa: N999, S608 - a revision is named by its number; the statements are made of our own words

from alembic import op

revision = "targets_0023"
down_revision = "targets_0022"
branch_labels = None
depends_on = None

_REST = ("kind", "organisation_code", "collector_code")
_KEY = ", ".join(("unit_code", "scheme", "signed_on", *_REST))
_SAME = "t.day = gone.signed_on AND " + " AND ".join(
    f"t.{name} = gone.{name}" for name in ("unit_code", "scheme", *_REST)
)
_ORDER = ", ".join(
    ('t.unit_code COLLATE "C"', 't.scheme COLLATE "C"', "t.day", *(f't.{name} COLLATE "C"' for name in _REST))
)
_REPLACED = "FROM removed o JOIN added a USING (enrolment_id) WHERE {is_paid} AND a.details_version < a.version"


def upgrade() -> None:
    """Bodies of functions alone: nobody waits. The order is that of the bytes, in which processes sort the keys."""
    _replace_function(
        "uncount_deleted_entries",
        f"""
        IF EXISTS (SELECT FROM removed) THEN
            {_lock("SELECT * FROM removed")}
            UPDATE tallies t
            SET n = greatest(t.n - gone.n, 0), cancelled = greatest(t.cancelled - gone.cancelled, 0),
                amount = t.amount - gone.amount, with_amount = t.with_amount - gone.with_amount
            FROM (SELECT {_KEY},
                         count(*) FILTER (WHERE NOT cancelled) AS n, count(*) FILTER (WHERE cancelled) AS cancelled,
                         coalesce(sum(amount_paid) FILTER (WHERE {_is_paid()}), 0) AS amount,
                         count(*) FILTER (WHERE {_is_paid()}) AS with_amount
                  FROM removed GROUP BY {_KEY}) AS gone
            WHERE {_SAME};
            INSERT INTO recounts DEFAULT VALUES;
        END IF;
        """,
    )
    replaced = _REPLACED.format(is_paid=_is_paid("o."))
    _replace_function(
        "take_back_amounts_of_entries",
        f"""
        IF EXISTS (SELECT FROM added WHERE details_version < version) THEN
            {_lock(f"SELECT o.* {replaced}")}
            UPDATE tallies t SET amount = t.amount - gone.amount, with_amount = t.with_amount - gone.n
            FROM (SELECT {_KEY}, sum(amount_paid) AS amount, count(*) AS n
                  FROM (SELECT o.* {replaced}) AS o GROUP BY {_KEY}) AS gone
            WHERE {_SAME};
        END IF;
        """,
    )


def _lock(entries: str) -> str:
    """Their tallies; the update that follows finds them locked, in whatever order it comes to them."""
    return f"""PERFORM FROM tallies t JOIN (SELECT DISTINCT {_KEY} FROM ({entries}) AS e) AS gone ON {_SAME}
            ORDER BY {_ORDER} FOR UPDATE OF t;"""


def _is_paid(entry: str = "") -> str:
    """Whether an entry stands, and what was paid is known."""
    return f"NOT {entry}cancelled AND {entry}details_version = {entry}version"


def _replace_function(name: str, body: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            {body}
            RETURN NULL;
        END $$
    """)
