"""Secrets of webhooks that are rotated."""

from __future__ import annotations

from tests.notifications.deliveries.steps import connect, states
from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService, an_episode


async def test_a_secret_can_be_rotated_and_both_are_good_for_a_day(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    old = receiver.secret
    rotated = await service.client.post("/v1/routes/ops/secrets")
    assert rotated.status_code == 201
    for secret in (old, rotated.json()["secret"]):
        receiver.secret = secret
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    assert {state for _, state in await states(service)} == {"sent"}
    # The signatures' timestamps must stay near the real time, so it is the end of the overlap that is moved.
    await service.execute("UPDATE routes SET previous_secret_until = :now", now=service.clock.now())
    sealed = await service.query("SELECT secret, previous_secret FROM routes")
    assert old not in str(sealed)
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    assert len(receiver.calls) == 3
    receiver.secret = old
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    assert len(receiver.calls) == 3


async def test_of_three_secrets_within_a_day_the_last_two_are_good(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    first = receiver.secret
    second, third = [(await service.client.post("/v1/routes/ops/secrets")).json()["secret"] for _ in range(2)]
    accepted = []
    for secret in (first, second, third):
        receiver.secret, receiver.calls = secret, []
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        accepted.append(len(receiver.calls) > 0)
    assert accepted == [False, True, True]


async def test_only_a_webhook_has_a_secret_to_rotate(service: NotificationsService) -> None:
    await service.put_route("mail", "ops@example.org")
    refused = await service.client.post("/v1/routes/mail/secrets")
    missing = await service.client.post("/v1/routes/nobody/secrets")
    assert (refused.status_code, refused.json()["type"]) == (409, "http://test/problems/not-a-webhook")
    assert (missing.status_code, missing.json()["type"]) == (404, "http://test/problems/no-such-route")
