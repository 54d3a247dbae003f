"""CHECK constraints on tables that are in use.

Each statement is a transaction of its own, and may be run again where the migration broke off. So one table is locked
at a time, and none while its rows are read.
"""

from collections.abc import Mapping, Sequence

from alembic import op


def add_checks(table: str, checks: Mapping[str, str]) -> None:
    """Add the checks, by name. Rows are looked at under a lock that lets others read and write."""
    add = ", ".join(
        f"DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID"
        for name, condition in checks.items()
    )
    validate = ", ".join(f"VALIDATE CONSTRAINT {name}" for name in checks)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {table} {add}")
        op.execute(f"ALTER TABLE {table} {validate}")


def drop_checks(table: str, names: Sequence[str]) -> None:
    """Drop the checks."""
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {table} {', '.join(f'DROP CONSTRAINT IF EXISTS {name}' for name in names)}")
