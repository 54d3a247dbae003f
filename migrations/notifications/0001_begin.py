"""The first tables: alerts, routes, deliveries and their attempts."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.messaging import create_messaging_tables

revision = "notifications_0001"
down_revision = None
branch_labels = None
depends_on = None

_ALERTS = """
    CREATE TABLE alerts (
        id uuid PRIMARY KEY,
        target_id uuid NOT NULL,
        episode integer NOT NULL,
        status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'reported', 'resolved')),
        severity text NOT NULL CHECK (severity IN ('warning', 'critical')),
        subject jsonb NOT NULL,
        path jsonb NOT NULL,
        figures jsonb NOT NULL,
        unit_name text,
        target_name text,
        scheme text NOT NULL,
        measure text NOT NULL,
        starts_on date NOT NULL,
        ends_on date NOT NULL,
        raised_at timestamptz NOT NULL,
        acknowledged_at timestamptz,
        acknowledged_by text,
        resolved_at timestamptz,
        version integer NOT NULL,
        last_revision integer NOT NULL,
        CONSTRAINT uq_alerts_target_episode UNIQUE (target_id, episode),
        CHECK ((status = 'resolved') = (resolved_at IS NOT NULL))
    )
"""

_ROUTES = """
    CREATE TABLE routes (
        name text PRIMARY KEY,
        under text,
        min_severity text NOT NULL CHECK (min_severity IN ('warning', 'critical')),
        channel text NOT NULL CHECK (channel IN ('webhook', 'mail')),
        address text NOT NULL,
        secret text,
        disabled_at timestamptz,
        disabled_reason text,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CHECK ((channel = 'webhook') = (secret IS NOT NULL))
    )
"""

_DELIVERIES = """
    CREATE TABLE deliveries (
        id uuid PRIMARY KEY,
        alert_id uuid NOT NULL REFERENCES alerts,
        alert_version integer NOT NULL,
        change text NOT NULL CHECK (change IN ('raised', 'worsened', 'resolved')),
        alert jsonb NOT NULL,
        route_name text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('webhook', 'mail')),
        address text NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'unconfirmed')),
        attempts integer NOT NULL,
        queued_at timestamptz NOT NULL,
        next_attempt_at timestamptz,
        leased_until timestamptz,
        last_error text,
        sent_at timestamptz,
        CONSTRAINT uq_deliveries_alert_version_route UNIQUE (alert_id, alert_version, route_name),
        CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
        CHECK ((state = 'sending') = (leased_until IS NOT NULL)),
        CHECK ((state = 'sent') = (sent_at IS NOT NULL))
    )
"""

_ATTEMPTS = """
    CREATE TABLE delivery_attempts (
        delivery_id uuid NOT NULL REFERENCES deliveries ON DELETE CASCADE,
        attempt integer NOT NULL,
        at timestamptz NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('sent', 'retry', 'refused', 'unconfirmed')),
        detail text NOT NULL,
        PRIMARY KEY (delivery_id, attempt)
    )
"""


def upgrade() -> None:
    """Everything that this service begins with."""
    create_messaging_tables()
    op.execute(_ALERTS)
    op.execute("CREATE INDEX ix_alerts_path ON alerts USING gin (path)")
    op.execute(_ROUTES)
    op.execute(_DELIVERIES)
    op.execute("CREATE INDEX ix_deliveries_due ON deliveries (next_attempt_at) WHERE state = 'pending'")
    op.execute("CREATE INDEX ix_deliveries_leased ON deliveries (leased_until) WHERE state = 'sending'")
    op.execute(_ATTEMPTS)
