"""The province at the end, for a person to read: a ranking of its communes, and who fell behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.table import Table

from drive.demo.province.chapter import Province
from drive.demo.province.figures import Ranked, share_of
from drive.demo.province.places import UNITS
from drive.demo.province.plan import ENDS_ON, FALL_BEHIND
from drive.demo.tables import coloured, titled

_SHOWN: Final = 6
"""From each end of the ranking."""


async def province_tables(province: Province) -> list[Table]:
    """What it has come to."""
    return [ranking_table(province.ranked, province.progress), fallen_table(await province.alerts.by_unit())]


def ranking_table(ranked: Sequence[Ranked], progress: Any) -> Table:
    """Both ends of the ranking, and the province, which is their sum. The same is expected of each by now."""
    whole = share_of(progress)
    table = _narrow(f"Communes by ratio on {ENDS_ON}; {whole['expected']:.1%} are expected")
    for heading in ("#", "+/-"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("commune")
    for heading in ("sign-\nups", "of", "of the\nway", "ratio", "owed\na day"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("pace", no_wrap=True)
    for each in ranked[:_SHOWN]:
        table.add_row(*_place(each), *_figures(each.name, each.net, each.target))
    table.add_row("⋮")
    for each in ranked[-_SHOWN:]:
        table.add_row(*_place(each), *_figures(each.name, each.net, each.target))
    table.add_section()
    table.add_row("", "", *_figures(f"all {len(ranked)}", progress["net"], whole))
    return table


def _place(each: Ranked) -> tuple[str, str]:
    """The rank, and how it has changed within a week."""
    moved = each.rank_before - each.rank
    return str(each.rank), f"[green]▲{moved}[/]" if moved > 0 else f"[red]▼{-moved}[/]" if moved else "="


def _figures(name: str, net: int, target: Any) -> tuple[str, ...]:
    return (
        name,
        f"{net:,}",
        f"{target['value']:,.0f}",
        f"{target['attained']:.1%}",
        f"{target['ratio']:.3f}",
        f"{target['needed_per_day'] or 0:,.1f}",
        coloured(target["status"]),
    )


def fallen_table(alerts: Mapping[str, Any]) -> Table:
    """The grassroots units that were behind after the quiet days, and their communes that are so still."""
    table = _narrow("Fell behind after the quiet days")
    table.add_column("grassroots unit")
    for heading in ("communes\nbehind", "caught\nup", "still\nbehind"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("the unit", no_wrap=True)
    for unit in UNITS:
        if unit.code in FALL_BEHIND:
            found = [alerts[code]["status"] for code in unit.communes if code in alerts]
            behind = len(found) - found.count("resolved")
            counts = (str(n) for n in (len(found), found.count("resolved"), behind))
            table.add_row(unit.name, *counts, coloured(alerts[unit.code]["status"]))
    return table


def _narrow(title: str) -> Table:
    table = titled(title)
    table.box, table.padding, table.collapse_padding = box.SIMPLE_HEAD, (0, 0), True
    return table
