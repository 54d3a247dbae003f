"""The codes of a request as they are registered, in whatever case they are given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeVar, get_args

from services.errors import NotKnownYet, Unknown
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind
from targets_api.domain.allocation import SharesDoNotFit
from targets_api.domain.sharing_out import BETWEEN, SharingOut
from targets_api.hierarchy.queries import known_codes

T = TypeVar("T")


class _Named(NamedTuple):
    """A code, or several with a sign between, and which kind each of them is of."""

    field: str
    kinds: tuple[RegistryKind, ...]
    keys: tuple[str, ...]


async def registered(session: ReadSession, asked: SharingOut) -> SharingOut:
    """The request with its codes as they are registered. Raises NotKnownYet with every code that is not known,
    SharesDoNotFit where one is given twice."""
    fields = _fields(asked)
    known: dict[RegistryKind, Mapping[str, str]] = {
        kind: await known_codes(session, kind, _codes(fields, kind)) for kind in get_args(RegistryKind)
    }
    if unknown := [each for field in fields for each in _unknown(field, known)]:
        raise NotKnownYet.of(unknown)
    names = [{key: _as_registered(key, field.kinds, known) for key in field.keys} for field in fields]
    for field, found in zip(fields, names, strict=True):
        if len(set(found.values())) < len(field.keys):
            raise SharesDoNotFit.field(f"/{field.field}", "a code is given twice, in different case")
    weights, pinned, among = names
    return replace(
        asked,
        weights=None if asked.weights is None else _renamed(asked.weights, weights),
        bounds=replace(asked.bounds, pinned=_renamed(asked.bounds.pinned, pinned)),
        among=None if asked.among is None else [among[code] for code in asked.among],
    )


def _fields(asked: SharingOut) -> tuple[_Named, _Named, _Named]:
    is_both = asked.to == "organisations_per_unit"
    pair: tuple[RegistryKind, ...] = ("unit", "organisation")
    of_receivers: tuple[RegistryKind, ...] = (asked.kind,)
    return (
        _Named("weights", of_receivers, tuple(asked.weights or ())),
        _Named("pinned", pair if is_both else of_receivers, tuple(asked.bounds.pinned)),
        _Named("among", pair[1:] if is_both else of_receivers, tuple(asked.among or ())),
    )


def _split(key: str, kinds: Collection[RegistryKind]) -> list[str]:
    return key.split(BETWEEN, len(kinds) - 1)


def _codes(fields: Iterable[_Named], kind: RegistryKind) -> set[str]:
    return {
        code
        for field in fields
        for key in field.keys
        for of, code in zip(field.kinds, _split(key, field.kinds), strict=False)
        if of == kind
    }


def _unknown(field: _Named, known: Mapping[RegistryKind, Mapping[str, str]]) -> Iterable[Unknown]:
    for place, key in enumerate(field.keys):
        codes = _split(key, field.kinds)
        if len(codes) < len(field.kinds):
            detail = f"{key} is no code of a unit and of an organisation, such as 15142/BD-CAM-THUY"
            raise SharesDoNotFit.field(f"/{field.field}", detail)
        pointer = f"/{field.field}/{place if field.field == 'among' else key.replace('/', '~1')}"
        for kind, code in zip(field.kinds, codes, strict=True):
            if code not in known[kind]:
                yield Unknown(pointer, kind, code)


def _as_registered(key: str, kinds: Collection[RegistryKind], known: Mapping[RegistryKind, Mapping[str, str]]) -> str:
    return BETWEEN.join(known[kind][code] for kind, code in zip(kinds, _split(key, kinds), strict=True))


def _renamed(values: Mapping[str, T], names: Mapping[str, str]) -> dict[str, T]:
    return {names[key]: value for key, value in values.items()}
