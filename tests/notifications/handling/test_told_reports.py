"""What people have reported is told by mail, and by nothing else."""

from __future__ import annotations

from notifications.deliveries.reports import with_reports
from tests.notifications.channels.mail.test_text import text_of
from tests.notifications.handling.steps import Handled
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, an_episode


async def a_reported_alert(service: NotificationsService) -> Handled:
    """An alert that was told and then reported; the report waits to be sent."""
    alert = await Handled(service).begin(an_episode())
    await service.sender().send_due()
    remedies = [alert.remedy(), alert.remedy(9, what="Second visits", who="Village heads")]
    await alert.do("report", **alert.report(*remedies, causes=[{"code": "other", "note": "the bridge is shut"}]))
    return alert


async def test_a_mail_of_a_report_names_causes_and_remedies(make_service: MakeService) -> None:
    service = await make_service()
    await service.put_route("mail", "ops@example.org", language="en")
    alert = await a_reported_alert(service)
    [sent] = await service.claim()
    text = text_of(sent)
    for part in (
        "Another cause (the bridge is shut)",
        f"Home visits. By Bưu điện Cẩm Thủy, until the end of {alert.due_on()}",
    ):
        assert part in text
    assert "Remedy 2: Second visits. By Village heads" in text


async def test_a_mail_of_a_report_tells_what_was_reported_by_then_and_what_became_of_it(
    make_service: MakeService,
) -> None:
    service = await make_service()
    await service.put_route("mail", "ops@example.org", language="en")
    alert = await a_reported_alert(service)
    [sent] = await service.claim()
    await alert.do("remedies/1", state="missed")
    await alert.do("report", **alert.report(causes=[{"code": "cost"}]))
    async with service.runtime.database.write() as work:
        [told] = await with_reports(work, [sent])
    [notice] = told.notices
    assert notice.report
    assert [cause.name_en for cause in notice.report.causes] == ["Another cause"]
    assert [(remedy.n, remedy.state) for remedy in notice.report.remedies] == [(1, "missed"), (2, "planned")]


async def test_neither_deliveries_nor_events_nor_other_channels_hold_what_people_wrote(
    service: NotificationsService, receiver: Receiver
) -> None:
    await service.put_route("hook", receiver.url)
    await a_reported_alert(service)
    stored = [row.alert for row in await service.query("SELECT alert::text AS alert FROM deliveries")]
    events = [str(row.body) for row in await service.query("SELECT body FROM outbox")]
    [message] = await service.claim()
    told = [*stored, *events, *(notice.alert.model_dump_json() for notice in message.notices)]
    assert not [notice for notice in message.notices if notice.report]
    for text in told:
        assert not [wrote for wrote in ("bridge", "Home visits", "Second visits", "Village heads") if wrote in text]
