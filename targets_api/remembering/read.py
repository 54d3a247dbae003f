"""A read that can be remembered: what it computes, and what its answer depends on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel

from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind, Scheme
from targets_api.remembering.kept import Kept

Kind: TypeAlias = RegistryKind | Literal["any"]


class Subject(NamedTuple):
    """A node of a kind in a scheme: an answer on it depends on what is at or below it. The code is in upper case, since
    codes that differ only in case are one."""

    kind: Kind
    code: str
    scheme: Scheme


class Key(Protocol):
    """What is asked for. It is hashable; `own_of` is the organisation that asks, where it may know of its own alone."""

    @property
    def own_of(self) -> str | None: ...
    def __hash__(self) -> int: ...


K = TypeVar("K", bound=Key)
Compute: TypeAlias = Callable[[ReadSession, Sequence[K], date], Awaitable[Sequence[BaseModel | None]]]
ComputeOne: TypeAlias = Callable[[ReadSession, K, date], Awaitable[BaseModel | None]]


@dataclass(frozen=True, eq=False)
class Read(Generic[K]):
    """`compute` answers many keys as of a day: None where there is nothing of that code. What an answer says of its
    freshness it leaves out (`schemas.UNTOLD`): that is put in whenever the answer is sent.

    `depends_on`: a change at or below one of these nodes ends the answer; changes of trees, baselines, calendars and
    policies end all. `is_costly`: such keys wait for each other, and never others for them.
    """

    name: str
    compute: Compute[K]
    depends_on: Callable[[K], Sequence[Subject]]
    is_costly: Callable[[K, Kept], bool] = lambda _, __: False
    at_most: int = 200


def on_unit(code: str, scheme: Scheme) -> tuple[Subject, ...]:
    """What an answer on a unit with all below it depends on."""
    return (Subject("unit", code.upper(), scheme),)


def on_organisation(code: str, scheme: Scheme) -> tuple[Subject, ...]:
    """What an answer on an organisation with all below it depends on."""
    return (Subject("organisation", code.upper(), scheme),)


def on_collector(code: str, scheme: Scheme) -> tuple[Subject, ...]:
    """What an answer on a collector depends on."""
    return (Subject("collector", code.upper(), scheme),)


def on_anything(scheme: Scheme) -> tuple[Subject, ...]:
    """What an answer on everybody depends on."""
    return (Subject("any", "", scheme),)


def one_by_one(compute: ComputeOne[K]) -> Compute[K]:
    """A read of one key, for many."""

    async def run(session: ReadSession, keys: Sequence[K], today: date) -> list[Any]:
        return [await compute(session, key, today) for key in keys]

    return run
