"""Those below an organisation, each with the figures that its own page shows."""

from __future__ import annotations

from typing import Any, Final

import pytest

from targets_api.main import create_app
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import HEALTH, TargetsService, a_collector, sign_ups

OCTOBER: Final = {"starts_on": "2025-10-01", "ends_on": "2025-12-31"}


async def below(service: TargetsService, path: str, **params: Any) -> dict[str, Any]:
    """A page."""
    return await service.progress(f"organisations/{path}", **params)


@pytest.mark.parametrize(
    ("path", "kind", "codes"),
    [
        ("vnpost/organisations", "organisation", ["CT", "NL"]),
        ("CT/collectors", "collector", ["CT-07", "CT-08"]),
        ("VNPOST/collectors", "collector", []),
        ("CT/organisations", "organisation", []),
    ],
)
async def test_each_has_the_figures_of_its_own_page(
    service: TargetsService, path: str, kind: str, codes: list[str]
) -> None:
    await service.handle([*sign_ups(3), *sign_ups(2, organisation_code="NL", collector_code="CT-08")])
    await service.target(scope={"organisation_code": "CT"}, **OCTOBER)
    await service.target(scope={"collector_code": "CT-07"}, **OCTOBER)
    found = await below(service, path)
    assert [item[kind]["code"] for item in found["items"]] == codes
    for item in found["items"]:
        page = await service.progress(f"{kind}s/{item[kind]['code']}")
        assert item == {name: page[name] for name in item}
        assert {"new", "contributions", "targets"} <= item.keys()


async def test_a_page_begins_after_the_code_that_ended_the_one_before(service: TargetsService) -> None:
    await service.handle([a_collector(f"CT-{n}") for n in range(10, 15)])
    codes: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await below(service, "CT/collectors", limit=3, **after)
        codes += [item["collector"]["code"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert codes == ["CT-07", "CT-08", "CT-10", "CT-11", "CT-12", "CT-13", "CT-14"]


async def test_a_change_is_in_the_next_page(service: TargetsService) -> None:
    for n in (1, 2):
        await service.handle(sign_ups(1))
        assert [item["new"] for item in (await below(service, "VNPOST/organisations"))["items"]] == [n, 0]
        assert [item["new"] for item in (await below(service, "CT/collectors"))["items"]] == [n, 0]


async def test_an_organisation_sees_those_below_itself(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    app = create_app(service.runtime)
    for org, expected in (("CT", 200), ("VNPOST", 200), ("NL", 404)):
        client = await client_for(app, token_for(service.runtime, org=org, scope="progress:own"))
        for path in ("collectors", "organisations"):
            answer = await client.get(f"/v1/progress/organisations/CT/{path}", params={"scheme": HEALTH})
            assert answer.status_code == expected, (org, path)
