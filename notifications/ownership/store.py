"""Statements that save whose alerts are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final
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


async def save(work: UnitOfWork, organisations: Mapping[UUID, Collection[str]]) -> dict[UUID, set[str]]:
    """The alerts, which are locked or new, belong to these organisations, and to no others any more; those that they
    belonged to until now."""
    pairs = [(alert_id, code) for alert_id, codes in organisations.items() for code in sorted(set(codes))]
    before = (await work.execute(FORGET, {"ids": list(organisations)})).all() if organisations else ()
    if pairs:
        alert_ids, codes = zip(*pairs, strict=True)
        await work.execute(INSERT, {"alert_id": list(alert_ids), "organisation_code": list(codes)})
    left: dict[UUID, set[str]] = defaultdict(set)
    for row in before:
        if row.organisation_code not in organisations[row.alert_id]:
            left[row.alert_id].add(row.organisation_code)
    return left
