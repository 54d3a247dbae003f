"""What a mail says of each change: what has happened, to whom, what is to be done next, and until when."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final, get_args

import pytest

from notifications.channels.answer_links import AnswerLinks
from notifications.channels.mail.compose import Sender
from notifications.channels.mail.english import ENGLISH
from notifications.channels.mail.entries import MOST_WHOLE
from notifications.channels.mail.vietnamese import VIETNAMESE
from notifications.domain.alert import ChangeKind, NoticeKind
from notifications.domain.route import Language
from notifications.messages.alert_snapshot import ShownReport
from notifications.messages.outgoing_message import Notice
from notifications.messages.told_report import ToldCause, ToldRemedy, ToldReport
from services.ids import new_id
from tests.notifications.channels.mail.test_html import Page, html_of
from tests.notifications.channels.mail.test_text import HERE, HOA, a_notice, message, read, text_of

DUE: Final = datetime(2025, 10, 29, 17, tzinfo=UTC)
"""The end of 29 October in Vietnam."""
UNTIL: Final = datetime(2025, 10, 27, 3, tzinfo=UTC)
REPORT: Final = ToldReport(
    (
        ToldCause("Người dân đi làm ăn xa", "People work away from home", None),
        ToldCause("Nguyên nhân khác", "Another cause", "cầu Cẩm Vân đang sửa"),
    ),
    (
        ToldRemedy(1, "Đến từng nhà ở bảy thôn.", "Bưu điện Cẩm Thủy", date(2025, 11, 15), "planned"),
        ToldRemedy(2, "Hội nghị khách hàng", "Trưởng thôn", date(2025, 10, 20), "missed"),
    ),
)
IN_SHORT: Final = ShownReport(
    causes=["working_away", "other"], planned=1, done=0, missed=0, dropped=0, next_due_on=date(2025, 11, 15)
)
OPEN: Final = {"report_due_at": DUE}
ACKNOWLEDGED: Final = OPEN | {"status": "acknowledged", "acknowledged_by": HOA, "acknowledged_until": UNTIL}
REPORTED: Final = ACKNOWLEDGED | {"status": "reported", "reported_by": HOA, "report": IN_SHORT}
MISSED: Final = REPORTED | {"report": IN_SHORT.model_copy(update={"missed": 1})}
OVER: Final = REPORTED | {"status": "resolved"}

CASES: Final[dict[str, tuple[NoticeKind, dict[str, Any], list[str], list[str]]]] = {
    "raised": (
        "raised",
        OPEN,
        ["chậm so với tiến độ", "Tiếp nhận cảnh báo", "chậm nhất là hết ngày 29/10/2025"],
        ["lags behind the target", "Acknowledge the alert", "report to the agency, by the end of 2025-10-29"],
    ),
    "raised again": (
        "raised",
        OPEN | {"earlier": (new_id(),)},
        ["lại chậm so với tiến độ", "nay được mở lại", "chậm nhất là hết ngày 29/10/2025"],
        ["lags behind the target again", "is open again", "by the end of 2025-10-29"],
    ),
    "worsened": (
        "worsened",
        OPEN | {"earlier": (new_id(),)},
        ["chậm nghiêm trọng hơn trước", "hết ngày 29/10/2025"],
        ["lags more gravely behind the target than before", "by the end of 2025-10-29"],
    ),
    "acknowledged": (
        "acknowledged",
        ACKNOWLEDGED,
        ["Lê Thị Hoa (BHXH-38) đã tiếp nhận", "Nếu đến 27/10/2025 10:00 (giờ Việt Nam) chưa có báo cáo"],
        ["acknowledged by Lê Thị Hoa of BHXH-38", "Without a report by 2025-10-27 10:00"],
    ),
    "timed out": (
        "timed_out",
        OPEN,
        ["vẫn chậm so với tiến độ", "chưa có báo cáo", "hết ngày 29/10/2025"],
        ["still lags behind the target", "nothing was reported", "by the end of 2025-10-29"],
    ),
    "reported": (
        "reported",
        REPORTED,
        [
            "Lê Thị Hoa (BHXH-38) đã báo cáo nguyên nhân và biện pháp",
            "Người dân đi làm ăn xa; Nguyên nhân khác (cầu Cẩm Vân đang sửa)",
            "Đến từng nhà ở bảy thôn. Người thực hiện: Bưu điện Cẩm Thủy. Thời hạn: hết ngày 15/11/2025",
            "thực hiện biện pháp đúng thời hạn",
            "Thời hạn gần nhất: hết ngày 15/11/2025.",
        ],
        [
            "Lê Thị Hoa of BHXH-38 has reported causes and remedies",
            "People work away from home; Another cause (cầu Cẩm Vân đang sửa)",
            "Đến từng nhà ở bảy thôn. By Bưu điện Cẩm Thủy, until the end of 2025-11-15",
            "carry the remedies out in time",
            "The next one is due by the end of 2025-11-15.",
        ],
    ),
    "remedy missed": (
        "remedy_missed",
        MISSED,
        [
            "có biện pháp không hoàn thành đúng thời hạn",
            "Hội nghị khách hàng. Người thực hiện: Trưởng thôn. Quá hạn: phải xong hết ngày 20/10/2025",
            "hoàn thành ngay biện pháp đã quá hạn",
        ],
        [
            "a remedy was not done in time",
            "Hội nghị khách hàng. By Trưởng thôn. Overdue: it was due by the end of 2025-10-20",
            "carry the overdue remedy out now",
        ],
    ),
    "escalated": (
        "escalated",
        OPEN | {"level": 2, "overdue_since": DUE},
        [
            "chưa có báo cáo nguyên nhân và biện pháp đúng thời hạn",
            "nay ở cấp 2",
            "Hạn báo cáo là hết ngày 29/10/2025, đã quá hạn",
        ],
        [
            "no report of causes and remedies has come in time",
            "at level 2 now",
            "The report was due by the end of 2025-10-29",
        ],
    ),
    "reminded": (
        "reminded",
        OPEN | {"earlier": (new_id(),), "raised_at": datetime(2025, 10, 24, 1, 30, tzinfo=UTC)},
        ["vẫn chậm so với tiến độ của chỉ tiêu từ ngày 24/10/2025 (ngày thứ 3)", "hết ngày 29/10/2025"],
        ["still lags behind the target, since 2025-10-24 (day 3)", "by the end of 2025-10-29"],
    ),
    "caught up": (
        "resolved",
        OVER | {"resolution": "caught_up", "earlier": (new_id(),)},
        ["đã đạt lại tiến độ", "không phải làm gì thêm"],
        ["has caught up with the target", "Nothing more is to be done"],
    ),
    "withdrawn": (
        "resolved",
        OVER | {"resolution": "withdrawn"},
        ["chỉ tiêu đã được rút lại", "không phải làm gì thêm"],
        ["the target was withdrawn", "Nothing more is to be done"],
    ),
    "ended by hand": (
        "resolved",
        OVER | {"resolution": "by_hand", "resolved_by": HOA, "resolution_reason": "nhập sai dân số"},
        ["Lê Thị Hoa (BHXH-38) đã kết thúc cảnh báo, không phải làm gì thêm. Lý do: nhập sai dân số"],
        ["Lê Thị Hoa of BHXH-38 has ended the alert. Nothing more is to be done about it. Reason: nhập sai dân số"],
    ),
}
_ONLY_VIETNAMESE: Final = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_GIVEN: Final = (
    "Xã Cẩm Thạch", "Lê Thị Hoa", "Bưu điện Cẩm Thủy", "Đến từng nhà ở bảy thôn", "Hội nghị khách hàng", "Trưởng thôn",
    "cầu Cẩm Vân đang sửa", "nhập sai dân số", "BHXH cơ sở Cẩm Thủy",
)  # fmt: skip
_ENGLISH_WORDS: Final = re.compile(r"\b(the|alert|alerts|report|target|of|by|is|was|and|remedy|done)\b", re.IGNORECASE)


def noticed(name: str) -> Notice:
    """The change of this case."""
    change, changed, _, _ = CASES[name]
    notice = a_notice(change, changed.get("earlier", ()), **{k: v for k, v in changed.items() if k != "earlier"})
    told = REPORT if change in ("reported", "remedy_missed") else None
    return Notice(change, notice.alert, notice.queued_at, notice.earlier, (), told)


def parts_of(name: str, language: str) -> list[str]:
    """What a mail has to say."""
    _, _, vietnamese, english = CASES[name]
    return vietnamese if language == "vi" else english


def test_there_is_a_case_for_each_change() -> None:
    assert {change for change, *_ in CASES.values()} == {*get_args(ChangeKind), "reminded"}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", CASES)
def test_a_mail_says_what_has_happened_to_whom_what_to_do_and_until_when(name: str, language: Language) -> None:
    mail = read(message(noticed(name), language=language))
    text, html = text_of(message(noticed(name), language=language)), Page(html_of(mail)).text
    for part in ["Xã Cẩm Thạch", *parts_of(name, language)]:
        assert part in text
        assert part in html


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_mail_of_several_says_of_each_what_has_happened_and_until_when(language: Language) -> None:
    text = text_of(message(*map(noticed, CASES), language=language, group_name="BHXH cơ sở Cẩm Thủy"))
    told = {
        "vi": ["Hạn báo cáo: hết ngày 29/10/2025", "Hạn báo cáo: hết ngày 29/10/2025, đã quá hạn", "Biện pháp 2: Hội"],
        "en": ["Report due: by the end of 2025-10-29", "by the end of 2025-10-29, overdue", "Remedy 2: Hội"],
    }
    happened = {
        "vi": ["có biện pháp quá hạn", "đã tiếp nhận nhưng chưa báo cáo", "Lê Thị Hoa (BHXH-38) đã kết thúc cảnh báo"],
        "en": ["a remedy is overdue", "acknowledged, but not reported", "ended by Lê Thị Hoa of BHXH-38"],
    }
    for part in (*told[language], *happened[language]):
        assert part in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", CASES)
def test_words_are_of_one_language_whole_and_composed(name: str, language: Language) -> None:
    sent = [message(noticed(name), language=language), message(noticed(name), noticed(name), language=language)]
    for each in sent:
        text = f"{read(each)['subject']} {text_of(each)}"
        assert unicodedata.is_normalized("NFC", text)
        assert not re.search(r"\bNone\b|[{}]\s*[a-z]|\(\)|\.\.|, ,|: :", re.sub(r"https://\S+|\{.*?\}", "", text))
        own = re.sub(rf"https?://\S+|POST .*?\}}|alerts:write|{'|'.join(map(re.escape, _GIVEN))}|\[[A-Z]+\]", "", text)
        wrong = _ONLY_VIETNAMESE if language == "en" else _ENGLISH_WORDS
        assert not wrong.findall(own)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_is_called_to_be_done_once_all_is_over(language: Language) -> None:
    words = VIETNAMESE if language == "vi" else ENGLISH
    over, still = (text_of(message(noticed(name), language=language)) for name in ("withdrawn", "raised"))
    assert (words.nothing_next in over, words.what_next in over) == (True, False)
    assert (words.nothing_next in still, words.what_next in still) == (False, True)


@pytest.mark.parametrize(("language", "says"), [("vi", "Báo cáo nguyên nhân"), ("en", "Report causes")])
def test_a_link_of_an_alert_that_somebody_acts_on_asks_for_a_report_alone(language: Language, says: str) -> None:
    sender = Sender("drive@bhxh.example", HERE.public_url, links=AnswerLinks([b"k" * 32]))
    text = text_of(message(noticed("acknowledged"), language=language), sender)
    assert f"1. {says}" in text
    words = VIETNAMESE if language == "vi" else ENGLISH
    of_several = text_of(message(noticed("acknowledged"), noticed("raised"), language=language), sender)
    assert f" {words.answer_label_taken}: https://" in of_several
    assert f" {words.answer_label}: https://" in of_several


@pytest.mark.parametrize(("more", "says"), [(1, "1 more alert of this group follows"), (2, "2 more alerts of this")])
def test_one_alert_is_not_called_several(more: int, says: str) -> None:
    assert says in text_of(message(noticed("raised"), noticed("raised"), more=more, language="en"))


def test_of_many_remedies_those_that_need_somebody_come_first_and_the_rest_is_counted() -> None:
    remedies = [ToldRemedy(n, f"Việc {n}", "xã", date(2025, 11, 15), "done") for n in range(1, 12)]
    late = ToldRemedy(12, "Việc 12", "xã", date(2025, 10, 15), "missed")
    notice = noticed("reported")
    told = Notice("reported", notice.alert, notice.queued_at, (), (), ToldReport((), [*remedies, late]))
    text = text_of(message(told))
    assert text.index("Biện pháp 12") < text.index("Biện pháp 1:")
    assert "Biện pháp 10:" not in text
    assert "Biện pháp khác: 2" in text


@pytest.mark.parametrize(("n", "language"), [(500, "vi"), (160, "both")])
def test_the_html_of_many_alerts_is_not_cut_off_by_mail_clients(n: int, language: Language) -> None:
    notices = [a_notice(unit_name=f"Xã Cẩm Thạch {n}", report_due_at=DUE) for n in range(n)]
    sent = message(*notices, language=language, group_name="BHXH cơ sở Cẩm Thủy")
    html = html_of(read(sent))
    assert len(html.encode()) < 100_000
    assert all(f"Xã Cẩm Thạch {each}" in html for each in range(n))
    links = [each for each in Page(html).tags if each[0] == "a" and f"{HERE.public_url}/v1/alerts/" in str(each[1])]
    assert len(links) == MOST_WHOLE * (2 if language == "both" else 1)
    assert f"{MOST_WHOLE} cảnh báo nặng nhất" in html


LONG: Final = {"unit_name": "Phường <Hạc Thành & Đông Sơn> " * 5, "name": "Độ bao phủ 'BHYT' hộ gia đình " * 4}
ANSWERED: Final = Sender("drive@bhxh.example", HERE.public_url, links=AnswerLinks([b"k" * 32]))


@pytest.mark.parametrize("language", ["vi", "en", "both"])
@pytest.mark.parametrize("told", [None, REPORT], ids=["raised", "reported"])
@pytest.mark.parametrize("names", [{}, LONG], ids=["short", "long"])
def test_the_html_of_alerts_for_which_there_is_no_room_counts_those_that_it_leaves_out(
    language: Language, told: ToldReport | None, names: dict[str, Any]
) -> None:
    change: Any = "reported" if told else "raised"
    facts: dict[str, Any] = {**(REPORTED if told else OPEN), **names}
    notices = [replace(a_notice(change, **facts), report=told) for _ in range(500)]
    mail = read(message(*notices, language=language, group_name="BHXH cơ sở Cẩm Thủy"), ANSWERED)
    html = html_of(mail)
    listed = html.count('<li style="margin:8px 0">Phường' if names else '<li style="margin:8px 0">Xã')
    assert len(html.encode()) < 100_000
    left_out = [int(n.replace(",", "")) for n in re.findall(r"(?:và|and) ([0-9]+) (?:cảnh báo khác|more)\.", html)]
    assert listed + sum(left_out) == 500 * (2 if language == "both" else 1)
    assert listed > 50
