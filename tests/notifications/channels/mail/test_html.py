"""The HTML of a mail and its pictures: complete in itself, safe whatever a name holds, and drawn from what is known."""

from __future__ import annotations

import re
import struct
from datetime import date
from email.message import EmailMessage, MIMEPart
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.mail import pictures
from notifications.channels.mail.chart import course_of, png_of, svg_of
from notifications.channels.mail.compose import Sender
from notifications.channels.mail.rendering import Renderer
from notifications.messages.outgoing_message import Notice
from services.ids import new_id
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
    assert image["content-id"] == f"<chart1.{str(mail['message-id'])[1:-1]}>"
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


def images_of(mail: EmailMessage) -> dict[str, bytes]:
    """The pictures by the addresses that HTML has for them."""
    found = [each for each in mail.walk() if each.get_content_type() == "image/png"]
    return {f"cid:{each['content-id'][1:-1]}": each.get_content() for each in found}


def shown_in(mail: EmailMessage) -> dict[str, str]:
    """Addresses of pictures in the HTML, in their order, with the alternative texts."""
    images = [attributes for tag, attributes in Page(html_of(mail)).tags if tag == "img"]
    return {str(each["src"]): str(each["alt"]) for each in images}


def lagging(short_by: int, reached: float, *, change: Any = "raised", **changed: Any) -> Notice:
    """An alert of a group."""
    figures = ALERT.figures.model_copy(update={"short_by": short_by, "attained": reached})
    return a_notice(change, figures=figures, **changed)


def test_the_html_of_several_alerts_has_each_with_its_link() -> None:
    notices = [a_notice(unit_name=f"Xã {n}") for n in range(3)]
    mail = read(message(*notices, group_code="unit:BHXH-CT", group_name="BHXH cơ sở Cẩm Thủy"))
    page = Page(html_of(mail))
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links[:3] == [f"{HERE.public_url}/v1/alerts/{notice.alert.id}" for notice in notices]


def test_the_gravest_few_of_several_alerts_have_their_pictures_beside_them() -> None:
    notices = [
        lagging(90, 0.01, status="resolved", change="resolved"),
        lagging(80, 0.02, severity="warning"),
        *(lagging(10 * n, n / 10, unit_name=f"Xã {n}") for n in range(1, 7)),
    ]
    mail = read(message(*notices))
    shown, images = shown_in(mail), images_of(mail)
    assert list(shown) == list(images)
    assert [re.findall("đạt ([0-9]+)%", words)[0] for words in shown.values()] == ["60", "50", "40", "30", "20"]
    assert len(set(images.values())) == len(images)
    html = html_of(mail)
    for n, cid in zip((6, 5, 4, 3, 2), shown, strict=True):
        assert html.index(f"Xã {n}") < html.index(cid) < html.index(f"Xã {n - 1}")


def test_pictures_of_several_alerts_are_small_and_the_same_ones_stand_in_both_languages() -> None:
    mail = read(message(*(lagging(10 * n, n / 10) for n in range(1, 7)), language="both"))
    images = images_of(mail)
    assert {struct.unpack(">II", each[16:24]) for each in images.values()} == {(560, 170)}
    assert html_of(mail).count('src="cid:') == 2 * len(images) == 10


def test_no_two_mails_name_their_pictures_alike() -> None:
    notices = [a_notice(), a_notice()]
    first, second = (images_of(read(message(*notices, id=new_id()))) for _ in range(2))
    assert not first.keys() & second.keys()


def test_a_picture_that_cannot_be_drawn_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise ValueError("no such picture")

    monkeypatch.setattr(pictures, "png_of", fail)
    for notices in ([a_notice()], [a_notice(), a_notice()]):
        mail = read(message(*notices))
        assert not images_of(mail)
        assert not shown_in(mail)


def test_a_picture_that_no_template_shows_is_not_attached(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_text("<p>{{ view.opening }}</p>")
    own = Sender("drive@bhxh.example", renderer=Renderer(tmp_path))
    assert not images_of(read(message(a_notice(), a_notice()), own))


def test_a_mail_of_many_alerts_is_small() -> None:
    pictures = images_of(read(message(*(a_notice() for _ in range(100)))))
    assert sum(map(len, pictures.values())) < 50_000


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
    course = course_of(notice.alert, notice.course)
    assert [y for _, y in course.reached] == [0.0, 0.1, 0.4]
    assert [y for _, y in course.expected] == [0.0, 0.3, 0.6, 1.0]
    assert [x for x, _ in course.expected] == [0.0, 31 / 91, 61 / 91, 1.0]


@pytest.mark.parametrize("reached", [-0.5, 0.0, 3.0, 1e9])
def test_what_is_beyond_the_picture_is_drawn_at_its_edge(reached: float) -> None:
    svg = svg_of(course_of(a_course((date(2025, 12, 31), reached, 1.0)).alert))
    heights = [float(each) for each in re.findall(r"[\d.]+,([-\d.]+)", svg)]
    assert all(0 <= height <= 170 for height in heights)


def test_a_target_of_one_day_can_be_drawn() -> None:
    one_day = a_course((date(2025, 10, 1), 0.5, 1.0))
    alert = one_day.alert.model_copy(update={"ends_on": date(2025, 10, 1)})
    assert course_of(alert).reached == [(0.0, 0.0), (0.0, 0.5)]


def test_the_picture_is_a_small_png_for_fine_screens() -> None:
    notice = a_course((date(2025, 11, 1), 0.1, 0.3), (date(2025, 12, 1), 0.4, 0.6))
    picture = png_of(course_of(notice.alert, notice.course))
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


async def test_pictures_of_a_group_have_the_figures_of_the_mails_before(make_service: MakeService) -> None:
    service = await make_service(smtp_url="smtp://127.0.0.1:9")
    await service.put_route("mail", "ops@example.org")
    lags = [an_episode(), an_episode()]
    for events in ([lag.fell_behind() for lag in lags], [lag.worsened() for lag in lags]):
        for event in events:
            await service.handle(event)
        await service.execute(
            "UPDATE deliveries SET alert = jsonb_set(alert, '{figures,attained}', to_jsonb(alert_version / 10.0))"
        )
    [claimed] = await service.claim()
    assert [[each.attained for each in notice.course] for notice in claimed.notices] == [[0.1], [0.1]]
