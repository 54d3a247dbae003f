"""The address of a chat route: an Apprise URL, which holds secrets."""

from __future__ import annotations

from typing import Final

from notifications.channels.chat import services
from notifications.channels.child import ChildFailed, ask
from notifications.channels.webhook.resolver import look_up
from notifications.domain.endpoint import Endpoint, check_reachable
from notifications.settings import NotificationsSettings
from services.errors import Invalid, Unavailable

CHILD: Final = "notifications.channels.chat.child"
_CHECK_SECONDS: Final = 7.0
"""Answers begin within eight."""


async def check_address(address: str, settings: NotificationsSettings) -> None:
    """Raises Invalid unless Apprise takes this for one recipient of a service that a route may name, within the
    addresses that may be called; Unavailable where it does not say so in time."""
    if services.scheme_of(address) not in services.ALLOWED:
        raise Invalid.field("/address", "give an Apprise URL of a service in docs/channels.md, such as tgram://…")
    question = {"do": "check", "url": address, "allowed": [str(each) for each in settings.webhook_allow]}
    try:
        checked = await ask(CHILD, question, _CHECK_SECONDS)
    except (TimeoutError, ChildFailed) as error:
        raise Unavailable("the address cannot be checked just now") from error
    if checked["fault"]:
        raise Invalid.field("/address", checked["fault"])
    if checked["host"]:
        await _check_host(address, checked["host"], settings)


async def _check_host(address: str, host: str, settings: NotificationsSettings) -> None:
    scheme = "http" if services.scheme_of(address) in services.INSECURE else "https"
    found = await look_up(host)
    if found or scheme == "http":
        check_reachable(Endpoint(scheme, host), found, settings.webhook_allow)


def shown(address: str) -> str:
    """The scheme, which says the service: what follows may be a secret, the host of some services too."""
    return f"{services.scheme_of(address)}://…"
