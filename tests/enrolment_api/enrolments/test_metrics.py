"""Sign-ups are counted as they are answered, those in batches each for itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from tests.enrolment_api.conftest import Service, a_sign_up, a_voluntary_sign_up, post, post_batch

BATCH = "/v1/enrolments/batch"


def accepted(service: Service, scheme: str, kind: str, replayed: str) -> float | None:
    """How many sign-ups were accepted with these labels."""
    labels = {"scheme": scheme, "kind": kind, "replayed": replayed}
    return service.runtime.metrics.registry.get_sample_value("drive_sign_ups_total", labels)


def refused(service: Service, code: str, route: str = "/v1/enrolments") -> float | None:
    """How many sign-ups were refused with this code."""
    labels = {"method": "POST", "route": route, "code": code}
    return service.runtime.metrics.registry.get_sample_value("drive_refusals_total", labels)


async def test_single_sign_ups_are_counted_by_scheme_kind_and_whether_they_came_before(service: Service) -> None:
    for _ in range(3):
        await post(service.ct, a_sign_up())
    await post(service.ct, a_voluntary_sign_up(2), "key-2")
    assert accepted(service, "household_health", "new", "no") == 1
    assert accepted(service, "household_health", "new", "yes") == 2
    assert accepted(service, "voluntary_social", "new", "no") == 1


async def test_refusals_of_single_sign_ups_are_counted_by_their_code(service: Service) -> None:
    await post(service.ct, a_sign_up(amount_paid=1))
    await post(service.ct, a_sign_up(collector_code="NL-01"))
    await post(service.ct, {"scheme": "household_health"})
    assert refused(service, "wrong-amount") == 1
    assert refused(service, "invalid") == 1
    assert refused(service, "collector-of-another-organisation") == 1


async def test_items_of_a_batch_are_counted_like_single_sign_ups(service: Service) -> None:
    bad: list[Any] = [a_sign_up(3, amount_paid=1), a_sign_up(4, amount_paid=2), {"external_ref": "CT-9"}]
    await post_batch(service.ct, a_sign_up(1), a_sign_up(2), *bad)
    await post_batch(service.ct, a_sign_up(1))
    assert accepted(service, "household_health", "new", "no") == 2
    assert accepted(service, "household_health", "new", "yes") == 1
    assert refused(service, "wrong-amount", BATCH) == 2
    assert refused(service, "invalid", BATCH) == 1


async def test_a_sign_up_that_could_not_be_committed_is_not_counted(service: Service) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(text("ALTER TABLE enrolments DROP COLUMN receipt_no"))
    assert (await post(service.ct, a_sign_up())).status_code == 503
    assert accepted(service, "household_health", "new", "no") == 0
    assert refused(service, "not-migrated") == 1
