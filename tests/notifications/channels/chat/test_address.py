"""Which Apprise URLs a chat route may have."""

from __future__ import annotations

import pytest

from tests.notifications.service import MakeService, NotificationsService

GOOD = [
    "tgram://123456789:abcdefg_hijklmnop/-1001234/",
    "zalo://123456789:abcdefghijKLMNOPqrst/chat",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
    "workflows://prod-1.example.com:443/flow/signature/",
    "json://127.0.0.1:8080/x",
]


@pytest.mark.parametrize("address", GOOD)
async def test_a_url_that_apprise_takes_is_taken_and_shown_as_its_scheme(
    service: NotificationsService, address: str
) -> None:
    put = await service.put_route("ops", address, channel="chat")
    assert put["address"] == address.partition("://")[0] + "://…"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ops@example.org", "docs/channels.md"),
        ("file:///etc/passwd", "docs/channels.md"),
        ("syslog://", "docs/channels.md"),
        ("dbus://", "docs/channels.md"),
        ("mailto://user:pass@example.org", "docs/channels.md"),
        ("tgram://nonsense", "Apprise does not take"),
        ("tgram://123456789:abcdefg_hijklmnop/-1001234/-5678", "one recipient"),
        ("jsons://example.org/x?verify=no", "verify=no"),
    ],
)
async def test_any_other_is_refused_with_the_remedy_and_not_repeated(
    service: NotificationsService, address: str, says: str
) -> None:
    answer = await service.client.put("/v1/routes/ops", json={"channel": "chat", "address": address})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/address")
    assert says in error["detail"]
    assert address not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1/x",
        "jsons://127.0.0.1/x",
        "jsons://localhost/x",
        "form://10.0.0.1/",
        "ntfys://169.254.169.254/t",
    ],
)
async def test_a_host_that_must_not_be_called_is_refused(make_service: MakeService, address: str) -> None:
    service = await make_service(webhook_allow="")
    answer = await service.client.put("/v1/routes/ops", json={"channel": "chat", "address": address})
    assert answer.status_code == 422
    assert "DRIVE_WEBHOOK_ALLOW" in answer.json()["errors"][0]["detail"]
