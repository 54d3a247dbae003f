"""What was paid is summed beside the counts, also where processes of the version before count beside this one."""
# ruff: noqa: S608 - the statements are made of our own words

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text

from services.contracts.enrolment import EnrolmentRecorded
from targets_api.ledger.rollups import roll_up
from tests.targets_api.builders import (
    LAUNCH,
    TargetsService,
    a_cancellation,
    a_correction,
    a_sign_up,
    sign_ups,
)
from tests.targets_api.ledger.test_rollups import assert_rolled_up

PAID: Final = 1_263_600
OWNERS: Final = ("units/15142", "units/38", "organisations/CT", "organisations/VNPOST", "collectors/CT-07")
_KEY: Final = "unit_code, scheme, day, kind, organisation_code, collector_code"
_ENTRY: Final = """
    INSERT INTO ledger (enrolment_id, unit_code, organisation_code, collector_code, scheme, kind, signed_on,
                        covered_from, covered_to)
    VALUES (:id, :unit_code, :organisation_code, :collector_code, :scheme, :kind, :signed_on,
            :covered_from, :covered_to)
"""
_TALLY: Final = f"""
    INSERT INTO tallies ({_KEY}, n, cancelled)
    VALUES (:unit_code, :scheme, :signed_on, :kind, :organisation_code, :collector_code, :n, :cancelled)
    ON CONFLICT ({_KEY}) DO UPDATE
    SET n = tallies.n + excluded.n, cancelled = tallies.cancelled + excluded.cancelled
"""
_CANCEL: Final = "UPDATE ledger SET cancelled = true, version = 2 WHERE enrolment_id = :id"
_FOLD: Final = """
    WITH gone AS (DELETE FROM tally_deltas RETURNING *), unit_days AS (
        SELECT a.ancestor_code, g.scheme, g.day, sum(n_new) AS n_new
        FROM gone g JOIN unit_ancestors a USING (unit_code) GROUP BY 1, 2, 3
    ), unit_sums AS (
        INSERT INTO unit_rollups AS r
            (unit_code, scheme, span, begins_on, n_new, n_renewal, cancelled_new, cancelled_renewal)
        SELECT ancestor_code, scheme, 'day', day, n_new, 0, 0, 0 FROM unit_days
        UNION ALL
        SELECT ancestor_code, scheme, 'month', CAST(date_trunc('month', day) AS date), sum(n_new), 0, 0, 0
        FROM unit_days GROUP BY 1, 2, 3, 4
        ON CONFLICT (unit_code, scheme, span, begins_on) DO UPDATE SET n_new = r.n_new + excluded.n_new
    )
    SELECT count(*) FROM gone
"""
"""What the version before writes; its fold of new sign-ups and of units alone."""


async def write(service: TargetsService, *statements: str, **values: Any) -> None:
    """In one transaction."""
    async with service.runtime.database.write() as work:
        for statement in statements:
            await work.execute(text(statement), values)


async def paid(service: TargetsService, **params: Any) -> list[tuple[int, int, int]]:
    """Net, contributions, and how many are without amount, of each owner; the same before and after a fold."""
    told = []
    for _ in ("some not folded", "all folded"):
        bodies = [await service.progress(owner, **params) for owner in OWNERS]
        told.append([(body["net"], body["contributions"], body["without_amount"]) for body in bodies])
        await roll_up(service.runtime.database)
    assert told[0] == told[1]
    return told[0]


def everybody(net: int, amount: int, without: int = 0) -> list[tuple[int, int, int]]:
    """The same for each owner."""
    return [(net, amount, without)] * len(OWNERS)


def as_before(event: EnrolmentRecorded) -> dict[str, Any]:
    """The facts that the version before keeps."""
    return {**event.data.model_dump(), "id": event.data.enrolment_id}


async def test_contributions_are_those_of_sign_ups_that_stand_on_the_day_of_signing(service: TargetsService) -> None:
    one, other, moved = sign_ups(3)
    await service.handle([one, other, moved])
    assert await paid(service) == everybody(3, 3 * PAID)
    await service.handle([a_cancellation(one), a_correction(other, amount_paid=5)])
    await service.handle([a_correction(moved, signed_on=LAUNCH - timedelta(days=1))])
    assert await paid(service) == everybody(2, PAID + 5)
    eve = (LAUNCH - timedelta(days=1)).isoformat()
    assert await paid(service, on=eve) == everybody(1, PAID)
    assert await paid(service, **{"from": LAUNCH.isoformat()}) == everybody(1, 5)
    await assert_rolled_up(service)


async def test_children_and_the_unit_itself_add_up_in_contributions(service: TargetsService) -> None:
    await service.handle([*sign_ups(2, unit_code="15142-01", amount_paid=7), a_sign_up(amount_paid=1)])
    items = (await service.progress("units/15142/children"))["items"]
    assert [(item["unit"]["code"], item["contributions"]) for item in items if item["contributions"]] == [
        ("15142-01", 14),
        ("15142", 1),
    ]


async def test_entries_of_the_version_before_are_without_amount_until_they_are_published_again(
    service: TargetsService,
) -> None:
    before, beside = sign_ups(2)
    await write(service, _ENTRY, _TALLY, **as_before(before), n=1, cancelled=0)
    await service.handle([beside])
    assert await paid(service) == everybody(2, PAID, 1)
    for _ in ("first", "again"):
        await service.handle([before, a_sign_up(kind="renewal", signed_on=LAUNCH - timedelta(days=400))])
        assert await paid(service) == everybody(2, 2 * PAID)
    await assert_rolled_up(service)


async def test_a_corrected_entry_without_details_gets_those_of_its_own_version_alone(service: TargetsService) -> None:
    recorded = a_sign_up()
    corrected = a_correction(recorded, amount_paid=9, channel="home_visit")
    await service.handle([corrected])
    await write(service, "UPDATE ledger SET details_version = NULL")
    await service.handle([recorded])
    [row] = await service.rows("SELECT amount_paid, details_version FROM ledger")
    assert tuple(row) == (9, None)
    await service.handle([corrected])
    [row] = await service.rows("SELECT amount_paid, channel, details_version FROM ledger")
    assert tuple(row) == (9, "home_visit", 2)


async def test_what_the_version_before_cancels_is_paid_no_longer(service: TargetsService) -> None:
    one, other = sign_ups(2)
    await service.handle([one, other])
    await write(service, _CANCEL, _TALLY, **as_before(one), n=-1, cancelled=1)
    assert await paid(service) == everybody(1, PAID)
    await service.handle([a_cancellation(one)])
    await service.handle([a_correction(one, version=3, amount_paid=4)])
    assert await paid(service) == everybody(2, PAID + 4)
    await assert_rolled_up(service)


async def test_what_the_version_before_folds_loses_no_amount(service: TargetsService) -> None:
    await service.handle(sign_ups(3))
    await write(service, _FOLD)
    assert await service.rows("SELECT 1 FROM tally_deltas") == []
    for unit in ("15142", "38"):
        told = await service.progress(f"units/{unit}")
        assert (told["new"], told["contributions"], told["without_amount"]) == (3, 3 * PAID, 0)


async def test_what_leaves_the_ledger_is_paid_no_longer(service: TargetsService) -> None:
    await service.handle([*sign_ups(2), *sign_ups(1, kind="renewal", amount_paid=3)])
    await write(service, "DELETE FROM ledger WHERE kind = 'new'")
    assert await paid(service) == everybody(1, 3)
    await assert_rolled_up(service)
