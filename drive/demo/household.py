"""A household that asks what health insurance would cost, before anybody signs up."""

from __future__ import annotations

from typing import Any, Final

from rich.table import Table

from drive.client.client import Client
from drive.demo.places import CAM_THACH

PAYABLE: Final = 4_043_520
"""VND for twelve months, to 2026-06-30 (Decree 188/2025 Art. 6.5): (100 + 70 + 60 + 50 + 40) % of 1,263,600."""
_HOUSEHOLD: Final[dict[str, Any]] = {
    "scheme": "household_health",
    "on": CAM_THACH.launch_day.isoformat(),
    "months": 12,
    "unit_code": CAM_THACH.code,
    "members": [{}] * 5,
}


async def ask_for_quote(client: Client) -> Any:
    """The quote for five members and a year."""
    return await client.send("POST", "enrolment", "/v1/quotes", _HOUSEHOLD)


def quote_table(quote: Any) -> Table:
    """A row for each member, and the sum."""
    table = Table(title="What a household of five pays for a year", title_justify="left", title_style="bold")
    table.add_column("member", justify="right")
    table.add_column("of the base salary", justify="right")
    for heading in ("due", "support", "to pay"):
        table.add_column(heading, justify="right")
    for member in quote["members"]:
        table.add_row(str(member["member_no"]), f"{member['lines'][0]['rate']:g} %", *_amounts(member))
    table.add_section()
    table.add_row("all", "", *_amounts(quote["total"]))
    table.caption = quote["members"][0]["lines"][0]["source"]
    return table


def _amounts(owed: Any) -> list[str]:
    support = owed["state_support"] + owed["local_support"]
    return [f"{amount:,}" for amount in (owed["due"], support, owed["payable"])]
