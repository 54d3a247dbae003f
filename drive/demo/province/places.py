"""The grassroots units of Thanh Hóa, their communes, and the post offices that serve them.

The communes are those of the official list (package vietnam-provinces), by the district that each code belonged to
until 2025-06-30 (the same package, release 0.6.0). That there is a grassroots unit for each of these districts is made
up, and so is which post office serves which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drive.demo.places import GRASSROOTS_UNIT

COLLECTORS_OF_A_UNIT: Final = 2


@dataclass(frozen=True, slots=True)
class PostOffice:
    """A collection organisation below that of the province."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class GrassrootsUnit:
    """An insurance unit below the province."""

    code: str
    name: str
    post_office: PostOffice
    communes: tuple[str, ...]

    def collector_codes(self) -> list[str]:
        """The collectors of the post office who work here."""
        area = self.code.removeprefix("BHXH-")
        return [f"{self.post_office.code}-{area}-{n}" for n in range(1, COLLECTORS_OF_A_UNIT + 1)]


_BIM_SON: Final = PostOffice("BD-BIM-SON", "Bưu điện Bỉm Sơn")
_CAM_THUY: Final = PostOffice("BD-CAM-THUY", "Bưu điện Cẩm Thủy")
_NGHI_SON: Final = PostOffice("BD-NGHI-SON", "Bưu điện Nghi Sơn")
_NGOC_LAC: Final = PostOffice("BD-NGOC-LAC", "Bưu điện Ngọc Lặc")
_THANH_HOA: Final = PostOffice("BD-THANH-HOA", "Bưu điện Thanh Hóa")
_THO_XUAN: Final = PostOffice("BD-THO-XUAN", "Bưu điện Thọ Xuân")
POST_OFFICES: Final = (_BIM_SON, _CAM_THUY, _NGHI_SON, _NGOC_LAC, _THANH_HOA, _THO_XUAN)


def _unit(code: str, area: str, post_office: PostOffice, communes: str) -> GrassrootsUnit:
    return GrassrootsUnit(code, f"BHXH cơ sở {area}", post_office, tuple(communes.split()))


UNITS: Final = (
    _unit("BHXH-THANH-HOA", "Thanh Hóa", _THANH_HOA, "14758 14797 15925 16378 16417 16522"),
    _unit("BHXH-BIM-SON", "Bỉm Sơn", _BIM_SON, "14812 14818"),
    _unit("BHXH-SAM-SON", "Sầm Sơn", _THANH_HOA, "16516 16531"),
    _unit("BHXH-MUONG-LAT", "Mường Lát", _NGOC_LAC, "14845 14848 14854 14857 14860 14863 14864 14866"),
    _unit("BHXH-QUAN-HOA", "Quan Hóa", _NGOC_LAC, "14869 14872 14875 14878 14890 14896 14902 14908"),
    _unit("BHXH-BA-THUOC", "Bá Thước", _CAM_THUY, "14923 14932 14950 14953 14956 14959 14974 14980"),
    _unit("BHXH-QUAN-SON", "Quan Sơn", _NGOC_LAC, "15001 15007 15010 15013 15016 15019 15022 15025"),
    _unit("BHXH-LANG-CHANH", "Lang Chánh", _NGOC_LAC, "15031 15034 15043 15049 15055 15058"),
    _unit("BHXH-NGOC-LAC", "Ngọc Lặc", _NGOC_LAC, "15061 15085 15091 15115 15118 15124"),
    _unit(GRASSROOTS_UNIT, "Cẩm Thủy", _CAM_THUY, "15127 15142 15148 15163 15178"),
    _unit("BHXH-THACH-THANH", "Thạch Thành", _CAM_THUY, "15187 15190 15199 15211 15229 15250"),
    _unit("BHXH-HA-TRUNG", "Hà Trung", _BIM_SON, "15271 15274 15286 15298 15316"),
    _unit("BHXH-VINH-LOC", "Vĩnh Lộc", _CAM_THUY, "15349 15361 15382"),
    _unit("BHXH-YEN-DINH", "Yên Định", _THO_XUAN, "15409 15412 15421 15442 15448 15457 15469"),
    _unit("BHXH-THO-XUAN", "Thọ Xuân", _THO_XUAN, "15499 15505 15520 15544 15553 15568 15574 15592"),
    _unit("BHXH-THUONG-XUAN", "Thường Xuân", _THO_XUAN, "15607 15610 15622 15628 15634 15643 15646 15658 15661"),
    _unit("BHXH-TRIEU-SON", "Triệu Sơn", _THO_XUAN, "15664 15667 15682 15718 15724 15754 15763 15766"),
    _unit("BHXH-THIEU-HOA", "Thiệu Hóa", _THO_XUAN, "15772 15778 15796 15820 15835 15853"),
    _unit("BHXH-HOANG-HOA", "Hoằng Hóa", _THANH_HOA, "15865 15880 15889 15910 15961 15976 15991 16000"),
    _unit("BHXH-HAU-LOC", "Hậu Lộc", _BIM_SON, "16012 16021 16033 16063 16078"),
    _unit("BHXH-NGA-SON", "Nga Sơn", _BIM_SON, "16093 16108 16114 16138 16144 16171"),
    _unit("BHXH-NHU-XUAN", "Như Xuân", _NGHI_SON, "16174 16177 16186 16207 16219 16225"),
    _unit("BHXH-NHU-THANH", "Như Thanh", _NGHI_SON, "16228 16234 16249 16258 16264 16273"),
    _unit("BHXH-NONG-CONG", "Nông Cống", _NGHI_SON, "16279 16297 16309 16342 16348 16363 16369"),
    _unit("BHXH-QUANG-XUONG", "Quảng Xương", _THANH_HOA, "16438 16480 16489 16498 16540 16543 16549"),
    _unit("BHXH-NGHI-SON", "Nghi Sơn", _NGHI_SON, "16561 16576 16591 16594 16597 16609 16624 16636 16645 16654"),
)
COMMUNES: Final = tuple(code for unit in UNITS for code in unit.communes)
