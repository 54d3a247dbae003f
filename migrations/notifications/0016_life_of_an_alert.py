"""The life of an alert: deadlines, reports with causes and remedies, an end by hand, and its timeline."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0016"
down_revision = "notifications_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of alerts that are there no report is due, and acknowledgements do not end: nobody was told of such times."""
    op.execute("""
        ALTER TABLE alerts
            ADD COLUMN report_due_at timestamptz,
            ADD COLUMN level integer NOT NULL DEFAULT 0,
            ADD COLUMN acknowledged_until timestamptz,
            ADD COLUMN overdue_since timestamptz,
            ADD COLUMN reported_at timestamptz,
            ADD COLUMN reported_by jsonb,
            ADD COLUMN report jsonb,
            ADD COLUMN resolved_by jsonb,
            ADD COLUMN resolution_reason text,
            ADD COLUMN previous_id uuid,
            ADD COLUMN next_deadline_at timestamptz
    """)
    _make_tables()


def _make_tables() -> None:
    op.execute("CREATE TABLE causes (code text PRIMARY KEY, name_vi text NOT NULL, name_en text NOT NULL)")
    op.execute("""
        INSERT INTO causes (code, name_vi, name_en) VALUES
            ('lost_area_status', 'Xã không còn thuộc vùng khó khăn', 'The area lost its status as a difficult one'),
            ('lost_poverty_status', 'Hộ thoát nghèo, thoát cận nghèo', 'Households are no longer poor or near-poor'),
            ('not_renewed', 'Người tham gia không đóng tiếp', 'Participants did not renew'),
            ('cost', 'Mức đóng cao so với thu nhập', 'The contribution is high for the income'),
            ('working_away', 'Người dân đi làm ăn xa', 'People work away from home'),
            ('unaware_of_benefits', 'Người dân chưa hiểu quyền lợi', 'People do not know the benefits'),
            ('collector_absent', 'Thiếu nhân viên thu', 'There is no collector'),
            ('late_reporting', 'Báo cáo kết quả chậm', 'Results are reported late'),
            ('other', 'Nguyên nhân khác', 'Another cause')
    """)
    op.execute("""
        CREATE TABLE alert_causes (
            alert_id uuid NOT NULL REFERENCES alerts (id),
            version integer NOT NULL,
            place integer NOT NULL,
            code text NOT NULL REFERENCES causes (code),
            note text,
            PRIMARY KEY (alert_id, version, place)
        )
    """)
    op.execute("""
        CREATE TABLE alert_remedies (
            alert_id uuid NOT NULL REFERENCES alerts (id),
            n integer NOT NULL,
            version integer NOT NULL,
            what text NOT NULL,
            who text NOT NULL,
            due_on date NOT NULL,
            state text NOT NULL CHECK (state IN ('planned', 'done', 'missed', 'dropped')),
            note text,
            settled_at timestamptz,
            PRIMARY KEY (alert_id, n)
        )
    """)
    op.execute("""
        CREATE TABLE alert_timeline (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            alert_id uuid NOT NULL REFERENCES alerts (id),
            at timestamptz NOT NULL,
            kind text NOT NULL CHECK (kind IN (
                'raised', 'worsened', 'updated', 'acknowledged', 'timed_out', 'reported', 'report_overdue',
                'remedy_done', 'remedy_missed', 'remedy_dropped', 'escalated', 'resolved', 'reopened'
            )),
            status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'reported', 'resolved')),
            severity text NOT NULL CHECK (severity IN ('warning', 'critical')),
            version integer,
            reason text NOT NULL,
            organisation_code text,
            subject text,
            name text,
            note text
        )
    """)
    op.execute("CREATE INDEX ix_alert_timeline_alert_id ON alert_timeline (alert_id, seq)")
