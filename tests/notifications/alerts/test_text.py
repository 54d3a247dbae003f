"""Alerts are found by words of names and codes, as people type them."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Text, column, func, literal, literal_column, select

from services.names import FOLDED, words_of
from services.persistence.words import words_in
from services.vocabulary import Scope
from tests.notifications.service import Episode, NotificationsService, an_episode, an_organisation


async def found(service: NotificationsService, words: str) -> set[str]:
    """What the alerts are about that are listed."""
    return {alert["unit_name"] or alert["subject"]["collector_code"] for alert in await service.alerts(text=words)}


async def test_each_word_begins_one_of_a_name_or_a_code_whatever_case_and_marks_it_has(
    service: NotificationsService,
) -> None:
    of_collector = Scope(collector_code="CT-07")
    await service.handle(
        an_episode(unit_name="Xã Cẩm Thạch").fell_behind(),
        an_episode(unit_name="Xã Đường Cẩm", path=("38", "BHXH-BT", "15127")).fell_behind(),
        an_episode(
            unit_name=None, path=(), scope=of_collector, organisations=("BD-CAM-THUY",), name="Q4"
        ).fell_behind(),
    )
    for words, expected in {
        "cam thach": {"Xã Cẩm Thạch"},
        "THẠCH cẩm": {"Xã Cẩm Thạch"},
        "Ca\u0302\u0309m Tha": {"Xã Cẩm Thạch"},
        "xa cam": {"Xã Cẩm Thạch", "Xã Đường Cẩm"},
        "duong": {"Xã Đường Cẩm"},
        "15127": {"Xã Đường Cẩm"},
        "bd-cam-thuy": {"CT-07"},
        "ct-07 q4": {"CT-07"},
        "hach": set(),
        "ct | 15127": set(),
        "cam' & !x:*": {"Xã Cẩm Thạch", "Xã Đường Cẩm"},
    }.items():
        assert await found(service, words) == expected, words


def of_organisation(code: str, **more: Any) -> Episode:
    """A lag of an organisation."""
    return an_episode(scope=Scope(organisation_code=code), organisations=(code, "VNPOST"), **more)


async def owners(service: NotificationsService, words: str) -> list[tuple[str, str | None]]:
    """Whose alerts are listed: codes with names."""
    return sorted((alert["owner"], alert["owner_name"]) for alert in await service.alerts(text=words))


async def test_alerts_are_found_by_the_name_of_the_organisation_that_they_belong_to(
    service: NotificationsService,
) -> None:
    await service.register_organisations(
        an_organisation("A1", "Bưu điện Quan Hóa"),
        an_organisation("A2", "Bưu điện Quan Sơn"),
        an_organisation("VNPOST", "Tổng công ty"),
    )
    await service.handle(*(of_organisation(code, unit_name=None, path=()).fell_behind() for code in ("A1", "A2")))
    first, second = ("A1", "Bưu điện Quan Hóa"), ("A2", "Bưu điện Quan Sơn")
    for words, expected in {
        "buu dien quan hoa": [first],
        "Bưu điện": [first, second],
        "quan son": [second],
        "quan a1": [first],  # a word of the name, and one of the code
        "quan xa": [],
        "tong cong ty": [],  # that of the one above
    }.items():
        assert await owners(service, words) == expected, words
    everything = {"limit": 1, "text": "quan"}
    [newest] = await service.alerts(**everything)
    [oldest] = await service.alerts(**everything, after=newest["id"])
    assert (newest["owner"], oldest["owner"]) == ("A2", "A1")


async def test_an_organisation_that_is_renamed_is_found_by_its_new_name_alone_from_then_on(
    service: NotificationsService,
) -> None:
    await service.handle(of_organisation("A1", unit_name=None, path=()).fell_behind())
    assert await owners(service, "a1") == [("A1", None)]
    for version, name in ((1, "Bưu điện Quan Hóa"), (3, "Bưu cục Hồi Xuân"), (2, "Bưu điện Bá Thước"), (3, "again")):
        await service.register_organisations(an_organisation("A1", name, version))
    assert await owners(service, "hoi xuan") == [("A1", "Bưu cục Hồi Xuân")]
    for former in ("quan hoa", "ba thuoc", "again"):
        assert await owners(service, former) == []


async def test_words_narrow_further_and_hold_for_own_alerts_and_files(service: NotificationsService) -> None:
    await service.handle(an_episode().fell_behind(), an_episode().fell_behind(severity="critical"))
    assert len(await service.alerts(text="cam")) == 2
    [alert] = await service.alerts(text="cam", severity="critical")
    answer = await service.client.get(
        "/v1/alerts", params={"text": "cam", "severity": "critical"}, headers={"Accept": "text/csv"}
    )
    assert [row["id"] for row in csv.DictReader(answer.text.removeprefix("\ufeff").splitlines())] == [alert["id"]]


@pytest.mark.parametrize("words", ["", "-", "x" * 201])
async def test_what_has_no_words_is_refused_and_says_what_to_give(service: NotificationsService, words: str) -> None:
    answer = await service.client.get("/v1/alerts", params={"text": words})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/text")


_SIGNS = st.sampled_from([*FOLDED, *"abcxyz0189 -._/'\\&|!:*()@#\u00a0ßüçñ中"])


@given(st.lists(st.lists(_SIGNS, max_size=30).map("".join), min_size=1, max_size=50))
def test_no_word_holds_anything_but_small_letters_and_digits(texts: list[str]) -> None:
    for each in texts:
        assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words_of(each))


async def test_the_database_makes_the_same_words(service: NotificationsService) -> None:
    samples = [*FOLDED, "Xã Cẩm Thạch — (BD-CAM-THUY)", "15142-01", "ĐƯỜNG Ưu", " ", "ßüç中 a'b\\c:d*e", "a_b.c/d@e"]
    texts = func.unnest(literal(samples, ARRAY(Text))).table_valued(column("t", Text)).render_derived()
    words = func.tsvector_to_array(literal_column(words_in("t"))).label("words")
    async with service.runtime.database.read() as session:
        rows = (await session.execute(select(texts.c.t, words).select_from(texts))).mappings().all()
    assert {row["t"]: row["words"] for row in rows} == {each: sorted(set(words_of(each))) for each in samples}
