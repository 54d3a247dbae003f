"""The address of a webhook route."""

from __future__ import annotations

from notifications.channels.webhook.resolver import look_up
from notifications.domain.endpoint import check_reachable, check_url, literal_address
from notifications.settings import NotificationsSettings


async def check_address(address: str, settings: NotificationsSettings) -> None:
    """Raises Invalid unless this is an https URL, or an http one whose host is within DRIVE_WEBHOOK_ALLOW."""
    endpoint = check_url(address, settings.webhook_allow)
    if endpoint.scheme == "http" and not literal_address(endpoint.host):
        check_reachable(endpoint, await look_up(endpoint.host), settings.webhook_allow)
