"""Statements that save units and organisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, or_

from notifications.tables.registry import OrganisationRow, UnitRow
from services.contracts.registry import OrganisationFacts, UnitFacts
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import columns_of, insert_many, table_of

_unit = table_of(UnitRow).c
_add = insert_many(UnitRow)
UPSERT: Final = _add.on_conflict_do_update(
    index_elements=["code"],
    set_={name: _add.excluded[name] for name in ("version", "name", "level")},
    where=or_(
        _unit.version < _add.excluded["version"],
        and_(_unit.version == _add.excluded["version"], _unit.level.is_(None)),
    ),
)
"""A row without a level was written by the version before: the same version of the unit brings what is missing."""
_add_organisation = insert_many(OrganisationRow)
UPSERT_ORGANISATIONS: Final = _add_organisation.on_conflict_do_update(
    index_elements=["code"],
    set_={name: _add_organisation.excluded[name] for name in ("version", "name")},
    where=table_of(OrganisationRow).c.version < _add_organisation.excluded["version"],
)


async def upsert_units(work: UnitOfWork, units: Sequence[UnitFacts]) -> None:
    """Insert or change units, each once, in the order of their codes; a version that is not higher changes nothing that
    is known."""
    ordered = sorted(units, key=lambda unit: unit.code)
    await work.execute(UPSERT, columns_of((unit.model_dump() for unit in ordered), "code", "version", "name", "level"))


async def upsert_organisations(work: UnitOfWork, organisations: Sequence[OrganisationFacts]) -> None:
    """The same of organisations."""
    ordered = sorted(organisations, key=lambda each: each.code)
    await work.execute(
        UPSERT_ORGANISATIONS, columns_of((each.model_dump() for each in ordered), "code", "version", "name")
    )
