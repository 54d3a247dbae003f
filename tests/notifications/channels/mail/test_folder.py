"""Mail that is written into a folder."""

from __future__ import annotations

from pathlib import Path

from notifications.channels.mail.compose import Sender
from notifications.channels.mail.folder import FolderMail
from notifications.domain.delivery import Refused
from services.outages import Outage
from tests.notifications.outgoing_message import an_outgoing_message


async def test_a_mail_that_cannot_be_composed_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    mail = FolderMail(folder, Sender("drive@bhxh.example"), Outage("mail"))
    outcome = await mail.send(an_outgoing_message(alert=None))
    assert isinstance(outcome, Refused)
    assert not folder.exists()
