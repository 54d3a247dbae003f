"""Targets, baselines and progress over HTTP: what is accepted, what is refused, and with which answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from services.persistence.versions import bump, current_version
from targets_api.main import create_app
from targets_api.progress.schemas import ChildrenProgress, CollectorProgress, OrganisationProgress, UnitProgress
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import CAM_THACH, HEALTH, LAUNCH, TargetsService, a_target_body, a_unit, sign_ups

EVE = date(2025, 10, 24)


def pointers(answer: Any) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_a_target_is_created_found_and_published(service: TargetsService) -> None:
    target = await service.target(name="60 days", scope={"unit_code": CAM_THACH, "collector_code": "CT-07"})
    assert target["scope"] == {"unit_code": CAM_THACH, "organisation_code": None, "collector_code": "CT-07"}
    found = await service.http.get(f"/v1/targets/{target['id']}")
    assert (found.status_code, found.json()) == (200, target)
    assert len(await service.published("drive.target.set")) == 1


async def test_the_same_target_again_is_answered_as_it_is_stored(service: TargetsService) -> None:
    first = await service.target()
    again = await service.http.post("/v1/targets", json=a_target_body())
    assert (again.status_code, again.json()) == (200, first)
    assert again.headers["location"] == f"/v1/targets/{first['id']}"
    assert len(await service.published("drive.target.set")) == 1


async def test_the_same_target_with_another_value_is_refused_and_names_the_first(service: TargetsService) -> None:
    first = await service.target()
    answer = await service.http.post("/v1/targets", json=a_target_body(value=101))
    assert (answer.status_code, pointers(answer)) == (409, ["/value"])
    assert first["id"] in answer.json()["detail"]
    assert (await service.http.post("/v1/targets", json=a_target_body(value=101, name="More"))).status_code == 201


async def test_of_two_requests_for_the_same_target_at_once_one_creates_it(service: TargetsService) -> None:
    answers = await asyncio.gather(*(service.http.post("/v1/targets", json=a_target_body()) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"value": 0}, ["/value"]),
        ({"value": "many"}, ["/value"]),
        ({"measure": "coverage", "value": 95.15}, ["/value"]),
        ({"ends_on": "2025-11-02"}, ["/ends_on"]),
        ({"ends_on": "tomorrow"}, ["/ends_on"]),
        ({"scope": {}}, ["/scope"]),
        ({"scope": {"unit_code": CAM_THACH, "team": "x"}}, ["/scope/team"]),
        ({"scope": {"unit_code": "a\u0000b"}}, ["/scope/unit_code"]),
        ({"scheme": "fire"}, ["/scheme"]),
        ({"measure": "in_force", "scope": {"organisation_code": "CT"}}, ["/scope"]),
        ({"measure": "coverage", "value": 0.95}, ["/scope/unit_code"]),
        ({"name": ""}, ["/name"]),
    ],
)
async def test_a_bad_target_is_refused_at_its_field(
    service: TargetsService, wrong: dict[str, Any], expected: list[str]
) -> None:
    answer = await service.http.post("/v1/targets", json=a_target_body(**wrong))
    assert (answer.status_code, pointers(answer)) == (422, expected)
    assert not await service.rows("SELECT id FROM targets")


async def test_coverage_without_a_baseline_names_the_remedy(service: TargetsService) -> None:
    await service.baseline(EVE, unit="15127")
    answer = await service.http.post("/v1/targets", json=a_target_body(measure="coverage", value=0.95))
    assert answer.status_code == 422
    assert f"PUT /v1/units/{CAM_THACH}/baselines" in answer.json()["errors"][0]["detail"]


async def test_targets_are_listed_in_pages_with_the_latest_first(service: TargetsService) -> None:
    made = [(await service.target(name=f"Week {n}"))["id"] for n in range(5)]
    await service.target(scope={"organisation_code": "CT"})
    seen: list[str] = []
    query: dict[str, Any] = {"unit_code": CAM_THACH, "limit": 2}
    while True:
        page = (await service.http.get("/v1/targets", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        if not page["next"]:
            break
        query["after"] = page["next"]
    assert seen == made[::-1]
    by_organisation = (await service.http.get("/v1/targets", params={"organisation_code": "CT"})).json()
    assert len(by_organisation["items"]) == 1


async def test_an_unknown_cursor_is_refused(service: TargetsService) -> None:
    answer = await service.http.get("/v1/targets", params={"after": "x"})
    assert (answer.status_code, pointers(answer)) == (422, ["/query/after"])


async def test_a_target_that_is_not_there_is_not_found(service: TargetsService) -> None:
    assert (await service.http.get(f"/v1/targets/{'0' * 8}-0000-7000-8000-{'0' * 12}")).status_code == 404


async def test_a_baseline_is_made_and_then_replaced(service: TargetsService) -> None:
    body = {"scheme": HEALTH, "on": EVE.isoformat(), "population": 26697, "covered": 19702}
    first = await service.http.put(f"/v1/units/{CAM_THACH}/baselines", json=body)
    assert (first.status_code, first.json()) == (201, body | {"unit_code": CAM_THACH})
    second = await service.http.put(f"/v1/units/{CAM_THACH}/baselines", json=body | {"covered": 19800})
    assert second.status_code == 200
    assert (await service.progress())["covered"] == 19800


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"on": "2025-10-26"}, ["/on"]),
        ({"covered": 26698}, ["/covered"]),
        ({"population": 0, "covered": 0}, ["/population"]),
        ({"population": "x"}, ["/population"]),
    ],
)
async def test_a_bad_baseline_is_refused(service: TargetsService, wrong: dict[str, Any], expected: list[str]) -> None:
    body = {"scheme": HEALTH, "on": EVE.isoformat(), "population": 26697, "covered": 19702} | wrong
    answer = await service.http.put(f"/v1/units/{CAM_THACH}/baselines", json=body)
    assert (answer.status_code, pointers(answer)) == (422, expected)


async def test_a_baseline_holds_the_sign_ups_of_its_own_day(service: TargetsService) -> None:
    await service.handle([*sign_ups(3, signed_on=EVE), *sign_ups(2), *sign_ups(5, kind="renewal")])
    assert (await service.progress())["coverage"] is None
    await service.baseline(EVE)
    progress = await service.progress()
    assert (progress["new"], progress["renewal"], progress["net"], progress["covered"]) == (5, 5, 10, 19704)
    assert (await service.progress(on="2025-10-23"))["covered"] is None
    assert (await service.progress(on="2025-10-24"))["covered"] == 19702


async def test_progress_of_a_day_past_is_as_it_was_then(service: TargetsService) -> None:
    service.runtime.clock.pin(date(2025, 11, 12))
    await service.target()
    await service.handle([*sign_ups(50, signed_on=date(2025, 11, 4)), *sign_ups(30, signed_on=date(2025, 11, 11))])
    now, then = await service.progress(), await service.progress(on="2025-11-07")
    assert (now["new"], now["targets"][0]["attained"], now["targets"][0]["expected"]) == (80, 0.8, 0.7)
    assert (then["new"], then["targets"][0]["attained"], then["targets"][0]["expected"]) == (50, 0.5, 0.5)
    assert (await service.progress(**{"from": "2025-11-05"}))["new"] == 30


async def test_every_answer_has_its_documented_shape(service: TargetsService) -> None:
    await service.baseline(EVE)
    for scope in ({"unit_code": CAM_THACH}, {"organisation_code": "CT"}, {"collector_code": "CT-07"}):
        await service.target(scope=scope)
    await service.handle(sign_ups(3, unit_code="15142-01"))
    unit = UnitProgress.model_validate(await service.progress())
    organisation = OrganisationProgress.model_validate(await service.progress("organisations/VNPOST"))
    collector = CollectorProgress.model_validate(await service.progress("collectors/CT-07"))
    children = ChildrenProgress.model_validate(await service.progress(f"units/{CAM_THACH}/children"))
    assert (unit.new, organisation.new, collector.new, len(unit.targets), len(collector.targets)) == (3, 3, 3, 1, 1)
    assert collector.collector.organisation_code == "CT"
    assert [(item.unit.code, item.new) for item in children.items] == [("15142-01", 3), ("15142-02", 0)]


async def test_what_has_not_changed_is_not_sent_again(service: TargetsService) -> None:
    path, params = f"/v1/progress/units/{CAM_THACH}", {"scheme": HEALTH}
    first = await service.http.get(path, params=params)
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        answer = await service.http.get(path, params=params, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", first.headers["etag"])
    lines = [("If-None-Match", '"other", "another"'), ("If-None-Match", f"W/{first.headers['etag']}")]
    assert (await service.http.get(path, params=params, headers=lines)).status_code == 304
    assert (await service.http.head(path, params=params, headers=lines)).status_code == 304
    assert (await service.http.get(path, params=params, headers=lines[:1])).status_code == 200
    await service.handle(sign_ups(1))
    changed = await service.http.get(path, params=params, headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["new"]) == (200, 1)


async def test_reads_that_come_together_each_get_their_own_answer(service: TargetsService) -> None:
    await service.handle([*sign_ups(3), *sign_ups(2, unit_code="15127")])
    codes = [CAM_THACH, "15127", "38", "nowhere"] * 20
    params = {"scheme": HEALTH}
    answers = await asyncio.gather(
        *(service.http.get(f"/v1/progress/units/{code}", params=params) for code in codes),
    )
    seen = {(code, a.status_code, a.json().get("new")) for code, a in zip(codes, answers, strict=True)}
    assert seen == {(CAM_THACH, 200, 3), ("15127", 200, 2), ("38", 200, 5), ("nowhere", 404, None)}


@pytest.mark.parametrize(
    ("path", "params", "status", "expected"),
    [
        (f"units/{CAM_THACH}", {}, 422, ["/query/scheme"]),
        (f"units/{CAM_THACH}", {"scheme": "fire"}, 422, ["/query/scheme"]),
        (f"units/{CAM_THACH}", {"scheme": HEALTH, "on": "x"}, 422, ["/query/on"]),
        (f"units/{CAM_THACH}", {"scheme": HEALTH, "from": "2025-10-26"}, 422, ["/query/from"]),
        ("units/nowhere", {"scheme": HEALTH}, 404, []),
        ("units/nowhere/children", {"scheme": HEALTH}, 404, []),
        ("organisations/nobody", {"scheme": HEALTH}, 404, []),
        ("collectors/nobody", {"scheme": HEALTH}, 404, []),
        ("units/a%00b", {"scheme": HEALTH}, 422, ["/path/code"]),
    ],
)
async def test_a_bad_question_is_refused(
    service: TargetsService, path: str, params: dict[str, str], status: int, expected: list[str]
) -> None:
    answer = await service.http.get(f"/v1/progress/{path}", params=params)
    assert (answer.status_code, pointers(answer)) == (status, expected)


async def test_each_route_asks_for_its_scope(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    app = create_app(service.runtime)
    reader = await client_for(app, token_for(service.runtime, scope="progress:read"))
    setter = await client_for(app, token_for(service.runtime, scope="targets:write"))
    anonymous = await client_for(app)
    baseline = {"scheme": HEALTH, "on": EVE.isoformat(), "population": 10, "covered": 5}
    refused = [
        await reader.post("/v1/targets", json=a_target_body()),
        await reader.put(f"/v1/units/{CAM_THACH}/baselines", json=baseline),
        await setter.get("/v1/targets"),
        *[await setter.get(f"/v1/progress/{p}", params={"scheme": HEALTH}) for p in ("units/38", "collectors/CT-07")],
    ]
    assert [answer.status_code for answer in refused] == [403] * 5
    assert (await anonymous.get("/v1/progress/units/38", params={"scheme": HEALTH})).status_code == 401


async def test_a_day_after_today_is_refused(service: TargetsService) -> None:
    await service.handle(sign_ups(2))
    assert (await service.progress(on=LAUNCH.isoformat()))["new"] == 2
    answer = await service.http.get("/v1/progress/units/15142", params={"scheme": HEALTH, "on": "2025-10-26"})
    assert answer.status_code == 422
    detail = "a day that has come is expected, 2025-10-25 at the latest"
    assert answer.json()["errors"] == [{"pointer": "/query/on", "detail": detail}]


async def test_a_remembered_answer_is_forgotten_at_every_kind_of_change(service: TargetsService) -> None:
    async def a_target() -> None:
        await service.target()

    async def fallen_behind() -> None:
        await service.sweep(date(2025, 11, 7))

    changes: list[Callable[[], Awaitable[None]]] = [
        lambda: service.handle(sign_ups(1)),
        lambda: service.baseline(EVE),
        a_target,
        lambda: service.handle([a_unit(CAM_THACH, "CS-CT", version=2, name="Cẩm Thạch")]),
        lambda: service.handle([*sign_ups(1, unit_code="15127"), a_unit("15127", CAM_THACH, version=2)]),
        fallen_behind,
    ]

    async def told() -> list[dict[str, Any]]:
        return [await service.progress(), await service.progress("units/CS-CT/children")]

    seen = [await told()]
    for change in changes:
        assert await told() == seen[-1]
        await change()
        seen.append(await told())
        assert [now == before for now, before in zip(seen[-1], seen[-2], strict=True)] == [False, False]


async def test_children_that_are_asked_for_at_once_are_read_once(service: TargetsService) -> None:
    await service.handle(sign_ups(2))
    figures: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        figures.extend(["read"] if "units.level" in statement else [])

    engine = service.runtime.database.engine.sync_engine
    event.listen(engine, "after_cursor_execute", note)
    answers = await asyncio.gather(*(service.progress("units/CS-CT/children") for _ in range(12)))
    answers.append(await service.progress("units/CS-CT/children"))
    event.remove(engine, "after_cursor_execute", note)
    assert [answer == answers[0] for answer in answers] == [True] * 13
    assert figures == ["read"]


async def test_writers_never_wait_for_each_other_to_say_that_something_changed(service: TargetsService) -> None:
    async def version_of_all() -> int:
        async with service.runtime.database.read() as session:
            return (await current_version(session)).number

    before = await version_of_all()
    async with service.runtime.database.write() as one, service.runtime.database.write() as other, asyncio.timeout(20):
        await bump(one)
        await bump(other)
        await bump(other)
    assert await version_of_all() == before + 3


async def test_the_parameters_of_a_read_are_documented(service: TargetsService) -> None:
    paths = (await service.http.get("/openapi.json")).json()["paths"]
    parameters = paths["/v1/progress/units/{code}"]["get"]["parameters"]
    documented = {(p["name"], p["in"], p["required"]) for p in parameters}
    assert documented == {
        ("code", "path", True),
        ("scheme", "query", True),
        ("from", "query", False),
        ("on", "query", False),
        ("split", "query", False),
        ("compared_with", "query", False),
        ("If-None-Match", "header", False),
    }
