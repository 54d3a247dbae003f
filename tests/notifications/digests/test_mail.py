"""The mail of a digest: text and HTML with the same words, pictures beside what they show, in each language."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from notifications.channels.chat.compose import compose as compose_chat
from notifications.channels.digest_samples import digests_of
from notifications.channels.mail.compose import Sender, compose_mail
from notifications.channels.mail.rendering import Renderer
from notifications.channels.templates import check_templates
from notifications.messages.digest_snapshot import MOST_CHARTS, DigestSnapshot
from notifications.messages.outgoing_message import DigestNotice, OutgoingMessage
from notifications.settings import NotificationsSettings
from services.errors import Invalid
from tests.notifications.channels.mail.test_html import Page, html_of
from tests.notifications.channels.mail.test_send import a_mail_receiver, text_of
from tests.notifications.channels.mail.test_text import a_notice, read
from tests.notifications.digests.steps import clock_looks, put_digest, put_director, wait_until
from tests.notifications.escalations.steps import from_now_on
from tests.notifications.handling.steps import Handled
from tests.notifications.outgoing_message import an_outgoing_message
from tests.notifications.service import MakeService, an_episode

HERE = Sender("Drive <drive@bhxh.example>", "https://drive.bhxh.example")
SAMPLES = dict(digests_of([a_notice(unit_name=f"Xã {n} <b>").alert for n in range(MOST_CHARTS)]))


def message(digest: DigestSnapshot, language: str = "vi") -> OutgoingMessage:
    """A message that tells it."""
    told = DigestNotice(digest, digest.until)
    return an_outgoing_message(language=language, notices=(), digest=told)


def pictures_of(mail: EmailMessage) -> dict[str, bytes]:
    """Content-IDs and PNGs."""
    parts = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    return {str(part["content-id"])[1:-1]: part.get_content() for part in parts}


async def test_it_arrives_with_text_html_and_pictures_that_the_html_shows(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await make_service(
            smtp_url=f"smtp://127.0.0.1:{receiver.port}", mail_from="Drive <drive@bhxh.example>"
        )
        await put_director(service, language="en")
        next_at = datetime.fromisoformat((await put_digest(service))["next_at"])
        lag = an_episode()
        await service.handle(lag.fell_behind(), lag.worsened(), an_episode(unit_name="Xã Cẩm Châu").fell_behind())
        wait_until(service, next_at + timedelta(days=1))  # for more than 24 hours nobody has acknowledged anything
        await clock_looks(service)
        assert await service.sender().send_due() == 1
    [mail] = receiver.mails
    [delivery] = await service.deliveries()
    assert mail["subject"] == "[DIGEST] Unit 38: open alerts: 2 (critical: 1), overdue: 2"
    assert (mail["to"], mail["auto-submitted"]) == ("director@example.org", "auto-generated")
    assert mail["message-id"] == f"<{delivery['id']}@bhxh.example>"
    assert (delivery["digest_name"], delivery["alert_id"], delivery["change"]) == ("thanh-hoa", None, None)
    assert mail.get_content_type() == "multipart/alternative"
    text = " ".join(text_of(mail).split())
    for part in (
        "Unit 38: daily digest, from ",
        "Critical: 1",
        "Xã Cẩm Thạch: critical, 6.2% of the way",
        "Unit BHXH-CT: critical 1",
    ):
        assert part in text
    images = [attributes for tag, attributes in Page(html_of(mail)).tags if tag == "img"]
    pictures = pictures_of(mail)
    assert [str(each["src"]) for each in images] == [f"cid:{cid}" for cid in pictures]
    assert len(images) == 2
    assert all(str(each["alt"]).startswith("Chart of the pace: 6.2% of the way reached") for each in images)
    assert all(png.startswith(b"\x89PNG") for png in pictures.values())


async def test_what_people_wrote_of_remedies_is_in_the_mail_and_not_stored_with_it(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await make_service(smtp_url=f"smtp://127.0.0.1:{receiver.port}")
        await put_director(service)
        next_at = (await put_digest(service))["next_at"]
        alert = await Handled(service).begin(from_now_on(service))
        await alert.do("report", **alert.report(alert.remedy(0, what="Phát tờ rơi", who="Chị Hoa")))
        wait_until(service, next_at)
        await alert.clock_looks()
        service.advance(days=1)
        await alert.clock_looks()
        await clock_looks(service)
        await service.sender().send_due()
    text = " ".join(text_of(receiver.mails[-1]).split())
    assert "biện pháp chưa thực hiện" in text
    assert "Phát tờ rơi (Chị Hoa)" in text
    [row] = await service.query("SELECT digest::text AS stored FROM deliveries WHERE digest_name IS NOT NULL")
    assert "rơi" not in row.stored
    assert "Hoa" not in row.stored


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("what", SAMPLES)
def test_the_html_says_what_the_text_says(what: str, language: str) -> None:
    mail = read(message(SAMPLES[what], language), HERE)
    shown = words_of(Page(html_of(mail)).text)
    for word in words_of(re.sub(r"https?://\S+", "", text_of(mail))):
        assert word in shown, word
    headings = [line for line in text_of(mail).splitlines() if line.isupper()]
    assert [" ".join(words_of(each)) in " ".join(shown) for each in headings] == [True] * len(headings)


def words_of(text: str) -> list[str]:
    """Words and figures, in whatever case."""
    return re.findall(r"[\w.,%/]*\w", text.casefold())


@pytest.mark.parametrize("what", SAMPLES)
def test_no_word_of_the_other_language_and_no_gap_is_in_it(what: str) -> None:
    for language, foreign in (("vi", "Open|Overdue|digest|alert"), ("en", "cảnh báo|Quá hạn|đến ")):
        mail = read(message(SAMPLES[what], language), HERE)
        told = re.sub(r"https?://\S+|\[DIGEST\]", "", str(mail["subject"]) + text_of(mail))
        assert not re.search(foreign, told)
        assert not re.search(r"None|\{|\}| :|\(\)|undefined", told)


def test_in_both_languages_each_picture_is_there_once() -> None:
    mail = read(message(SAMPLES["a digest by the week"], "both"), HERE)
    assert len(pictures_of(mail)) == MOST_CHARTS
    images = [attributes["src"] for tag, attributes in Page(html_of(mail)).tags if tag == "img"]
    assert len(images) == 2 * MOST_CHARTS
    assert "weekly digest" in text_of(mail)
    assert "bản tổng hợp hằng tuần" in text_of(mail)


def test_it_stays_small() -> None:
    content = compose_mail(message(SAMPLES["a digest by the week"], "both"), HERE).content
    assert len(content) < 100_000


def test_names_are_shown_as_they_are() -> None:
    html = html_of(read(message(SAMPLES["a digest by the day"]), HERE))
    assert "Xã 0 &lt;b&gt;" in html
    assert "<b>" not in html


def test_a_digest_of_nothing_says_so_and_when_the_next_one_comes() -> None:
    mail = read(message(SAMPLES["a digest of nothing"]), HERE)
    assert mail["subject"] == "[DIGEST] Tỉnh Thanh Hóa: không có cảnh báo nào đang mở"
    assert "Không có cảnh báo nào đang mở, và không có gì thay đổi" in text_of(mail)
    assert "Bản tổng hợp tiếp theo: 03/11/2025 07:30" in text_of(mail)
    assert pictures_of(mail) == {}


def test_a_chat_gets_a_few_lines() -> None:
    chat = compose_chat(message(SAMPLES["a digest by the week"], "en"), HERE)
    assert chat.title.startswith("[DIGEST] Tỉnh Thanh Hóa: open alerts: 2,468")
    assert "New alerts: 2; Got graver: 2" in chat.text
    assert "Overdue: 3,702" in chat.text
    assert len(chat.text) < 700
    assert chat.kind == "failure"


def test_templates_of_an_operator_lay_it_out(tmp_path: Path) -> None:
    (tmp_path / "digest.txt").write_text("{{ digest.name }}: {{ digest.open.critical }}, {{ view.title }}\n")
    (tmp_path / "digest.html").write_text("<p>{{ view.tasks | length }}</p>\n")
    mail = read(message(SAMPLES["a digest by the day"]), Sender("drive@bhxh.example", None, Renderer(tmp_path)))
    assert text_of(mail).startswith("thanh-hoa: 1234, Tỉnh Thanh Hóa: 2.468 cảnh báo đang mở")
    assert "<p>2</p>" in html_of(mail)
    assert pictures_of(mail) == {}  # none that the page does not show
    settings = NotificationsSettings.model_validate({"DRIVE_TEMPLATES_DIR": tmp_path})
    check_templates(settings)
    (tmp_path / "digest.html").write_text("{{ nothing }}")
    with pytest.raises(Invalid, match=r"digest\.html:1: 'nothing' is undefined"):
        check_templates(settings)
