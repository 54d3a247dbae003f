"""When the last messages of groups went to routes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Text, select, text

from notifications.tables.group_messages import GroupMessageRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of, unnest

_row = table_of(GroupMessageRow).c
_wanted = unnest("wanted", routes=Text(), groups=Text())
LAST: Final = select(_row.route_name, _row.group_code, _row.last_at).join(
    _wanted, (_row.route_name == _wanted.c.routes) & (_row.group_code == _wanted.c.groups)
)
NOTE: Final = text("""
    INSERT INTO group_messages (route_name, group_code, last_at)
    SELECT r.name, told.group_code, :now
    FROM routes r
    JOIN unnest(CAST(:routes AS text[]), CAST(:groups AS text[])) AS told(name, group_code) ON told.name = r.name
    ORDER BY r.name, told.group_code FOR KEY SHARE OF r
    ON CONFLICT (route_name, group_code) DO UPDATE SET last_at = greatest(group_messages.last_at, excluded.last_at)
""")


async def last_messages(work: UnitOfWork, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """When the last message of each route and group was begun; one that was claimed in a unit of work that has not
    ended is not seen, and then the group may have one message more."""
    if not places:
        return {}
    routes, groups = map(list, zip(*sorted(places), strict=True))
    found = await work.execute(LAST, {"routes": routes, "groups": groups})
    return {(row.route_name, row.group_code): row.last_at for row in found}


async def note_messages(work: UnitOfWork, places: Collection[tuple[str, str]], now: datetime) -> None:
    """Messages to these routes and groups begin now. Needs CLAIMS."""
    if places:
        routes, groups = map(list, zip(*sorted(places), strict=True))
        await work.execute(NOTE, {"routes": routes, "groups": groups, "now": now})
