"""What organisations are called, so that alerts are found by it."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0028"
down_revision = "notifications_0027"
branch_labels = None
depends_on = None

_FROM = (
    "AàÀáÁãÃảẢạẠEèÈéÉẽẼẻẺẹẸIìÌíÍĩĨỉỈịỊOòÒóÓõÕỏỎọỌUùÙúÚũŨủỦụỤYỳỲýÝỹỸỷỶỵỴâÂầẦấẤẫẪẩẨậẬăĂ"
    "ằẰắẮẵẴẳẲặẶêÊềỀếẾễỄểỂệỆôÔồỒốỐỗỖổỔộỘơƠờỜớỚỡỠởỞợỢưƯừỪứỨữỮửỬựỰđĐBCDFGHJKLMNPQRSTVWXZ"
)
_TO = (
    "aaaaaaaaaaaeeeeeeeeeeeiiiiiiiiiiiooooooooooouuuuuuuuuuuyyyyyyyyyyyaaaaaaaaaaaaaa"
    "aaaaaaaaaaeeeeeeeeeeeeoooooooooooooooooooooooouuuuuuuuuuuuddbcdfghjklmnpqrstvwxz"
)


def upgrade() -> None:
    """The table is empty: the second summary of the registry brings what is there, as it brings what is lost."""
    op.execute(
        "CREATE TABLE IF NOT EXISTS organisations (code text PRIMARY KEY, version bigint NOT NULL, name text NOT NULL)"
    )
    words = f"regexp_split_to_array(translate(name, '{_FROM}', '{_TO}'), '[^a-z0-9]+')"
    words = f"array_to_tsvector(array_remove({words}, ''))"
    op.execute(f"CREATE INDEX IF NOT EXISTS ix_organisations_words ON organisations USING gin (({words}))")
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_alerts_owner ON alerts (owner) WHERE owner IS NOT NULL")
