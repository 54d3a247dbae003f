"""Alembic's environment, shared by the histories of all services: `drive migrate` tells it which one."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection


def run_migrations(connection: Connection) -> None:
    """Bring the database behind the connection to the revision, in one transaction but for what commits by itself."""
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()


run_migrations(context.config.attributes["connection"])
