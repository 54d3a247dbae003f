"""Whatever the services of the demo write and tell carries the days of its story, whenever it is played."""

from __future__ import annotations

import re
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Final

from drive.client.client import Client
from drive.demo.mails import text_of
from drive.demo.places import AGENCY
from drive.demo.worlds import World

_DAYS: Final = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
_NEXT_DIGEST: Final = date(2026, 1, 1)
"""That of the story's last day names when the next one comes."""


async def tells_its_own_days(world: World) -> None:
    """Alerts, deliveries and mails."""
    async with Client(world.urls, world.token(AGENCY, "alerts:read")) as client:
        for path in ("/v1/alerts", "/v1/deliveries"):
            items = (await client.send("GET", "notifications", path))["items"]
            times = [item[name] for item in items for name in ("raised_at", "queued_at", "sent_at") if item.get(name)]
            assert times
            assert {time[:4] for time in times} == {"2025"}
    mails = world.mails()
    assert {parsedate_to_datetime(mail["Date"]).year for mail in mails} == {2025}
    days = {date(int(y), int(m), int(d)) for mail in mails for d, m, y in _DAYS.findall(text_of(mail))}
    assert days
    assert max(days) <= _NEXT_DIGEST
