"""The real places and figures of the story (Thanh Hóa, October 2025), and the offices that serve them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

PROVINCE: Final = "38"
GRASSROOTS_UNIT: Final = "BHXH-CAM-THUY"
AGENCY: Final = "BHXH-38"
"""The province's social-insurance agency: it keeps the registry and sets the targets."""
POST_OFFICE: Final = "BDVN-38"
COVERAGE_TARGET: Final = 0.9515
"""Decision 546/QĐ-TTg: the share of the population to be covered by the end of 2025."""
EVE: Final = date(2025, 10, 24)
YEAR_END: Final = date(2025, 12, 31)


@dataclass(frozen=True)
class Commune:
    """A commune on the eve of its launch day. `percent_after` is the published coverage after it."""

    code: str
    name: str
    population: int
    covered: int
    villages: int
    launch_day: date
    sign_ups: int
    covered_after: int
    percent_after: float
    post_office: str
    collectors: int

    def village_codes(self) -> list[str]:
        """Codes we give, since villages have no official ones."""
        return [f"{self.code}-{n:02}" for n in range(1, self.villages + 1)]

    def collector_codes(self) -> list[str]:
        """The collectors of the post office who work here."""
        return [f"{self.post_office}-{n:02}" for n in range(1, self.collectors + 1)]


CAM_THACH: Final = Commune(
    code="15142",
    name="Cẩm Thạch",
    population=26_697,
    covered=19_702,
    villages=31,
    launch_day=date(2025, 10, 25),
    sign_ups=352,
    covered_after=20_054,
    percent_after=75.1,
    post_office="BD-CAM-THUY",
    collectors=5,
)
CAM_THUY: Final = Commune(
    code="15127",
    name="Cẩm Thủy",
    population=30_042,
    covered=22_231,
    villages=22,
    launch_day=date(2025, 10, 26),
    sign_ups=245,
    covered_after=22_476,
    percent_after=74.8,
    post_office="BD-NGOC-LAC",
    collectors=4,
)
COMMUNES: Final = (CAM_THACH, CAM_THUY)
POST_OFFICES: Final = {"BD-CAM-THUY": "Bưu điện Cẩm Thủy", "BD-NGOC-LAC": "Bưu điện Ngọc Lặc"}
