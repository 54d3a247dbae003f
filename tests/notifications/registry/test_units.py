"""Units are known by the events of the registry: once each, in any order, and found in any case."""

from __future__ import annotations

import pytest

from notifications.registry.queries import registered_unit
from tests.notifications.service import NotificationsService, a_unit


async def versions(service: NotificationsService, *codes: str) -> dict[str, int]:
    """The stored version of each of the codes that is known."""
    rows = await service.query("SELECT code, version FROM units WHERE code = ANY(:codes)", codes=list(codes))
    return {row.code: row.version for row in rows}


async def found(service: NotificationsService, code: str) -> str | None:
    """The code that a given one is registered as."""
    async with service.runtime.database.read() as session:
        return await registered_unit(session, code)


async def test_a_repeated_event_and_a_late_one_change_nothing(service: NotificationsService) -> None:
    for version in (2, 2, 1):
        await service.register(a_unit("NEW", version))
    assert await versions(service, "NEW") == {"NEW": 2}
    await service.register(a_unit("NEW", 3))
    assert await versions(service, "NEW") == {"NEW": 3}


async def test_of_several_events_of_a_unit_in_a_batch_the_highest_version_counts(service: NotificationsService) -> None:
    await service.register(*(a_unit(f"U-{n:04}", version) for version in (1, 3, 2) for n in range(1000)))
    [row] = await service.query("SELECT count(*) AS n, min(version) AS lowest FROM units WHERE code LIKE 'U-%'")
    assert (row.n, row.lowest) == (1000, 3)


async def test_a_unit_has_the_name_and_level_of_its_highest_version(service: NotificationsService) -> None:
    await service.register(a_unit("BHXH-NEW", 2), a_unit("BHXH-NEW", 1))
    [row] = await service.query("SELECT name, level FROM units WHERE code = 'BHXH-NEW'")
    assert (row.name, row.level) == ("Unit BHXH-NEW", "insurance_unit")


async def test_a_level_that_the_version_before_did_not_write_is_brought_by_the_same_version_of_the_unit(
    service: NotificationsService,
) -> None:
    await service.execute("INSERT INTO units (code, version) VALUES ('NEW', 3)")
    for version, level in ((2, None), (3, "commune"), (3, "commune")):
        await service.register(a_unit("NEW", version))
        [row] = await service.query("SELECT version, level FROM units WHERE code = 'NEW'")
        assert (row.version, row.level) == (3, level)


@pytest.mark.parametrize(
    ("given", "registered"),
    [("bhxh-ct", "BHXH-CT"), ("BHXH-CT", "BHXH-CT"), ("V-1A", "v-1a"), ("BHXH", None), ("BHXH_CT", None)],
)
async def test_a_unit_is_found_by_its_code_in_any_case(
    service: NotificationsService, given: str, registered: str | None
) -> None:
    await service.register(a_unit("v-1a"))
    assert await found(service, given) == registered


async def test_of_codes_that_differ_only_in_case_the_one_that_is_given_is_found(service: NotificationsService) -> None:
    await service.register(a_unit("V-1"), a_unit("v-1"))
    assert [await found(service, code) for code in ("V-1", "v-1")] == ["V-1", "v-1"]
