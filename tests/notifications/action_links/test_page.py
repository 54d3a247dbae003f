"""What the page shows: the alert in words, in the language of who reads it, and how it stands."""

from __future__ import annotations

from typing import get_args

import pytest

from notifications.action_links.choices import FEW, choices
from notifications.action_links.language import WORDS, language_of
from notifications.action_links.words import Mistake
from notifications.domain.alert import Status
from notifications.domain.answer_link import FormNotConfirmed, LinkIsOver, LinkRevoked, NoSuchLink, TooManyAnswers
from notifications.domain.route import Language
from tests.notifications.action_links.steps import Answered, a_link, a_visitor, add_causes, an_answered_alert
from tests.notifications.service import MakeService


@pytest.mark.parametrize(
    ("asked", "route", "accepted", "shown"),
    [
        (None, "vi", "en", "vi"),
        (None, "en", "vi", "en"),
        ("en", "vi", "vi", "en"),
        ("vi", "en", "en", "vi"),
        ("xx", "en", "", "en"),
        (None, "both", "en-GB,en;q=0.9,vi;q=0.8", "en"),
        (None, "both", "fr, vi-VN;q=0.5", "vi"),
        (None, "both", "fr", "vi"),
        (None, None, "", "vi"),
        (None, None, "EN", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_that_of_the_route_else_of_the_browser(
    asked: str | None, route: Language | None, accepted: str, shown: str
) -> None:
    assert language_of(asked, route, accepted) == shown


async def test_the_page_says_what_the_alert_is_about_and_by_when_a_report_is_due(alert: Answered) -> None:
    page = await alert.visitor.open()
    for part in ("Xã Cẩm Thạch", "cảnh báo", "75,12%", "1.187 người", "Chưa ai tiếp nhận", "Hạn báo cáo:"):
        assert part in page.text
    assert page.forms.keys() == {"acknowledge", "report"}
    assert page.text.index("Nguyên nhân khác") > page.text.index("Người dân đi làm ăn xa")


async def test_the_page_is_in_the_language_of_the_route_and_switches(make_service: MakeService) -> None:
    alert = await an_answered_alert(make_service, language="en")
    async with a_visitor(alert.service, a_link(alert.service, alert.id)) as visitor:
        page = await visitor.open()
        assert ("html", {"lang": "en"}) in page.tags
        assert "Nobody has acknowledged this alert yet." in page.text
        assert "People work away from home" in page.text
        visitor.link += "?lang=vi"
        assert "Chưa ai tiếp nhận" in (await visitor.open()).text
        answer = await visitor.post(await visitor.open(), "acknowledge", name="A")
        assert answer.headers["location"].endswith("?lang=vi")


async def test_an_error_page_is_in_the_language_of_the_browser(alert: Answered) -> None:
    answer = await alert.visitor.client.get("/a/x", headers={"Accept-Language": "en-US"})
    assert "There is no such link" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_what_was_reported_and_how_it_ended_is_shown(alert: Answered) -> None:
    page = await alert.visitor.sent(await alert.visitor.open(), "report", **alert.report_form())
    assert "Nguyên nhân: Người dân đi làm ăn xa, Mức đóng cao so với thu nhập." in page.text
    assert "Biện pháp: 1 đang thực hiện, 0 đã xong, 0 quá hạn." in page.text
    assert "Báo cáo bổ sung" in page.text
    assert page.forms.keys() == {"report"}
    assert "required" not in dict(next(a for t, a in page.tags if a.get("id") == "what-1"))
    await alert.do("resolution", reason="Nhập sai")
    page = await alert.visitor.open()
    assert "Cảnh báo đã kết thúc lúc" in page.text
    assert page.forms == {}


def test_few_causes_are_shown_as_they_are_and_of_many_those_that_are_reported_often_come_first() -> None:
    few = {f"c{n:02}": f"Hộ {n}" for n in range(FEW)}
    other = {"other": "Khác"}
    assert choices(other | few, ["c03"]) == choices(few | other, [])
    assert (choices(other | few, []).first, choices(other | few, []).last) == (few, other)
    many = choices(few | other | {"e": "Ế", "đ": "Đi xa", "d": "Dân"}, ["other", "c03", "gone", "d"])
    assert (list(many.first), many.last) == (["c03", "d"], other)
    assert {letter: list(names) for letter, names in many.by_letter.items()} == {
        "Đ": ["đ"],
        "Ê": ["e"],
        "H": [code for code in sorted(few, key=lambda code: few[code]) if code != "c03"],
    }


async def test_of_a_long_catalogue_the_page_offers_first_what_is_reported_often_and_last_what_is_none(
    alert: Answered,
) -> None:
    await add_causes(alert.service, "abcd", 100)
    await alert.visitor.sent(await alert.visitor.open(), "report", **alert.report_form(cause=["d-9", "working_away"]))
    boxes = [given["id"] for _, given in (await alert.visitor.open()).tags if given.get("name") == "cause"]
    assert (set(boxes[:2]), boxes[-1]) == ({"cause-d-9", "cause-working_away"}, "cause-other")
    assert len(boxes) == len(set(boxes)) == 400


async def test_what_was_marked_of_a_long_catalogue_stays_in_sight(alert: Answered) -> None:
    await add_causes(alert.service, "abcd", 50)
    marked = [f"b-{n}" for n in range(1, 22)]
    page = await alert.visitor.refused(await alert.visitor.open(), "report", 422, **alert.report_form(cause=marked))
    assert "Nguyên nhân: hãy đánh dấu nhiều nhất 20 nguyên nhân" in page.text
    assert [("open" in given) for tag, given in page.tags if tag == "details"][:3] == [False, True, False]


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_every_language_has_words_for_every_state_mistake_and_error(words: object) -> None:
    assert vars_of(words, "states") == set(get_args(Status))
    assert vars_of(words, "mistakes") == set(get_args(Mistake))
    own = {each.code for each in (FormNotConfirmed, LinkIsOver, LinkRevoked, NoSuchLink, TooManyAnswers)}
    assert vars_of(words, "refusals") == own | {
        "malformed",
        "stale-version",
        "already-acknowledged",
        "already-resolved",
    }


def vars_of(words: object, name: str) -> set[str]:
    """For what there are words."""
    return set(getattr(words, name))
