"""The catalogue of causes."""

from __future__ import annotations

from sqlalchemy import DDL, Text, event
from sqlmodel import Field

from notifications.tables.base import Base


class CauseRow(Base, table=True):
    """A cause of the catalogue."""

    __tablename__ = "causes"

    code: str = Field(primary_key=True, sa_type=Text)
    name_vi: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)


SEED = """
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
"""
"""The causes to begin with. They are inserted by a migration; here they are for `create_all`."""
event.listen(Base.metadata.tables["causes"], "after_create", DDL(SEED))  # type: ignore[no-untyped-call]
