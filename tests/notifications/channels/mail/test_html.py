"""The HTML of a mail and its picture: complete in itself, safe whatever a name holds, and drawn from what is known."""

from __future__ import annotations

import re
import struct
from datetime import date
from email.message import EmailMessage, MIMEPart
from html.parser import HTMLParser
from typing import Any

import pytest

from notifications.channels.mail.chart import course_of, png_of, svg_of
from notifications.messages.outgoing_message import Notice
from tests.notifications.channels.mail.test_send import a_mail_receiver, a_service_with_mail
from tests.notifications.channels.mail.test_text import ALERT, HERE, a_notice, message, read
from tests.notifications.service import MakeService, an_episode


def part(mail: EmailMessage, kind: str) -> MIMEPart[Any, Any]:
    """The one part of this type."""
    [found] = [each for each in mail.walk() if each.get_content_type() == kind]
    return found


def html_of(mail: EmailMessage) -> str:
    """Its HTML."""
    return str(part(mail, "text/html").get_content())


class Page(HTMLParser):
    """The tags of a page, and what can be read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.words.extend(data.split())

    @property
    def text(self) -> str:
        """All in one line."""
        return " ".join(self.words)


async def test_a_mail_arrives_with_text_html_and_a_picture_that_the_html_shows(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver)
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    [mail] = receiver.mails
    assert mail.get_content_type() == "multipart/alternative"
    image = part(mail, "image/png")
    assert image["content-id"] == f"<chart.{str(mail['message-id'])[1:-1]}>"
    assert image.get_content_disposition() == "inline"
    [(_, shown)] = [tag for tag in Page(html_of(mail)).tags if tag[0] == "img"]
    assert shown["src"] == f"cid:{image['content-id'][1:-1]}"
    assert shown["alt"] == "Chart of the pace: 6.2% of the way reached by 2025-10-26, 27% expected."


def test_the_html_says_what_the_text_says() -> None:
    mail = read(message(a_notice()))
    html = Page(html_of(mail)).text
    plain = mail.get_body(("plain",))
    assert plain
    for line in re.split(r"\n\s*", re.sub(r"^(\d\.|\S.*?:) +", "", str(plain.get_content()), flags=re.MULTILINE)):
        assert " ".join(line.split()) in html


def test_the_html_of_several_alerts_has_each_with_its_link_and_no_picture() -> None:
    notices = [a_notice(unit_name=f"Xã {n}") for n in range(3)]
    mail = read(message(*notices, group_code="unit:BHXH-CT", group_name="BHXH cơ sở Cẩm Thủy"))
    page = Page(html_of(mail))
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links[:3] == [f"{HERE.public_url}/v1/alerts/{notice.alert.id}" for notice in notices]
    assert not [each for each in mail.walk() if each.get_content_type() == "image/png"]
    assert "img" not in {tag for tag, _ in page.tags}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{ 7 * 7 }}", "&lt;b&gt;"])
def test_a_name_is_shown_as_it_is_and_adds_no_markup(name: str) -> None:
    plain, odd = (Page(html_of(read(message(a_notice(unit_name=each))))) for each in ("Xã", name))
    assert [tag for tag, _ in odd.tags] == [tag for tag, _ in plain.tags]
    assert " ".join(name.split()) in odd.text


@pytest.mark.parametrize("n", [1, 3])
def test_nothing_is_loaded_from_elsewhere(n: int) -> None:
    html = html_of(read(message(*(a_notice() for _ in range(n)))))
    assert "url(" not in html
    for tag, attributes in Page(html).tags:
        assert tag not in {"script", "link", "iframe", "object", "form"}
        assert str(attributes.get("src", "cid:")).startswith("cid:")


def test_it_fits_narrow_and_dark_screens() -> None:
    html = html_of(read(message(a_notice())))
    assert 'name="viewport" content="width=device-width' in html
    assert "prefers-color-scheme: dark" in html
    assert not re.search(r"(?<!-)width:[6-9]\d\d+px", html)


def a_course(*known: tuple[date, float, float]) -> Notice:
    """An alert whose figures were these, the last one now."""
    figures = [
        ALERT.figures.model_copy(update={"on": on, "attained": reached, "expected": expected})
        for on, reached, expected in known
    ]
    alert = ALERT.model_copy(update={"figures": figures[-1]})
    return Notice("worsened", alert, ALERT.raised_at, (), tuple(figures[:-1]))


def test_the_picture_shows_what_was_reached_and_expected_at_each_change_and_where_it_should_end() -> None:
    notice = a_course((date(2025, 11, 1), 0.1, 0.3), (date(2025, 12, 1), 0.4, 0.6))
    course = course_of(notice)
    assert [y for _, y in course.reached] == [0.0, 0.1, 0.4]
    assert [y for _, y in course.expected] == [0.0, 0.3, 0.6, 1.0]
    assert [x for x, _ in course.expected] == [0.0, 31 / 91, 61 / 91, 1.0]


@pytest.mark.parametrize("reached", [-0.5, 0.0, 3.0, 1e9])
def test_what_is_beyond_the_picture_is_drawn_at_its_edge(reached: float) -> None:
    svg = svg_of(course_of(a_course((date(2025, 12, 31), reached, 1.0))))
    heights = [float(each) for each in re.findall(r"[\d.]+,([-\d.]+)", svg)]
    assert all(0 <= height <= 170 for height in heights)


def test_a_target_of_one_day_can_be_drawn() -> None:
    one_day = a_course((date(2025, 10, 1), 0.5, 1.0))
    alert = one_day.alert.model_copy(update={"ends_on": date(2025, 10, 1)})
    assert course_of(Notice("raised", alert, ALERT.raised_at)).reached == [(0.0, 0.0), (0.0, 0.5)]


def test_the_picture_is_a_small_png_for_fine_screens() -> None:
    picture = png_of(course_of(a_course((date(2025, 11, 1), 0.1, 0.3), (date(2025, 12, 1), 0.4, 0.6))))
    assert struct.unpack(">II", picture[16:24]) == (1120, 340)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 30_000


async def test_the_picture_of_a_later_mail_has_the_figures_of_those_before(make_service: MakeService) -> None:
    service = await make_service(smtp_url="smtp://127.0.0.1:9")
    await service.put_route("mail", "ops@example.org")
    lag = an_episode()
    for event in (lag.fell_behind(), lag.worsened()):
        await service.handle(event)
        await service.execute(
            "UPDATE deliveries SET alert = jsonb_set(alert, '{figures,attained}', to_jsonb(alert_version / 10.0))"
        )
    [claimed] = await service.claim()
    [notice] = claimed.notices
    assert [each.attained for each in (*notice.course, notice.alert.figures)] == [0.1, 0.2]
