"""The address of an Alertmanager."""

from __future__ import annotations

from typing import Final

from notifications.channels.alertmanager.credentials import target_of
from notifications.channels.webhook.address import check_address as check_webhook
from notifications.settings import NotificationsSettings
from services.errors import Invalid

_REMEDY: Final = "give the address of the Alertmanager alone, such as https://alertmanager.example.org"


async def check_address(address: str, settings: NotificationsSettings) -> None:
    """Raises Invalid unless a webhook might go there, and it is what stands before /api/v2/alerts; it may have a user
    name and a password."""
    bare = target_of(address).address
    if "/api/" in bare or "?" in bare:
        raise Invalid.field("/address", _REMEDY)
    await check_webhook(bare, settings)
