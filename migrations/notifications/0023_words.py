"""An index that finds alerts by the words of their names and codes."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0023"
down_revision = "notifications_0022"
branch_labels = None
depends_on = None

_TEXTS = (
    "unit_name",
    "target_name",
    "owner",
    "subject ->> 'unit_code'",
    "subject ->> 'organisation_code'",
    "subject ->> 'collector_code'",
)
_FROM = (
    "AàÀáÁãÃảẢạẠEèÈéÉẽẼẻẺẹẸIìÌíÍĩĨỉỈịỊOòÒóÓõÕỏỎọỌUùÙúÚũŨủỦụỤYỳỲýÝỹỸỷỶỵỴâÂầẦấẤẫẪẩẨậẬăĂ"
    "ằẰắẮẵẴẳẲặẶêÊềỀếẾễỄểỂệỆôÔồỒốỐỗỖổỔộỘơƠờỜớỚỡỠởỞợỢưƯừỪứỨữỮửỬựỰđĐBCDFGHJKLMNPQRSTVWXZ"
)
_TO = (
    "aaaaaaaaaaaeeeeeeeeeeeiiiiiiiiiiiooooooooooouuuuuuuuuuuyyyyyyyyyyyaaaaaaaaaaaaaa"
    "aaaaaaaaaaeeeeeeeeeeeeoooooooooooooooooooooooouuuuuuuuuuuuddbcdfghjklmnpqrstvwxz"
)


def upgrade() -> None:
    """It may be made again where the migration broke off; no table is locked while its rows are read."""
    texts = " || ' ' || ".join(f"coalesce({each}, '')" for each in _TEXTS)
    words = f"regexp_split_to_array(translate({texts}, '{_FROM}', '{_TO}'), '[^a-z0-9]+')"
    with op.get_context().autocommit_block():
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_alerts_words ON alerts "
            f"USING gin ((array_to_tsvector(array_remove({words}, ''))))"
        )
