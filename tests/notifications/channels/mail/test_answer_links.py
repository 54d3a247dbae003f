"""Links in mails by which an alert is answered without an account."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.channels.answer_links import AnswerLinks
from notifications.channels.chat.compose import compose as compose_chat
from notifications.channels.mail.compose import compose_mail
from notifications.domain.answer_link import LIFETIME, LinkIsOver
from services.ids import new_id
from tests.notifications.action_links.steps import a_visitor
from tests.notifications.channels.mail.test_html import Page, html_of
from tests.notifications.channels.mail.test_send import a_mail_receiver, a_service_with_mail, text_of
from tests.notifications.channels.mail.test_text import FIRST, HERE, HOA, a_notice, message, plain, read
from tests.notifications.service import MakeService, an_episode

LINKS = AnswerLinks([b"k" * 32])
LINKING = replace(HERE, links=LINKS)
LINK = re.compile(r"https://drive\.bhxh\.example/a/(\S+)")


def hrefs(page: Page) -> list[str]:
    """What can be opened."""
    return [str(attributes["href"]) for tag, attributes in page.tags if tag == "a"]


def test_a_mail_of_an_open_alert_has_its_link_as_text_and_as_html() -> None:
    notice = a_notice()
    mail = read(message(notice), LINKING)
    [token] = LINK.findall(plain(mail))
    link = LINKS.read(token, FIRST.queued_at)
    assert (link.alert_id, link.route_name) == (notice.alert.id, "ops")
    assert LINKS.is_for(link, FIRST.address)
    assert not LINKS.is_for(link, "others@example.org")
    assert f"https://drive.bhxh.example/a/{token}" in hrefs(Page(html_of(mail)))
    assert "POST" not in plain(mail)


@pytest.mark.parametrize(
    ("change", "state", "links"),
    [
        ("raised", {"status": "open"}, 1),
        ("acknowledged", {"status": "acknowledged", "acknowledged_by": HOA}, 1),
        ("timed_out", {"status": "open"}, 1),
        ("reported", {"status": "reported", "acknowledged_by": HOA, "reported_by": HOA}, 0),
        ("resolved", {"status": "resolved", "resolution": "caught_up"}, 0),
    ],
)
def test_a_link_is_in_mails_as_long_as_somebody_is_to_act_or_report(
    change: str, state: dict[str, Any], links: int
) -> None:
    assert len(LINK.findall(plain(read(message(a_notice(change, **state)), LINKING)))) == links


def test_a_mail_of_several_alerts_has_a_link_for_each_that_is_open() -> None:
    notices = [a_notice(), a_notice("worsened"), a_notice("resolved", status="resolved", resolution="caught_up")]
    mail = read(message(*notices), LINKING)
    read_links = [LINKS.read(token, FIRST.queued_at).alert_id for token in LINK.findall(plain(mail))]
    assert set(read_links) == {notice.alert.id for notice in notices[:2]}
    assert len([href for href in hrefs(Page(html_of(mail))) if LINK.fullmatch(href)]) == 2


def test_without_a_public_address_there_is_no_link() -> None:
    mail = plain(read(message(a_notice()), replace(LINKING, public_url=None)))
    assert "/a/" not in mail
    assert "POST" in mail


def test_each_attempt_sends_the_same_link() -> None:
    sent = message(a_notice())
    assert compose_mail(replace(sent, attempt=2), LINKING).content == compose_mail(sent, LINKING).content


def test_a_chat_which_many_read_has_no_link() -> None:
    assert "/a/" not in compose_chat(message(a_notice()), LINKING).text


def test_a_link_holds_nothing_personal_and_mail_clients_find_its_end() -> None:
    for _ in range(200):
        token = LINKS.token(new_id(), "ops", "hoa.le@example.org", FIRST.queued_at)
        assert re.fullmatch(r"[A-Za-z0-9._-]+[A-Za-z0-9]", token)
    claims = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    assert "hoa" not in claims


@pytest.mark.parametrize(("report_due_in", "days"), [(None, 14), (3, 14), (30, 37)])
def test_a_link_is_good_for_two_weeks_or_a_week_after_the_report_is_due(report_due_in: int | None, days: int) -> None:
    queued: datetime = FIRST.queued_at
    due = queued + timedelta(days=report_due_in) if report_due_in else None
    [token] = LINK.findall(plain(read(message(a_notice(report_due_at=due)), LINKING)))
    end = queued + timedelta(days=days)
    assert timedelta(days=14) == LIFETIME
    assert LINKS.read(token, end - timedelta(seconds=1)).ends_at == end
    with pytest.raises(LinkIsOver):
        LINKS.read(token, end)


async def test_the_link_of_a_mail_that_was_sent_opens_the_page_of_its_alert(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver, public_url="http://test")
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    [link] = re.findall(r"http://test(/a/\S+)", text_of(receiver.mails[0]))
    async with a_visitor(service, link) as visitor:
        await visitor.sent(await visitor.open(), "acknowledge", name="Lê Thị Hoa")
    [alert] = await service.alerts()
    assert alert["acknowledged_by"]["name"] == "Lê Thị Hoa"
