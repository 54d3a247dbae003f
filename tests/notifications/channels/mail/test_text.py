"""What a mail says: who is meant, figures as people write them, what to do next, and which mails belong together."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from notifications.channels.mail.compose import Sender, compose_mail
from notifications.domain.alert import Report
from notifications.domain.route import Language
from notifications.messages.alert_snapshot import ShownPerson, ShownReport
from notifications.messages.outgoing_message import Notice, OutgoingMessage
from services.ids import new_id
from services.vocabulary import Scope
from tests.notifications.outgoing_message import an_outgoing_message

HERE = Sender("Drive <drive@bhxh.example>", "https://drive.bhxh.example")
FIRST = an_outgoing_message()
ALERT = FIRST.notices[0].alert
HOA = ShownPerson(subject="hoa.le", name="Lê Thị Hoa", organisation_code="BHXH-38")


def message(*notices: Notice, **more: Any) -> OutgoingMessage:
    """A message of these notices."""
    return replace(FIRST, notices=notices, **more)


def a_notice(change: Any = "raised", earlier: tuple[Any, ...] = (), **changed: Any) -> Notice:
    """Of an alert that differs in these fields."""
    return Notice(change, ALERT.model_copy(update={"id": new_id()} | changed), FIRST.queued_at, earlier)


def a_report(*, planned: int = 0, missed: int = 0) -> ShownReport:
    """Of one cause, and so many remedies."""
    return ShownReport.model_validate(Report(("cost",), planned=planned, missed=missed))


def read(sent: OutgoingMessage, sender: Sender = HERE) -> EmailMessage:
    """As a mail client reads it."""
    return email.message_from_bytes(compose_mail(sent, sender).content, EmailMessage, policy=email.policy.default)


def plain(mail: EmailMessage) -> str:
    """Its text."""
    part = mail.get_body(("plain",))
    assert part
    content: str = part.get_content()
    return content


def text_of(sent: OutgoingMessage, sender: Sender = HERE) -> str:
    """The text, its lines joined."""
    return " ".join(plain(read(sent, sender)).split())


def test_a_mail_is_in_vietnamese_with_days_and_numbers_as_vietnamese_write_them() -> None:
    mail = read(message(a_notice()))
    assert mail["subject"] == "[CRITICAL] Xã Cẩm Thạch: đạt 6,2%, cần đạt 27% (BHYT hộ gia đình, tỷ lệ bao phủ)"
    text = text_of(message(a_notice()))
    for part in ("từ 01/10/2025 đến 31/12/2025", "1.187 người", "79,9 người mỗi ngày", "95,15%", "26/10/2025 08:30"):
        assert part in text


def test_targets_of_one_unit_are_told_apart_in_a_mail_of_several() -> None:
    text = text_of(message(*(a_notice(target_name=name) for name in ("Chỉ tiêu tỉnh giao", "Chỉ tiêu bổ sung"))))
    for name in ("Chỉ tiêu tỉnh giao", "Chỉ tiêu bổ sung"):
        assert f"({name}: tỷ lệ bao phủ: 95,15%, BHYT hộ gia đình, từ 01/10/2025 đến 31/12/2025)" in text


@pytest.mark.parametrize(("language", "parts"), [("vi", (1, 0)), ("en", (0, 1)), ("both", (1, 1))])
def test_a_mail_is_in_the_language_of_its_route_or_in_both_vietnamese_first(
    language: Language, parts: tuple[int, int]
) -> None:
    text = plain(read(message(a_notice(), language=language)))
    assert (text.count("Việc cần làm"), text.count("What to do")) == parts
    assert language != "both" or text.index("Việc cần làm") < text.index("What to do")


def test_a_mail_links_to_the_alert_and_says_how_to_acknowledge_it_and_what_is_to_be_reported() -> None:
    notice = a_notice()
    text = plain(read(message(notice)))
    link = f"https://drive.bhxh.example/v1/alerts/{notice.alert.id}"
    assert f"   {link}\n" in text
    assert f'   POST {link}/acknowledgement {{"version": 1}}\n' in text
    assert "nguyên nhân chậm, biện pháp, người thực hiện và thời hạn" in text_of(message(notice))


def test_without_a_public_address_a_mail_says_how_to_look_the_alert_up() -> None:
    notice = a_notice()
    text = text_of(message(notice), Sender("drive@bhxh.example"))
    assert f"GET /v1/alerts/{notice.alert.id}" in text
    assert "địa chỉ của dịch vụ notifications" in text


@pytest.mark.parametrize(
    ("scope", "owner", "named"),
    [
        (Scope(unit_code="15142"), None, "Xã Cẩm Thạch: "),
        (Scope(unit_code="15142", organisation_code="CT"), "CT", "Xã Cẩm Thạch, tổ chức dịch vụ thu CT: "),
        (Scope(unit_code="15142", collector_code="CT-07"), "CT", "tổ chức dịch vụ thu CT, nhân viên thu CT-07: "),
    ],
)
def test_the_subject_says_who_is_meant(scope: Scope, owner: str | None, named: str) -> None:
    assert named in read(message(a_notice(subject=scope, owner=owner)))["subject"]


def test_the_subject_of_a_collector_alone_names_the_organisation_too() -> None:
    sent = message(a_notice(subject=Scope(collector_code="CT-07"), unit_name=None, owner="CT"), language="en")
    assert str(read(sent)["subject"]).startswith("[CRITICAL] Organisation CT, collector CT-07: 6.2%")


def test_a_mail_of_several_alerts_names_the_group_how_many_and_each_with_its_link() -> None:
    notices = [
        a_notice(severity="warning", unit_name="Xã A"),
        a_notice(unit_name="Xã B"),
        a_notice("worsened", (new_id(),), severity="warning", unit_name="Xã C"),
        a_notice("acknowledged", status="acknowledged", acknowledged_by=HOA, unit_name="Xã D"),
        a_notice("resolved", status="resolved", resolution="withdrawn", unit_name="Xã E"),
    ]
    sent = message(*notices, group_code="unit:BHXH-CT", group_name="BHXH cơ sở Cẩm Thủy", more=12)
    mail, text = read(sent), text_of(sent)
    assert mail["subject"] == (
        "[CRITICAL] BHXH cơ sở Cẩm Thủy: 5 cảnh báo (1 nặng hơn, 2 mới, 1 đã tiếp nhận, 1 đã kết thúc)"
    )
    order = [text.index(f"- {name}") for name in ("Xã C", "Xã B", "Xã A", "Xã D", "Xã E")]
    assert order == sorted(order)
    assert all(f"https://drive.bhxh.example/v1/alerts/{notice.alert.id}, phiên bản 1" in text for notice in notices)
    assert "Xã D: Lê Thị Hoa (BHXH-38) đã tiếp nhận" in text
    assert "Xã E: chỉ tiêu đã được rút lại" in text
    assert "Còn 12 cảnh báo khác" in text
    assert "https://drive.bhxh.example/v1/alerts?status=open&under=BHXH-CT" in text


@pytest.mark.parametrize(
    ("changes", "tag"),
    [(["resolved"], "RESOLVED"), (["resolved", "acknowledged"], "ACKNOWLEDGED"), (["resolved", "raised"], "CRITICAL")],
)
def test_the_subject_begins_with_the_tag_of_what_needs_somebody_most(changes: list[str], tag: str) -> None:
    notices = [a_notice(change, acknowledged_by=HOA) for change in changes]
    assert str(read(message(*notices))["subject"]).startswith(f"[{tag}] ")


def test_a_resolved_mail_says_no_more_what_is_missing() -> None:
    figures = ALERT.figures.model_copy(update={"attained": 0.41, "expected": 0.4, "short_by": 0})
    sent = message(a_notice("resolved", (new_id(),), status="resolved", resolution="caught_up", figures=figures))
    assert read(sent)["subject"] == (
        "[RESOLVED] Xã Cẩm Thạch: đã đạt lại tiến độ, 41% chặng đường (BHYT hộ gia đình, tỷ lệ bao phủ)"
    )
    text = text_of(sent)
    assert "41% chặng đường; đến nay cần đạt 40%" in text
    assert "Còn thiếu" not in text
    assert "Cần thêm" not in text
    assert "acknowledgement" not in text


def test_a_mail_belongs_to_those_that_told_of_its_alerts_before() -> None:
    first, second, third = new_id(), new_id(), new_id()
    mail = read(message(a_notice("worsened", (second,)), a_notice("resolved", (first, third))))
    assert mail["message-id"] == f"<{FIRST.id}@bhxh.example>"
    assert str(mail["references"]).split() == [f"<{each}@bhxh.example>" for each in (first, second, third)]
    assert mail["in-reply-to"] == f"<{third}@bhxh.example>"
    assert read(message(a_notice()))["in-reply-to"] is None


@pytest.mark.parametrize("n", [1, 500])
@pytest.mark.parametrize("language", ["vi", "en", "both"])
def test_no_line_is_longer_than_a_mail_client_shows_but_for_addresses(language: Language, n: int) -> None:
    notices = [a_notice("worsened", tuple(new_id() for _ in range(3)), unit_name="Xã Cẩm Thạch " * 9) for _ in range(n)]
    sent = message(*notices, language=language, group_code="unit:BHXH-CT", group_name="BHXH cơ sở Cẩm Thủy")
    lines = plain(read(sent)).splitlines()
    assert all(len(line) <= 78 for line in lines if "https://" not in line)
    assert all(len(line) <= 998 for line in compose_mail(sent, HERE).content.split(b"\r\n"))


@pytest.mark.parametrize(
    ("state", "lapse"),
    [
        ({"status": "open"}, "nobody has acknowledged the alert in time"),
        ({"status": "open", "overdue_since": FIRST.queued_at}, "no report of causes and remedies has come in time"),
        ({"status": "reported", "report": a_report(missed=1)}, "a remedy was not done in time"),
        ({"status": "reported", "report": a_report(planned=1)}, "nobody has acknowledged the alert in time"),
    ],
)
def test_a_mail_of_an_escalation_says_the_level_and_what_was_not_done_in_time(
    state: dict[str, Any], lapse: str
) -> None:
    sent = message(a_notice("escalated", level=2, **state), language="en")
    assert str(read(sent)["subject"]).startswith("[CRITICAL] Xã Cẩm Thạch: level 2: 6.2% of the way, 27% expected")
    assert f"lags behind the target, and {lapse}. The alert is at level 2 now." in text_of(sent)


def test_a_mail_of_several_escalations_says_the_level_of_each() -> None:
    text = text_of(message(a_notice("escalated", level=1), a_notice("escalated", level=3)))
    assert "CHUYỂN CẤP TRÊN: 2" in text
    for level in (1, 3):
        assert f"Xã Cẩm Thạch: cấp {level}: nghiêm trọng, đạt 6,2%" in text


def test_a_mail_of_an_escalation_is_in_vietnamese() -> None:
    sent = message(a_notice("escalated", level=2))
    assert "[CRITICAL] Xã Cẩm Thạch: cấp 2: đạt 6,2%, cần đạt 27%" in str(read(sent)["subject"])
    assert "chưa có ai tiếp nhận cảnh báo đúng thời hạn. Cảnh báo nay ở cấp 2." in text_of(sent)
