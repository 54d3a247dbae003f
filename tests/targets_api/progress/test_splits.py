"""The parts of a split add up to the figures, whatever is folded, and whichever units have pairs with those above."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import text

from targets_api.domain.splits import MOST_SHOWN
from targets_api.ledger.rollups import roll_up
from targets_api.ledger.splits import split
from tests.targets_api.builders import (
    HEALTH,
    LAUNCH,
    TargetsService,
    a_cancellation,
    a_correction,
    a_sign_up,
    a_unit,
    sign_ups,
)

PAID: Final = 1_263_600
NAMES: Final = ("new", "renewal", "cancelled", "net", "contributions")


async def parts(service: TargetsService, owner: str, by: str, **params: Any) -> dict[str | None, tuple[int, ...]]:
    """New, renewal, cancelled, net and contributions of each part; they add up to the figures, folded or not."""
    found = []
    for _ in ("some not folded", "all folded"):
        told = await service.progress(owner, split=by, **params)
        found.append({each["of"]: tuple(each[name] for name in NAMES) for each in told["splits"]})
        sums = [sum(column) for column in zip(*found[-1].values(), strict=True)] or [0] * len(NAMES)
        assert sums == [told[name] for name in NAMES]
        await split(service.runtime.database)
        await roll_up(service.runtime.database)
    assert found[0] == found[1]
    return found[0]


async def test_a_unit_is_split_by_channel_campaign_organisation_and_kind(service: TargetsService) -> None:
    one, *others = sign_ups(3, channel="home_visit", campaign_code="LAUNCH")
    await service.handle([one, *others, a_sign_up(unit_code="15127", organisation_code="NL", kind="renewal")])
    await service.handle([a_cancellation(one)])
    visits, nameless = (3, 0, 1, 2, 2 * PAID), (0, 1, 0, 1, PAID)
    assert await parts(service, "units/38", "channel") == {"home_visit": visits, None: nameless}
    assert await parts(service, "units/38", "campaign") == {"LAUNCH": visits, None: nameless}
    assert await parts(service, "units/38", "organisation") == {"CT": visits, "NL": nameless}
    assert await parts(service, "units/38", "kind") == {"new": visits, "renewal": nameless}
    assert await parts(service, "units/15127", "channel") == {None: nameless}


async def test_organisations_are_split_by_those_below_and_collectors_by_kind(service: TargetsService) -> None:
    await service.handle([*sign_ups(2), a_sign_up(organisation_code="VNPOST"), a_sign_up(kind="renewal")])
    assert await parts(service, "organisations/VNPOST", "organisation") == {
        "CT": (2, 1, 0, 3, 3 * PAID),
        "VNPOST": (1, 0, 0, 1, PAID),
    }
    kinds = await parts(service, "collectors/CT-07", "kind")
    assert kinds == {"new": (3, 0, 0, 3, 3 * PAID), "renewal": (0, 1, 0, 1, PAID)}


async def test_a_correction_of_the_channel_alone_is_in_the_next_answer(service: TargetsService) -> None:
    one = a_sign_up(channel="home_visit")
    await service.handle([one])
    assert set(await parts(service, "units/38", "channel")) == {"home_visit"}
    await service.handle([a_correction(one, channel="launch_day")])
    assert set(await parts(service, "units/38", "channel")) == {"launch_day"}


async def test_a_cancelled_sign_up_whose_channel_becomes_known_is_in_the_next_answer(service: TargetsService) -> None:
    signed = a_sign_up(channel="home_visit")
    await service.handle([signed, a_cancellation(signed)])
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE ledger SET details_version = NULL"))
    assert await parts(service, "units/38", "channel") == {None: (1, 0, 1, 0, 0)}
    await service.handle([a_cancellation(signed)])
    assert await parts(service, "units/38", "channel") == {"home_visit": (1, 0, 1, 0, 0)}


async def test_parts_go_where_their_unit_goes_before_and_after_its_pairs_follow(service: TargetsService) -> None:
    await service.handle([a_unit("40", None, "province"), *sign_ups(2, channel="home_visit", unit_code="15142-01")])
    await split(service.runtime.database)
    assert await service.rows("SELECT 1 FROM split_pairs WHERE unit_code = '15142-01' AND ancestor_code = '38'")
    await service.handle([a_unit("15142", "40", version=2)])
    assert await parts(service, "units/38", "channel") == {}
    assert await parts(service, "units/40", "channel") == {"home_visit": (2, 0, 0, 2, 2 * PAID)}
    assert not await service.rows("SELECT 1 FROM split_pairs WHERE unit_code = '15142-01' AND ancestor_code = '38'")


async def test_the_smaller_of_many_parts_are_shown_together(service: TargetsService) -> None:
    large = [a_sign_up(campaign_code=f"L-{n:02}") for n in range(MOST_SHOWN) for _ in range(2)]
    await service.handle([*large, *(a_sign_up(campaign_code=f"S-{n}") for n in range(3)), a_sign_up()])
    told = await service.progress("units/38", split="campaign")
    shown = [(each["of"], each["new"]) for each in told["splits"]]
    assert shown == [*((f"L-{n:02}", 2) for n in range(MOST_SHOWN)), (None, 1)]
    assert told["other_parts"] == {
        "parts": 3,
        "new": 3,
        "renewal": 0,
        "cancelled": 0,
        "net": 3,
        "contributions": 3 * PAID,
    }


@pytest.mark.parametrize(
    ("owner", "by"), [("organisations/CT", "channel"), ("collectors/CT-07", "organisation"), ("units/38", "unit")]
)
async def test_a_split_that_is_not_made_is_refused_by_name(service: TargetsService, owner: str, by: str) -> None:
    answer = await service.http.get(f"/v1/progress/{owner}", params={"scheme": HEALTH, "split": by})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/split")


async def test_a_period_takes_days_at_both_ends_and_months_between(service: TargetsService) -> None:
    days = ["2025-08-30", "2025-08-31", "2025-09-01", "2025-09-30", "2025-10-01", "2025-10-02"]
    await service.handle([each for n, day in enumerate(days) for each in sign_ups(10**n % 7, signed_on=day)])
    counts = [10**n % 7 for n in range(6)]
    for first, start in enumerate(days):
        for last, on in enumerate(days[first:], first):
            found = await parts(service, "units/38", "organisation", **{"from": start, "on": on})
            assert found["CT"][0] == sum(counts[first : last + 1]), (start, on)


async def test_what_leaves_the_ledger_leaves_the_splits(service: TargetsService) -> None:
    await service.handle([a_sign_up(channel="home_visit"), a_sign_up(kind="renewal", signed_on=LAUNCH)])
    await split(service.runtime.database)
    async with service.runtime.database.write() as work:
        await work.execute(text("DELETE FROM ledger WHERE kind = 'new'"))
    assert await parts(service, "units/38", "channel") == {None: (0, 1, 0, 1, PAID)}
