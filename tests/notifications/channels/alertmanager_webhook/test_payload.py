"""Webhooks in Alertmanager's format: the fields that its own have, signed as other webhooks are."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.notifications.channels.alertmanager.test_alertmanager import a_hook
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.support.alertmanager import an_alertmanager
from tests.support.waiting import soon


async def connect(service: NotificationsService, receiver: Receiver) -> None:
    """Put a route to the receiver, which checks signatures."""
    receiver.secret = (await service.put_route("ops", receiver.url, channel="alertmanager_webhook"))["secret"]


def shape(body: Any) -> Any:
    """Names of fields, and the types of their values; labels and annotations are free."""
    if isinstance(body, list):
        return [shape(body[0])]
    if isinstance(body, dict):
        free = ("labels", "annotations", "Labels", "Annotations")
        return {name: dict if name.endswith(free) else shape(value) for name, value in body.items()}
    return type(body)


async def test_it_has_the_fields_of_a_real_alertmanagers_webhook(
    make_service: MakeService, receiver: Receiver, tmp_path: Path
) -> None:
    service = await make_service(public_url="https://drive.example.org")
    await connect(service, receiver)
    async with a_hook() as (url, arrived), an_alertmanager(tmp_path, url) as alertmanager:
        await service.put_route("am", alertmanager.url, channel="alertmanager")
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        theirs = await soon(arrived.get())
    ours = json.loads(receiver.calls[0].raw)
    assert shape(ours) == shape(theirs)
    assert (ours["version"], ours["status"]) == (theirs["version"], theirs["status"])
    assert ours["alerts"][0]["labels"] == theirs["alerts"][0]["labels"]
    assert ours["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"


async def test_an_end_bears_the_fingerprint_of_the_beginning(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    lag = an_episode()
    for event in (lag.fell_behind(), lag.worsened(), lag.recovered()):
        await service.handle(event)
        await service.sender().send_due()
    bodies = [json.loads(call.raw) for call in receiver.calls]
    states = [{each["fingerprint"]: each["status"] for each in body["alerts"]} for body in bodies]
    [first] = states[0]
    assert states[1][first] == states[2][first] == "resolved"
    assert sorted(states[1].values()) == ["firing", "resolved"]
    assert states[1].keys() == states[2].keys()
    assert [body["status"] for body in bodies] == ["firing", "firing", "resolved"]


async def test_a_message_of_many_has_each_and_what_all_have_in_common(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.handle_batch([an_episode().fell_behind() for _ in range(3)])
    await service.sender().send_due()
    async with asyncio.timeout(20):
        body = json.loads((await receiver.arrived.get()).raw)
    assert (len(body["alerts"]), body["receiver"]) == (3, "ops")
    assert body["commonLabels"]["unit"] == "15142"
    assert "alert" not in body["commonLabels"]
    assert body["groupLabels"] == {"alertname": "TargetBehind", "group": "unit:BHXH-CT"}
