"""The address of a mail route."""

from __future__ import annotations

from notifications.domain.mail_address import is_mail_address
from notifications.settings import NotificationsSettings
from services.errors import Invalid


async def check_address(address: str, _: NotificationsSettings) -> None:
    """Raises Invalid unless this is a plain mail address, such as ops@example.org."""
    if not is_mail_address(address):
        raise Invalid.field("/address", "give a plain mail address, such as ops@example.org")
