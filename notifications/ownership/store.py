"""Statements that save whose alerts are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, delete

from notifications.tables.ownership import AlertOwnerRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, insert_many, table_of

_owners = table_of(AlertOwnerRow)
FORGET: Final = (
    delete(_owners)
    .where(_owners.c.alert_id == among("ids", Uuid()))
    .returning(_owners.c.alert_id, _owners.c.organisation_code)
)
INSERT: Final = insert_many(AlertOwnerRow, "alert_id", "organisation_code")


class Changes(NamedTuple):
    """The organisations that alerts do not belong to any more, and the alerts that belong to others than before."""

    left: dict[UUID, set[str]]
    altered: set[UUID]


async def save(work: UnitOfWork, organisations: Mapping[UUID, Collection[str]]) -> Changes:
    """The alerts, which are locked or new, belong to these organisations, and to no others any more."""
    pairs = [(alert_id, code) for alert_id, codes in organisations.items() for code in sorted(set(codes))]
    before = (await work.execute(FORGET, {"ids": list(organisations)})).all() if organisations else ()
    if pairs:
        alert_ids, codes = zip(*pairs, strict=True)
        await work.execute(INSERT, {"alert_id": list(alert_ids), "organisation_code": list(codes)})
    were: dict[UUID, set[str]] = defaultdict(set)
    for row in before:
        were[row.alert_id].add(row.organisation_code)
    left = {alert_id: gone for alert_id, codes in were.items() if (gone := codes.difference(organisations[alert_id]))}
    return Changes(left, {alert_id for alert_id, codes in organisations.items() if were[alert_id] != set(codes)})
