"""What the ranking says of the communes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from drive.client.client import Client
from drive.demo.places import PROVINCE
from drive.demo.province.plan import WORKING_DAYS
from drive.demo.province.preparation import NAME
from drive.demo.province.sign_ups import SCHEME

_RANKING: Final = {"level": "commune", "under": PROVINCE, "scheme": SCHEME, "measure": "new", "limit": "500"}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A commune, and where it stands; `rank_before` is its rank a week before."""

    rank: int
    rank_before: int
    code: str
    name: str
    net: int
    target: Any
    """Its share, as progress shows it."""


async def ranking(agency: Client) -> list[Ranked]:
    """By ratio, the highest first."""
    page = await agency.send("GET", "targets", "/v1/rankings", params=_RANKING)
    return [_ranked(item) for item in page["items"]]


def _ranked(item: Any) -> Ranked:
    unit = item["unit"]
    return Ranked(item["rank"], item["rank_before"], unit["code"], unit["name"], item["net"], share_of(item))


def share_of(progress: Any) -> Any:
    """Of the targets of a unit, that of the 60 days."""
    return next(target for target in progress["targets"] if target["name"] == NAME)


def nets(ranked: Sequence[Ranked]) -> dict[str, int]:
    """Sign-ups of each."""
    return {each.code: each.net for each in ranked}


def ranks_by_hand(ranked: Sequence[Ranked], net: Mapping[str, int], working_days_over: int) -> dict[str, int]:
    """The rank that so many sign-ups lead to: one more than there are with a higher ratio, in thousandths, cut."""
    ratios = {
        each.code: net[each.code] * WORKING_DAYS * 1_000 // (int(each.target["value"]) * working_days_over)
        for each in ranked
    }
    return {code: 1 + sum(other > ratio for other in ratios.values()) for code, ratio in ratios.items()}
