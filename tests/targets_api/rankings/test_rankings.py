"""Rankings over HTTP: order, movement, days, pages, and the figures of each."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any, Final, get_args

import httpx
import pytest

from targets_api.domain.ranking import By
from targets_api.main import create_app
from targets_api.rankings.keys import PageKey, RankingKey
from targets_api.rankings.remembered import read_page
from tests.architecture.test_list_parameters import recorded
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import (
    CAM_THACH,
    HEALTH,
    LAUNCH,
    TargetsService,
    a_cancellation,
    a_collector,
    a_unit,
    an_ended_unit,
    an_organisation,
    sign_ups,
)

OTHER: Final = "15127"
WEEK_AGO: Final = LAUNCH - timedelta(days=7)
OCTOBER: Final = {"starts_on": "2025-10-01", "ends_on": "2025-12-31"}


async def ranking(service: TargetsService, **params: Any) -> dict[str, Any]:
    """A ranking; of communes by new sign-ups unless asked otherwise."""
    query = {"level": "commune", "scheme": HEALTH, "by": "new", **params}
    answer = await service.http.get("/v1/rankings", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def code_of(item: dict[str, Any]) -> str:
    """Of the owner."""
    return str(next(item[kind]["code"] for kind in ("unit", "organisation", "collector") if kind in item))


async def ranked(service: TargetsService, **params: Any) -> list[tuple[str, int | None, int | None]]:
    """Code, rank and rank before of each."""
    items = (await ranking(service, **params))["items"]
    return [(code_of(item), item["rank"], item["rank_before"]) for item in items]


async def test_communes_are_ranked_by_new_sign_ups_with_their_ranks_of_a_week_before(service: TargetsService) -> None:
    await service.handle([a_unit("15130", "CS-CT"), *sign_ups(2, unit_code=OTHER, signed_on=WEEK_AGO)])
    await service.handle([*sign_ups(1, signed_on=WEEK_AGO), *sign_ups(4, unit_code="15142-01")])
    assert await ranked(service) == [(CAM_THACH, 1, 2), (OTHER, 2, 1), ("15130", 3, 3)]
    page = await ranking(service)
    assert (page["on"], page["before"], page["from"], page["next"]) == ("2025-10-25", "2025-10-18", "2025-01-01", None)
    assert [item["value"] for item in page["items"]] == [item["new"] for item in page["items"]] == [5, 2, 0]


async def test_equal_values_share_a_rank_and_come_by_code(service: TargetsService) -> None:
    await service.handle([a_unit("15130", "CS-CT"), *sign_ups(2, unit_code="15130")])
    assert await ranked(service) == [("15130", 1, 1), (OTHER, 2, 1), (CAM_THACH, 2, 1)]


async def test_a_rank_before_is_the_rank_that_is_told_of_that_day(service: TargetsService) -> None:
    await service.handle([a_unit("15130", "CS-CT")])
    for unit, day, n in ((CAM_THACH, 3, 3), (OTHER, 9, 5), ("15130", 1, 4), (CAM_THACH, 8, 3), (OTHER, 0, 1)):
        signed = sign_ups(n, unit_code=unit, signed_on=LAUNCH - timedelta(days=day))
        await service.handle([*signed, a_cancellation(signed[0])])
    await service.target(value=8, **OCTOBER)
    await service.target(value=9, scope={"unit_code": OTHER}, **OCTOBER)
    for by in ("new", "attained", "ratio"):
        for days in range(1, 12):
            then = str(LAUNCH - timedelta(days=days))
            past = {code: rank for code, rank, _ in await ranked(service, by=by, on=then)}
            now = await ranked(service, by=by, before=then)
            assert {code: before for code, _, before in now} == past


async def test_the_tree_below_a_unit_is_ranked_by_itself(service: TargetsService) -> None:
    await service.handle([a_unit("CS-BT", "38", "insurance_unit"), a_unit("14923", "CS-BT")])
    await service.handle(sign_ups(1, unit_code="14923"))
    assert [code for code, *_ in await ranked(service, under="38")] == ["14923", OTHER, CAM_THACH]
    assert [code for code, *_ in await ranked(service, under="cs-ct")] == [OTHER, CAM_THACH]
    assert [code for code, *_ in await ranked(service, level="insurance_unit")] == ["CS-BT", "CS-CT"]
    assert [code for code, *_ in await ranked(service, level="village")] == ["15142-01", "15142-02"]
    unknown = await service.http.get(
        "/v1/rankings", params={"level": "commune", "scheme": HEALTH, "under": "99", "by": "new"}
    )
    assert (unknown.status_code, unknown.json()["type"]) == (404, "http://test/problems/no-such-owner")


async def test_before_the_first_day_that_is_counted_nobody_was_ranked(service: TargetsService) -> None:
    await service.handle(sign_ups(1, signed_on=WEEK_AGO))
    assert await ranked(service, **{"from": "2025-10-20"}) == [(OTHER, 1, None), (CAM_THACH, 1, None)]


async def test_what_is_ranked_by_targets_is_what_progress_shows_of_them(service: TargetsService) -> None:
    await service.baseline(date(2025, 9, 30))
    await service.baseline(date(2025, 9, 30), unit=OTHER, covered=20000)
    for unit in (CAM_THACH, OTHER):
        scope = {"unit_code": unit}
        await service.target(scope=scope, measure="coverage", value=0.9515, **OCTOBER)
        await service.target(scope=scope, measure="renewal", value=30, **OCTOBER)
        await service.target(scope=scope, value=50, **OCTOBER)
    for day, unit, n, kind in ((2, OTHER, 7, "new"), (5, CAM_THACH, 9, "renewal"), (20, CAM_THACH, 4, "new")):
        await service.handle(sign_ups(n, unit_code=unit, kind=kind, signed_on=date(2025, 10, day)))
    for measure in ("coverage", "renewal", "new"):
        for by in ("ratio", "attained"):
            for on in ("2025-10-06", "2025-10-25"):
                page = await ranking(service, by=by, measure=measure, on=on)
                for item in page["items"]:
                    shown = (await service.progress(f"units/{code_of(item)}", on=on))["targets"]
                    [target] = [each for each in shown if each["measure"] == measure]
                    assert (item["value"], item["target_id"]) == (target[by], target["id"])
                    assert item["targets"] == shown
                values = [item["value"] for item in page["items"]]
                assert values == sorted(values, reverse=True)


async def test_a_unit_without_a_target_comes_last_and_has_no_rank(service: TargetsService) -> None:
    await service.target(scope={"unit_code": CAM_THACH, "organisation_code": "CT"}, **OCTOBER)
    await service.target(scope={"unit_code": OTHER}, **OCTOBER)
    page = await ranking(service, by="attained")
    assert [(code_of(i), i["rank"], i["value"]) for i in page["items"]] == [(OTHER, 1, 0.0), (CAM_THACH, None, None)]
    assert [item["target_id"] is None for item in page["items"]] == [False, True]


async def test_a_target_counts_as_it_stood_on_the_day(service: TargetsService) -> None:
    service.runtime.clock.pin(WEEK_AGO)
    targets = [await service.target(scope={"unit_code": unit}, **OCTOBER) for unit in (CAM_THACH, OTHER)]
    await service.handle([*sign_ups(10, signed_on=WEEK_AGO), *sign_ups(8, unit_code=OTHER, signed_on=WEEK_AGO)])
    service.runtime.clock.pin(LAUNCH)
    body = {"version": 1, "value": 50, "from": str(LAUNCH), "reason": "half of it"}
    revised = await service.http.post(f"/v1/targets/{targets[1]['id']}/revision", json=body)
    assert revised.status_code == 200, revised.text
    assert await ranked(service, by="attained") == [(OTHER, 1, 2), (CAM_THACH, 2, 1)]
    withdrawn = await service.http.post(
        f"/v1/targets/{targets[1]['id']}/withdrawal", json={"version": 2, "reason": "no more"}
    )
    assert withdrawn.status_code == 200, withdrawn.text
    assert await ranked(service, by="attained") == [(CAM_THACH, 1, 1), (OTHER, None, 2)]


async def test_coverage_ranks_those_that_were_counted(service: TargetsService) -> None:
    await service.baseline(WEEK_AGO - timedelta(days=1), population=100, covered=50)
    await service.baseline(LAUNCH - timedelta(days=1), population=100, covered=60, unit=OTHER)
    await service.handle(sign_ups(5))
    assert await ranked(service, by="coverage") == [(OTHER, 1, None), (CAM_THACH, 2, 1)]
    page = await ranking(service, by="coverage")
    assert [item["value"] for item in page["items"]] == [item["coverage"] for item in page["items"]] == [0.6, 0.55]


async def test_a_merged_commune_is_ranked_while_it_exists(service: TargetsService) -> None:
    await service.handle([a_unit("15130", "CS-CT"), *sign_ups(3, signed_on=WEEK_AGO)])
    await service.handle(sign_ups(2, unit_code="15130", signed_on=WEEK_AGO))
    on = date(2025, 10, 20)
    await service.handle(
        [a_unit("15200", "CS-CT", valid_from=on), an_ended_unit(CAM_THACH, "CS-CT", on, "15200"), *sign_ups(1)]
    )
    assert await ranked(service) == [("15200", 1, None), ("15130", 2, 2), (OTHER, 3, 3)]
    assert [item["new"] for item in (await ranking(service))["items"]] == [4, 2, 0]
    assert await ranked(service, on="2025-10-19") == [(CAM_THACH, 1, 1), ("15130", 2, 1), (OTHER, 3, 1)]
    assert await ranked(service, on="2025-10-20", before="2025-10-19") == [
        ("15200", 1, None),
        ("15130", 2, 2),
        (OTHER, 3, 3),
    ]


async def test_organisations_and_collectors_are_ranked_as_units_are(service: TargetsService) -> None:
    await service.handle([a_collector("NL-01", "NL"), an_organisation("ELSE"), a_collector("E-1", "ELSE")])
    await service.handle([*sign_ups(3), *sign_ups(4, organisation_code="NL", collector_code="NL-01")])
    assert await ranked(service, level="organisation", under="vnpost") == [("NL", 1, 1), ("CT", 2, 1)]
    assert [code for code, *_ in await ranked(service, level="organisation")] == ["VNPOST", "NL", "CT", "ELSE"]
    assert await ranked(service, level="collector", under="VNPOST") == [
        ("NL-01", 1, 1),
        ("CT-07", 2, 1),
        ("CT-08", 3, 1),
    ]
    assert [code for code, *_ in await ranked(service, level="collector")][-1] == "E-1"


async def test_collectors_are_ranked_by_shares_of_the_target_of_their_organisation(service: TargetsService) -> None:
    for collector, value in (("CT-07", 10), ("CT-08", 100)):
        await service.target(scope={"organisation_code": "VNPOST", "collector_code": collector}, value=value, **OCTOBER)
    await service.target(scope={"unit_code": CAM_THACH, "collector_code": "CT-08"}, value=1, **OCTOBER)
    await service.handle([*sign_ups(1), *sign_ups(5, collector_code="CT-08"), an_organisation("ELSE")])
    await service.handle(sign_ups(50, collector_code="CT-08", organisation_code="ELSE"))
    page = await ranking(service, level="collector", by="attained")
    assert [(code_of(item), item["value"]) for item in page["items"]] == [("CT-07", 0.1), ("CT-08", 0.05)]


async def test_a_ranking_is_read_in_pages(service: TargetsService) -> None:
    await service.handle([a_unit(f"C-{n}", "CS-CT") for n in range(8)])
    await service.handle([each for n in range(8) for each in sign_ups(n // 3, unit_code=f"C-{n}")])
    whole, read = await ranked(service), []
    after: dict[str, str] = {}
    while True:
        page = await ranking(service, limit=3, **after)
        read += [(code_of(item), item["rank"], item["rank_before"]) for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert read == whole
    assert len(whole) == 10


async def test_a_ranking_of_many_takes_as_many_statements_as_one_of_few(service: TargetsService) -> None:
    await service.baseline(date(2025, 9, 30))
    await service.target(**OCTOBER)
    await service.target(measure="coverage", value=0.9, **OCTOBER)

    async def statements(by: By) -> int:
        key = RankingKey("commune", "38", HEALTH, by, None, date(2025, 1, 1), LAUNCH, WEEK_AGO)
        async with service.runtime.database.read() as session:
            with recorded(service.runtime.database) as seen:
                assert await read_page(session, PageKey(key, 100, None), LAUNCH)
        return len(seen)

    few = [await statements(by) for by in get_args(By)]
    await service.handle([a_unit(f"C-{n}", "CS-CT") for n in range(50)])
    await service.handle([each for n in range(50) for each in sign_ups(1, unit_code=f"C-{n}")])
    for n in range(10):
        await service.target(scope={"unit_code": f"C-{n}"}, **OCTOBER)
    assert [await statements(by) for by in get_args(By)] == few
    assert max(few) <= 7


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"level": "collector", "by": "coverage"}, "/query/by"),
        ({"measure": "new", "by": "new"}, "/query/measure"),
        ({"before": "2025-10-25"}, "/query/before"),
        ({"on": "2025-10-26"}, "/query/on"),
        ({"from": "2025-10-26"}, "/query/from"),
        ({"after": "2:"}, "/query/after"),
        ({"after": "best:15142"}, "/query/after"),
        ({"level": "hamlet"}, "/query/level"),
        ({"limit": "501"}, "/query/limit"),
    ],
)
async def test_what_cannot_be_ranked_is_refused_with_the_parameter(
    service: TargetsService, params: dict[str, str], pointer: str
) -> None:
    answer = await service.http.get(
        "/v1/rankings", params={"level": "commune", "scheme": HEALTH, "by": "new", **params}
    )
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def asked_by(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor, org: str, **params: Any
) -> httpx.Response:
    """What an organisation is told that may know of its own alone."""
    client = await client_for(create_app(service.runtime), token_for(service.runtime, org=org, scope="progress:own"))
    return await client.get("/v1/rankings", params={"scheme": HEALTH, "by": "new", **params})


async def test_an_organisation_ranks_its_own_among_themselves(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    await service.handle([a_collector("NL-01", "NL"), *sign_ups(1)])
    await service.handle(sign_ups(2, organisation_code="NL", collector_code="NL-01"))

    async def told(org: str, **params: Any) -> list[tuple[str, int | None]]:
        answer = await asked_by(service, client_for, token_for, org, **params)
        assert answer.status_code == 200, answer.text
        return [(code_of(item), item["rank"]) for item in answer.json()["items"]]

    assert await told("CT", level="collector") == [("CT-07", 1), ("CT-08", 2)]
    assert await told("CT", level="organisation") == []
    assert await told("VNPOST", level="collector") == [("NL-01", 1), ("CT-07", 2), ("CT-08", 3)]
    assert await told("VNPOST", level="organisation") == [("NL", 1), ("CT", 2)]
    assert await told("VNPOST", level="collector", under="ct") == [("CT-07", 1), ("CT-08", 2)]


async def test_what_is_not_its_own_is_not_there_for_an_organisation(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    for level in ("collector", "organisation"):
        others, unknown = [
            await asked_by(service, client_for, token_for, "CT", level=level, under=code) for code in ("NL", "NONE")
        ]
        assert others.status_code == 404
        assert others.json() == {**unknown.json(), "detail": unknown.json()["detail"].replace("NONE", "NL")}
    units = await asked_by(service, client_for, token_for, "CT", level="commune")
    assert (units.status_code, units.json()["type"]) == (403, "http://test/problems/forbidden")
    assert units.json()["detail"] == "this needs the scope progress:read; the token grants progress:own"


async def test_an_organisation_is_not_ranked_by_targets_that_name_another(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    await service.target(scope={"organisation_code": "VNPOST", "collector_code": "CT-07"}, **OCTOBER)
    await service.target(scope={"organisation_code": "CT", "collector_code": "CT-08"}, **OCTOBER)
    for org, expected in (("CT", {"CT-08"}), ("VNPOST", {"CT-07", "CT-08"})):
        answer = await asked_by(service, client_for, token_for, org, level="collector", by="attained")
        assert {code_of(item) for item in answer.json()["items"] if item["rank"]} == expected


async def test_a_ranking_is_a_table_with_a_row_for_each_of_the_targets(service: TargetsService) -> None:
    await service.target(**OCTOBER)
    await service.handle(sign_ups(3))
    query = {"level": "commune", "scheme": HEALTH, "by": "new"}
    answer = await service.http.get("/v1/rankings", params=query, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert [(row["unit_code"], row["rank"], row["new"], row["targets_no"]) for row in rows] == [
        (CAM_THACH, "1", "3", "1"),
        (OTHER, "2", "0", "0"),
    ]
