"""Alembic's environment, shared by the histories of all services: `drive migrate` tells it which one."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection


def run_migrations(connection: Connection) -> None:
    """Bring the database behind the connection to the revision, each migration in a transaction but for what commits by
    itself: where one has to be tried again, those before it are done, and hold no locks."""
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


run_migrations(context.config.attributes["connection"])
