"""Follow the registry. Versions decide, so events may come twice and late."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.registry import store
from services.context import Context
from services.contracts.registry import OrganisationFacts, UnitFacts
from services.persistence.unit_of_work import UnitOfWork


async def register_units(work: UnitOfWork, _: Context, units: Sequence[UnitFacts]) -> None:
    """Save the highest version of each unit."""
    newest = {unit.code: unit for unit in sorted(units, key=lambda unit: unit.version)}
    await store.upsert_units(work, list(newest.values()))


async def register_organisations(work: UnitOfWork, _: Context, organisations: Sequence[OrganisationFacts]) -> None:
    """Save the highest version of each organisation."""
    newest = {each.code: each for each in sorted(organisations, key=lambda each: each.version)}
    await store.upsert_organisations(work, list(newest.values()))
