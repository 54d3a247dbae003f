"""A mail server that is away, or a folder that is full, is an outage; a mailbox that is refused is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from notifications.channels.mail.compose import Sender
from notifications.channels.mail.folder import FolderMail
from notifications.channels.mail.smtp import SmtpMail
from notifications.domain.delivery import Retry, Sent
from notifications.domain.mail_server import MailServer
from services.errors import Unavailable
from services.outages import Outage
from tests.notifications.channels.mail.test_send import a_mail_receiver
from tests.notifications.outgoing_message import an_outgoing_message
from tests.support.logged import logged, outages_in, quick_outages, until_ended
from tests.support.processes import free_port
from tests.support.small_disk import SmallDisk, a_small_disk

SENDER = Sender("drive@bhxh.example")


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged while outages end soon."""
    with quick_outages(), logged() as lines:
        yield lines


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """A file system for the folder."""
    with a_small_disk(megabytes=1) as disk:
        yield disk


def smtp_to(port: int) -> tuple[SmtpMail, Outage]:
    """A sender to a server on this machine."""
    outage = Outage("mail")
    mail = SmtpMail(MailServer("127.0.0.1", port), SENDER, outage)
    outage.probe = mail.probe
    return mail, outage


async def test_a_server_that_cannot_be_reached_is_one_outage_for_all_mails_and_ends_without_another_mail(
    lines: list[Any],
) -> None:
    port = free_port()
    mail, _ = smtp_to(port)
    assert {type(await mail.send(an_outgoing_message())) for _ in range(5)} == {Retry}
    assert outages_in(lines) == [("outage_began", "mail")]
    async with a_mail_receiver(port):
        await until_ended(lines, "mail")
    assert [event for event, _ in outages_in(lines)] == ["outage_began", "outage_ended"]


async def test_a_mailbox_that_is_refused_is_no_outage(lines: list[Any]) -> None:
    async with a_mail_receiver() as receiver:
        message = an_outgoing_message()
        receiver.refused.add(message.address)
        mail, outage = smtp_to(receiver.port)
        await mail.send(message)
    assert not outage.lasts
    assert outages_in(lines) == []


async def test_a_folder_on_a_full_disk_is_an_outage_until_there_is_room_again(
    disk: SmallDisk, lines: list[Any]
) -> None:
    outage = Outage("mail")
    folder = disk.folder / "outbox"
    mail = FolderMail(folder, SENDER, outage)
    outage.probe = mail.probe
    assert type(await mail.send(an_outgoing_message())) is Sent
    disk.fill()
    for _ in range(3):
        outcome = await mail.send(an_outgoing_message())
        assert isinstance(outcome, Retry)
        assert "No space left" in outcome.reason
    with pytest.raises(Unavailable, match="No space left"):
        await outage.check()
    assert outages_in(lines) == [("outage_began", "mail")]
    disk.empty()
    await until_ended(lines, "mail")
    await outage.check()
    assert type(await mail.send(an_outgoing_message())) is Sent
    assert {path.suffix for path in folder.iterdir()} == {".eml"}
