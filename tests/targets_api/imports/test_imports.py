"""A file sets targets and revises those that stand; a dry run shows what would become of each row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.context import Actor, context_of
from services.files.csv_table import csv_rows
from targets_api.imports.plans import OfAll
from targets_api.imports.rows import COLUMNS, read_rows
from targets_api.imports.runner import take_rows, try_rows
from targets_api.main import create_app
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import CAM_THACH, TargetsService, a_unit, sign_ups
from tests.targets_api.imports.files import HEADER, a_workbook, counts, refusals, send, send_workbook

EVE = date(2025, 10, 24)
FILE = [
    "unit_code,organisation_code,collector_code,scheme,measure,value,period,starts_on,ends_on,name",
    '15142,,,household_health,coverage,"95,15 %",2025-Q4,,,Q4',
    "15127,,,household_health,new,120,2025-11,,,",
    ",ct,ct-07,household_health,renewal,40,,2025-11-03,2025-11-14,Sprint 1",
    "CS-CT,NL,,voluntary_social,new,1 200,2025-W45,,,",
]


async def targets(service: TargetsService) -> list[dict[str, Any]]:
    """All that stand, by value."""
    items = (await service.http.get("/v1/targets")).json()["items"]
    return sorted(items, key=lambda item: item["value"])


async def test_a_file_sets_targets_once(service: TargetsService) -> None:
    await service.baseline(EVE)
    first = await send(service, *FILE)
    assert (first.status_code, counts(first)) == (201, {"rows": 4, "set": 4})
    standing = await targets(service)
    assert [(t["scope"]["unit_code"], t["value"], t["starts_on"], t["ends_on"], t["name"]) for t in standing] == [
        (CAM_THACH, 0.9515, "2025-10-01", "2025-12-31", "Q4"),
        (None, 40, "2025-11-03", "2025-11-14", "Sprint 1"),
        ("15127", 120, "2025-11-01", "2025-11-30", None),
        ("CS-CT", 1200, "2025-11-03", "2025-11-09", None),
    ]
    assert (standing[1]["scope"]["organisation_code"], standing[1]["scope"]["collector_code"]) == ("CT", "CT-07")
    again = await send(service, *FILE)
    assert (again.status_code, counts(again), again.json()["lines"]) == (200, {"rows": 4, "same": 4}, [])
    assert await targets(service) == standing
    assert len(await service.published("drive.target.set")) == 4


async def test_sign_ups_that_came_before_a_file_count_for_its_targets(service: TargetsService) -> None:
    await service.handle(sign_ups(30))
    answer = await send(service, HEADER, "15142,household_health,new,100,2025-Q4")
    [line] = answer.json()["lines"]
    assert await service.achieved(line["target_id"]) == 30


async def test_a_dry_run_shows_what_would_become_of_each_row_and_keeps_nothing(service: TargetsService) -> None:
    target = await service.target(starts_on="2025-10-01", ends_on="2025-12-31")
    rows = [
        HEADER,
        "15142,household_health,new,150,2025-Q4",
        "15127,household_health,new,120,2025-Q4",
        "nowhere,household_health,new,120,2025-Q4",
    ]
    tried = await send(service, *rows, dry_run="true", reason="Decision 546")
    assert (tried.status_code, counts(tried)) == (207, {"rows": 3, "set": 1, "revised": 1, "refused": 1})
    assert tried.json()["dry_run"]
    revised, new, refused = tried.json()["lines"]
    assert revised == {
        "line": 2,
        "result": "revised",
        "target_id": target["id"],
        "value_before": 100,
        "value": 150,
        "from": "2025-10-25",
        "problem": None,
    }
    assert (new["line"], new["result"], new["value"], new["target_id"]) == (3, "set", 120, None)
    assert (refused["line"], refused["problem"]["errors"][0]["pointer"]) == (4, "/unit_code")
    assert await targets(service) == [target]
    done = await send(service, *rows, reason="Decision 546")
    assert (done.status_code, counts(done)) == (207, counts(tried))
    assert done.json()["lines"][0] == revised
    assert [(t["value"], t["version"]) for t in await targets(service)] == [(120, 1), (150, 2)]


async def test_a_dry_run_of_new_rows_alone_is_answered_200(service: TargetsService) -> None:
    tried = await send(service, HEADER, "15142,household_health,new,150,2025-Q4", dry_run="true")
    assert (tried.status_code, counts(tried)) == (200, {"rows": 1, "set": 1})


async def test_a_changed_value_is_a_revision_with_its_day_and_its_reason(service: TargetsService) -> None:
    target = await service.target()
    service.runtime.clock.pin(date(2025, 11, 8))
    names = "unit_code,scheme,measure,value,starts_on,ends_on,from,reason"
    row = "15142,household_health,new,200,2025-11-03,2025-11-14,2025-11-05,Decision 546"
    answer = await send(service, names, row)
    assert (answer.status_code, counts(answer)) == (200, {"rows": 1, "revised": 1})
    [_, change] = (await service.http.get(f"/v1/targets/{target['id']}/history")).json()["items"]
    shown = ("version", "value_before", "value", "from", "reason")
    assert tuple(change[name] for name in shown) == (2, 100, 200, "2025-11-05", "Decision 546")
    [event] = await service.published("drive.target.revised")
    assert (event.data.value_before, event.data.value, event.data.holds_from) == (100, 200, date(2025, 11, 5))
    assert await service.transitions() == ["fell_behind"]
    again = await send(service, names, row)
    assert counts(again) == {"rows": 1, "same": 1}
    assert (await targets(service))[0]["version"] == 2


async def test_day_and_reason_of_the_query_are_of_rows_without_their_own(service: TargetsService) -> None:
    await service.target(starts_on="2025-10-01", ends_on="2025-12-31")
    await service.target(scope={"unit_code": "15127"})
    rows = (
        f"{HEADER},starts_on,ends_on,reason",
        "15142,household_health,new,150,2025-Q4,,,Its own",
        "15127,household_health,new,150,,2025-11-03,2025-11-14,",
    )
    answer = await send(service, *rows, **{"reason": "Of all", "from": "2025-10-10"})
    assert [line["from"] for line in answer.json()["lines"]] == ["2025-10-10", "2025-11-03"]
    changes = await service.rows("SELECT reason FROM target_changes ORDER BY reason")
    assert [row.reason for row in changes] == ["Its own", "Of all"]


async def test_a_row_with_a_version_that_was_not_the_last_is_refused_unless_it_changes_nothing(
    service: TargetsService,
) -> None:
    target = await service.target()
    names = "id,version,unit_code,scheme,measure,value,starts_on,ends_on,reason"
    what = f"{target['id']},1,15142,household_health,new"
    revised = await send(service, names, f"{what},150,2025-11-03,2025-11-14,More")
    assert counts(revised) == {"rows": 1, "revised": 1}
    again = await send(service, names, f"{what},150,2025-11-03,2025-11-14,More")
    assert counts(again) == {"rows": 1, "same": 1}
    stale = await send(service, names, f"{what},170,2025-11-03,2025-11-14,More")
    assert refusals(stale) == {2: ("stale-version", ["/version"])}


async def test_a_list_that_was_exported_is_taken_with_its_columns(service: TargetsService) -> None:
    await service.target(name="Sprint")
    [target] = await targets(service)
    flat = {**target.pop("scope"), **target}
    cells = ["" if value is None else str(value) for value in flat.values()]
    same = await send(service, ",".join(flat), ",".join(cells))
    assert counts(same) == {"rows": 1, "same": 1}
    renamed = await send(service, ",".join(flat), ",".join(cells).replace("Sprint", "Another"))
    assert refusals(renamed) == {2: ("invalid", ["/id"])}
    withdrawn = flat | {"withdrawn_on": "2025-10-25"}
    kept = await send(service, ",".join(flat), ",".join("" if v is None else str(v) for v in withdrawn.values()))
    assert refusals(kept) == {2: ("invalid", ["/withdrawn_on"])}


async def test_each_bad_row_is_named_by_line_and_column_and_the_others_are_set(service: TargetsService) -> None:
    await service.target(starts_on="2025-09-01", ends_on="2025-09-30")
    whole = await service.target(scope={"unit_code": "CS-CT"}, value=300)
    names = (
        "unit_code,organisation_code,collector_code,scheme,measure,value,period,starts_on,ends_on,parent_id,from,reason"
    )
    answer = await send(
        service,
        names,
        "15142,,,household_health,new,120,2025-Q4,,,,,",
        "15142,,,household_health,new,1.500,2026,,,,,",
        "15142,,,household_health,coverage,95,2026,,,,,",
        "15142,,,household_health,coverage,95%,2026,,,,,",
        "15142,,,household_health,new,0,2026,,,,,",
        "15142,,,household,new,10,2026,,,,,",
        "15142,,,household_health,,10,2026,,,,,",
        ",,,household_health,new,10,2026,,,,,",
        "nowhere,,,household_health,new,10,2026,,,,,",
        ",NL,CT-07,household_health,new,10,2026,,,,,",
        "15142,,,household_health,new,10,March,,,,,",
        "15142,,,household_health,new,10,2026,2026-01-02,,,,",
        "15142,,,household_health,new,10,,2026-01-02,,,,",
        "15142,,,household_health,new,10,,2026-01-02,2026-01-01,,,",
        "15142,,,household_health,new,50,,2025-09-01,2025-09-30,,,too late",
        "CS-CT,,,household_health,new,310,,2025-11-03,2025-11-14,,,",
        "CS-CT,,,household_health,new,310,,2025-11-03,2025-11-14,,2025-12-01,why",
        f"15142,,,household_health,new,10,2026,,,{whole['id']},,",
        f"15142,,,household_health,new,150,,2025-11-03,2025-11-14,{whole['id']},,",
        "15142,,,household_health,new,10,2027,,,,,,surplus",
    )
    assert (answer.status_code, counts(answer)) == (207, {"rows": 20, "set": 2, "refused": 18})
    assert refusals(answer) == {
        3: ("invalid", ["/value"]),
        4: ("invalid", ["/value"]),
        5: ("invalid-target", ["/unit_code"]),
        6: ("invalid-target", ["/value"]),
        7: ("invalid", ["/scheme"]),
        8: ("invalid", ["/measure"]),
        9: ("invalid-target", ["/unit_code"]),
        10: ("not-known-yet", ["/unit_code"]),
        11: ("invalid-target", ["/collector_code"]),
        12: ("invalid", ["/period"]),
        13: ("invalid", ["/period"]),
        14: ("invalid", ["/ends_on"]),
        15: ("invalid-target", ["/ends_on"]),
        16: ("target-over", []),
        17: ("invalid", [""]),
        18: ("invalid", [""]),
        19: ("invalid-target", ["/ends_on"]),
        21: ("invalid", [""]),
    }
    set_ = {line["line"] for line in answer.json()["lines"] if line["result"] == "set"}
    assert set_ == {2, 20}


async def test_a_value_that_changes_without_a_reason_is_refused(service: TargetsService) -> None:
    await service.target(starts_on="2025-10-01", ends_on="2025-12-31")
    answer = await send(service, HEADER, "15142,household_health,new,150,2025-Q4")
    assert refusals(answer) == {2: ("invalid", ["/reason"])}
    assert "the value changes from 100 to 150: say why" in answer.json()["lines"][0]["problem"]["detail"]


async def test_all_rows_of_one_target_are_refused_whatever_their_case(service: TargetsService) -> None:
    await service.handle([a_unit("V-1", CAM_THACH, "village")])
    rows = ("V-1,household_health,new,10,2026", "15142,household_health,new,10,2026")
    answer = await send(service, HEADER, *rows, "v-1,household_health,new,20,2026")
    assert counts(answer) == {"rows": 3, "set": 1, "refused": 2}
    assert refusals(answer) == {2: ("invalid", [""]), 4: ("invalid", [""])}
    assert answer.json()["lines"][0]["problem"]["detail"] == "lines 2, 4 are of the same target: leave one of them"


async def test_a_workbook_sets_what_csv_sets(service: TargetsService) -> None:
    await service.baseline(EVE)
    workbook = a_workbook(
        [
            ["unit_code", "scheme", "measure", "value", "period", "starts_on", "ends_on", "name"],
            ["15142", "household_health", "coverage", 0.9515, "2025-Q4", None, None, "Q4"],
            ["15127", "household_health", "new", 120, 2026, None, None, None],
            ["15127", "household_health", "new", 30.0, None, date(2025, 11, 3), date(2025, 11, 14), None],
        ]
    )
    workbook.worksheets[0]["D2"].number_format = "0.00%"
    answer = await send_workbook(service, workbook)
    assert (answer.status_code, counts(answer)) == (201, {"rows": 3, "set": 3})
    assert [(t["value"], t["starts_on"]) for t in await targets(service)] == [
        (0.9515, "2025-10-01"),
        (30, "2025-11-03"),
        (120, "2026-01-01"),
    ]
    again = await send(
        service, HEADER, "15142,household_health,new,5,2026", "15127,household_health,new,120,2026", dry_run="true"
    )
    assert counts(again) == {"rows": 2, "set": 1, "same": 1}


async def in_no_time(
    service: TargetsService, lines: list[str], act: Any = take_rows, has_time: Callable[[], bool] = lambda: False
) -> list[str]:
    """What becomes of each row of a request whose time is over when it begins, or after some looks at the clock."""
    context = context_of(service.runtime.clock, actor=Actor("BHXH-38", "a client", frozenset()))
    rows = await read_rows(csv_rows("\n".join(lines).encode(), COLUMNS, 1000))
    done = await act(service.runtime.database, context, rows, OfAll(), has_time=has_time)
    assert [each.line for each in done] == list(range(2, len(lines) + 1))
    return [each.result for each in done]


async def villages(service: TargetsService) -> list[str]:
    """A file of 120 rows, each of a village of its own."""
    await service.handle([a_unit(f"V-{n}", CAM_THACH, "village") for n in range(120)])
    return [HEADER, *(f"V-{n},household_health,new,{n + 1},2026" for n in range(120))]


async def test_rows_that_are_not_reached_in_time_are_left_and_set_when_the_file_is_sent_again(
    service: TargetsService,
) -> None:
    lines = await villages(service)
    assert await in_no_time(service, lines) == ["set"] * 50 + ["left"] * 70
    assert await in_no_time(service, lines) == ["same"] * 50 + ["set"] * 50 + ["left"] * 20
    answer = await send(service, *lines)
    assert (answer.status_code, counts(answer)) == (201, {"rows": 120, "set": 20, "same": 100})


async def test_each_answer_makes_progress_even_where_there_is_time_for_some_rows_alone(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("targets_api.imports.plans.ROWS_AT_ONCE", 50)
    lines = await villages(service)
    assert await in_no_time(service, lines) == ["set"] * 50 + ["left"] * 70
    assert await in_no_time(service, lines) == ["left"] * 50 + ["set"] * 50 + ["left"] * 20
    assert await in_no_time(service, lines) == ["left"] * 100 + ["set"] * 20
    assert counts(await send(service, *lines)) == {"rows": 120, "same": 120}


async def test_what_is_set_in_time_is_set_before_the_rest_is_looked_at(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("targets_api.imports.plans.ROWS_AT_ONCE", 50)
    lines = await villages(service)
    looks = iter([True, True, False])
    found = await in_no_time(service, lines, has_time=lambda: next(looks, False))
    assert found == ["set"] * 100 + ["left"] * 20
    assert len(await targets(service)) == 100


async def test_a_dry_run_says_how_far_it_came(service: TargetsService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("targets_api.imports.plans.ROWS_AT_ONCE", 50)
    lines = await villages(service)
    lines[-1] = "V-119,household_health,new,many,2026"
    assert await in_no_time(service, lines, try_rows) == ["set"] * 50 + ["left"] * 69 + ["refused"]
    assert await targets(service) == []


async def test_rows_of_one_target_are_refused_however_far_apart(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("targets_api.imports.plans.ROWS_AT_ONCE", 50)
    lines = await villages(service)
    lines.append("v-0,household_health,new,7,2026")
    assert await in_no_time(service, lines) == ["refused"] + ["set"] * 49 + ["left"] * 70 + ["refused"]


async def test_new_rows_and_changed_ones_are_done_in_their_order(service: TargetsService) -> None:
    lines = await villages(service)
    assert counts(await send(service, HEADER, *lines[1::2])) == {"rows": 60, "set": 60}
    changed = [f"{HEADER},reason", *(line.replace(",new,", ",new,9") + ",more" for line in lines[1:])]
    assert await in_no_time(service, changed) == ["revised", "set"] * 25 + ["left"] * 70


async def test_only_who_sets_targets_sends_a_file(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    reader = await client_for(create_app(service.runtime), token_for(service.runtime, scope="progress:read"))
    answer = await reader.post("/v1/targets/imports", content=b"", headers={"Content-Type": "text/csv"})
    assert answer.status_code == 403
