"""What is done by a link is done as by the API, in the name that was typed, and told in the timeline."""

from __future__ import annotations

from tests.notifications.action_links.steps import Answered, a_link, a_visitor, an_answered_alert
from tests.notifications.service import MakeService

HOA = "Lê Thị Hoa"


async def test_whoever_has_the_link_acknowledges_the_alert_in_their_name(alert: Answered) -> None:
    page = await alert.visitor.open()
    after = await alert.visitor.sent(page, "acknowledge", name=f"  {HOA} ", note="Gọi điện hôm nay")
    assert "acknowledge" not in after.forms
    assert f"{HOA} (ops) đã tiếp nhận lúc" in after.text
    shown = await alert.shown()
    assert (shown["status"], shown["acknowledged_by"]) == (
        "acknowledged",
        {"subject": "link:ops", "name": HOA, "organisation_code": "ops"},
    )
    entry = (await alert.get("/timeline"))["items"][-1]
    assert (entry["kind"], entry["by"], entry["note"]) == ("acknowledged", shown["acknowledged_by"], "Gọi điện hôm nay")
    assert (await alert.service.outbox_types())[-1] == "drive.alert.acknowledged.v1"


async def test_who_answers_belongs_to_the_organisation_of_the_route(make_service: MakeService) -> None:
    alert = await an_answered_alert(make_service, organisation_code="CT")
    async with a_visitor(alert.service, a_link(alert.service, alert.id)) as visitor:
        await visitor.sent(await visitor.open(), "acknowledge", name=HOA)
    assert (await alert.shown())["acknowledged_by"]["organisation_code"] == "CT"


async def test_causes_and_remedies_are_reported_by_the_form(alert: Answered) -> None:
    more = {"what__3": "Hội nghị thôn", "who__3": "Thôn 4", "due_on__3": alert.due_on(9)}
    page = await alert.visitor.open()
    after = await alert.visitor.sent(page, "report", **alert.report_form(**more))
    assert f"{HOA} (ops) đã báo cáo lúc" in after.text
    report = await alert.get("/report")
    assert report["causes"] == [{"code": "working_away", "note": None}, {"code": "cost", "note": "Phí tăng"}]
    assert [(r["n"], r["what"], r["who"], r["due_on"]) for r in report["remedies"]] == [
        (1, "Đến từng nhà", "Bưu điện Cẩm Thủy", alert.due_on(7)),
        (2, "Hội nghị thôn", "Thôn 4", alert.due_on(9)),
    ]
    assert report["by"]["name"] == HOA


async def test_a_further_report_needs_no_remedy_while_one_is_planned(alert: Answered) -> None:
    await alert.visitor.sent(await alert.visitor.open(), "report", **alert.report_form())
    again = await alert.visitor.open()
    await alert.visitor.sent(again, "report", name=HOA, cause=["not_renewed"])
    assert (await alert.shown())["report"]["causes"] == ["not_renewed"]


async def test_wrong_fields_are_named_with_their_remedy_and_nothing_typed_is_lost(alert: Answered) -> None:
    page = await alert.visitor.open()
    typed = alert.report_form(cause=["other"], what__1="", due_on__1=alert.due_on(-1), who__2="Thôn 4", name="1")
    wrong = await alert.visitor.refused(page, "report", 422, **typed)
    for sentence in (
        "Họ tên của bạn: hãy ghi họ tên bằng chữ",
        "Biện pháp 1, Làm gì: hãy điền vào đây",
        "Biện pháp 2, Làm gì: hãy điền vào đây",
        "Biện pháp 2, Xong trước hết ngày: hãy điền vào đây",
    ):
        assert sentence in wrong.text
    assert wrong.forms["report"].values["who-1"] == "Bưu điện Cẩm Thủy"
    assert wrong.forms["report"].values["cause"] == "other"
    rules = alert.report_form(cause=["other"], due_on__1=alert.due_on(-1))
    wrong = await alert.visitor.refused(page, "report", 422, **rules)
    assert "Nguyên nhân khác: hãy nói rõ nguyên nhân khác là gì" in wrong.text
    assert "Biện pháp 1, Xong trước hết ngày: ngày này đã qua" in wrong.text
    assert await alert.timeline() == [("raised", 1)]


async def test_a_report_without_causes_or_remedies_is_refused(alert: Answered) -> None:
    page = await alert.visitor.open()
    wrong = await alert.visitor.refused(page, "report", 422, name=HOA, what__1="A", who__1="B", due_on__1="2099-01-01")
    assert "Nguyên nhân: hãy đánh dấu ít nhất một nguyên nhân" in wrong.text
    wrong = await alert.visitor.refused(page, "report", 422, name=HOA, cause="cost")
    assert "hãy ghi ít nhất một biện pháp" in wrong.text
    assert await alert.timeline() == [("raised", 1)]


async def test_a_name_is_needed(alert: Answered) -> None:
    page = await alert.visitor.open()
    wrong = await alert.visitor.refused(page, "acknowledge", 422, name="   ")
    assert "Họ tên của bạn: hãy điền vào đây" in wrong.text
    assert await alert.timeline() == [("raised", 1)]


async def test_a_form_that_does_not_say_what_is_to_be_done_does_nothing(alert: Answered) -> None:
    page = await alert.visitor.open()
    for do in ("", "resolve"):
        page.forms["acknowledge"].values["do"] = do
        wrong = await alert.visitor.post(page, "acknowledge", name=HOA)
        assert (wrong.status_code, "không đọc được biểu mẫu" in wrong.text) == (400, True)
    unreadable = await alert.visitor.client.post(alert.visitor.link, content=b"name=%ff")
    assert (unreadable.status_code, "không đọc được biểu mẫu" in unreadable.text) == (400, True)
    assert await alert.timeline() == [("raised", 1)]


async def test_a_sign_that_cannot_be_seen_is_named_as_one(alert: Answered) -> None:
    typed = {"name": HOA, "note": "\U0001f469\u200d\U0001f467"}
    wrong = await alert.visitor.refused(await alert.visitor.open(), "acknowledge", 422, **typed)
    assert "Ghi chú: có ký tự không nhìn thấy được" in wrong.text


async def test_who_has_seen_an_older_version_is_shown_the_new_one_and_sends_again(alert: Answered) -> None:
    page = await alert.visitor.open()
    await alert.service.handle(alert.lag.worsened())
    stale = await alert.visitor.refused(page, "report", 409, **alert.report_form())
    assert "Chưa ghi nhận: cảnh báo vừa thay đổi" in stale.text
    assert "nghiêm trọng" in stale.text
    assert stale.forms["report"].values["what-1"] == "Đến từng nhà"
    await alert.visitor.sent(stale, "report", **alert.report_form())
    assert (await alert.shown())["status"] == "reported"


async def test_who_acknowledges_another_time_is_told_who_acts(alert: Answered) -> None:
    page = await alert.visitor.open()
    await alert.visitor.sent(page, "acknowledge", name=HOA)
    again = await alert.visitor.refused(page, "acknowledge", 409, name="Trần Văn Nam")
    assert "Cảnh báo đã được tiếp nhận trước đó" in again.text
    assert f"{HOA} (ops)" in again.text
    assert await alert.timeline() == [("raised", 1), ("acknowledged", 2)]


async def test_a_resolved_alert_cannot_be_answered_and_the_page_says_so(alert: Answered) -> None:
    page = await alert.visitor.open()
    await alert.service.handle(alert.lag.recovered(2))
    for do, typed in (("acknowledge", {"name": HOA}), ("report", alert.report_form())):
        over = await alert.visitor.refused(page, do, 409, **typed)
        assert "Cảnh báo đã kết thúc" in over.text
        assert over.forms == {}
    assert (await alert.visitor.open()).forms == {}


async def test_a_link_answers_ten_times_an_hour_at_most(alert: Answered) -> None:
    page = await alert.visitor.open()
    for _ in range(10):
        page = await alert.visitor.sent(page, "report", **alert.report_form())
    answer = await alert.visitor.post(page, "report", **alert.report_form())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert "Hãy chờ một giờ" in answer.text
    alert.service.advance(hours=1, seconds=1)
    await alert.visitor.sent(page, "report", **alert.report_form())
