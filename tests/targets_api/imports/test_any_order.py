"""A file leads to the same targets whatever the order of its rows, in whatever parts it is sent, and however often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.targets_api.builders import CAM_THACH, TargetsService
from tests.targets_api.imports.files import send

CLEAN: Final = text("TRUNCATE targets CASCADE")
HEADER: Final = "unit_code,organisation_code,scheme,measure,value,period,name,reason"
STANDING: Final = "SELECT unit_code, organisation_code, measure, starts_on, ends_on, name, value FROM targets"
BEFORE: Final = [
    f"{CAM_THACH},,household_health,new,100,2025-Q4,,",
    f"{CAM_THACH},CT,household_health,new,30,2025-Q4,,",
    "15127,,household_health,renewal,20,2025-12,Sprint,",
]

rows = st.builds(
    lambda *cells: ",".join(cells),
    st.sampled_from([CAM_THACH, "15127", "15142-01", "nowhere", ""]),
    st.sampled_from(["", "CT", "ct", "VNPOST"]),
    st.just("household_health"),
    st.sampled_from(["new", "renewal", "coverage"]),
    st.sampled_from(["10", "20", "30", "100", "0", "95%", "1.500"]),
    st.sampled_from(["2025-Q4", "2025-12", "2025-W50", "2025-Q3"]),
    st.sampled_from(["", "Sprint"]),
    st.sampled_from(["", "Decision 546"]),
)
files = st.lists(rows, min_size=1, max_size=12)


async def begin(service: TargetsService) -> None:
    """No targets but those of BEFORE."""
    async with service.runtime.database.write() as work:
        await work.execute(CLEAN)
    assert (await send(service, HEADER, *BEFORE)).status_code == 201


async def take(service: TargetsService, lines: Sequence[str]) -> list[str]:
    """What became of each row, those that are the same left out."""
    answer = await send(service, HEADER, *lines)
    assert answer.status_code in (200, 201, 207), answer.text
    results = {line["line"]: line["result"] for line in answer.json()["lines"]}
    return [results.get(place, "same") for place in range(2, len(lines) + 2)]


async def standing(service: TargetsService) -> list[Any]:
    """What stands, but for ids."""
    return sorted((tuple(row) for row in await service.rows(STANDING)), key=str)


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(file=files, order=st.randoms(use_true_random=False))
async def test_a_file_in_any_order_and_twice_leads_to_the_same_targets(
    service: TargetsService, file: list[str], order: Any
) -> None:
    await begin(service)
    first = await take(service, file)
    found = await standing(service)
    again = await take(service, file)
    assert await standing(service) == found
    assert again == ["refused" if result == "refused" else "same" for result in first]
    await begin(service)
    shuffled = sorted(range(len(file)), key=lambda _: order.random())
    results = await take(service, [file[place] for place in shuffled])
    assert await standing(service) == found
    assert [results[shuffled.index(place)] for place in range(len(file))] == first
