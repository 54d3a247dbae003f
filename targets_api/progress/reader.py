"""Read progress. Concurrent reads share a run, and within a run the same question is answered once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.batcher import Batcher
from services.clock import Clock
from services.errors import NotFound
from services.persistence.database import Database
from targets_api.attainment.versions import current_version
from targets_api.progress.answers import Answer, answer_of, told
from targets_api.progress.queries import COLLECTORS, ORGANISATIONS, UNITS, Owner, ProgressKey, children_of, figures_of

MOST_REMEMBERED = 10_000


class NoSuchOwner(NotFound):
    """The registry has not told of such a unit, organisation or collector."""

    code = "no-such-owner"
    title = "Nobody and nothing has this code"


class ProgressReads:
    """Answers as bytes, ready to be sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._remembered: dict[tuple[Owner, ProgressKey], Answer | None] = {}
        self._remembered_of: tuple[int, date] | None = None
        self._units = self._batcher(UNITS)
        self._organisations = self._batcher(ORGANISATIONS)
        self._collectors = self._batcher(COLLECTORS)

    async def of_unit(self, key: ProgressKey) -> Answer:
        """The unit with all below it. Raises NoSuchOwner."""
        return _found(UNITS, key, await self._units.submit(key))

    async def of_organisation(self, key: ProgressKey) -> Answer:
        """The organisation with all below it. Raises NoSuchOwner."""
        return _found(ORGANISATIONS, key, await self._organisations.submit(key))

    async def of_collector(self, key: ProgressKey) -> Answer:
        """The collector. Raises NoSuchOwner."""
        return _found(COLLECTORS, key, await self._collectors.submit(key))

    async def of_children(self, key: ProgressKey) -> Answer:
        """Each unit directly below the unit. Raises NoSuchOwner."""
        today = self._clock.today()
        async with self._database.read() as session:
            keys = [key, *(key._replace(code=code) for code in await children_of(session, key.code))]
            found = await figures_of(session, UNITS, keys, today)
        unit, *children = told(UNITS, found, today)
        if unit is None:
            raise _nobody(UNITS, key)
        head = {name: unit[name] for name in ("unit", "scheme", "from", "on")}
        return answer_of({**head, "items": [_without(child, "scheme", "from", "on") for child in children if child]})

    def _batcher(self, owner: Owner) -> Batcher[ProgressKey, Answer | None]:
        async def run(keys: Sequence[ProgressKey]) -> Sequence[Answer | None]:
            return await self._read_many(owner, keys)

        return Batcher(run)

    async def _read_many(self, owner: Owner, keys: Sequence[ProgressKey]) -> Sequence[Answer | None]:
        today = self._clock.today()
        async with self._database.read() as session:
            remembered = self._still_true(await current_version(session), today)
            missing = [key for key in dict.fromkeys(keys) if (owner, key) not in remembered]
            found = await figures_of(session, owner, missing, today) if missing else []
        for key, content in zip(missing, told(owner, found, today), strict=True):
            remembered[owner, key] = answer_of(content) if content else None
        return [remembered[owner, key] for key in keys]

    def _still_true(self, of_version: int, today: date) -> dict[tuple[Owner, ProgressKey], Answer | None]:
        """The answers given before, as long as nothing has changed since; they are shared by all who read them.

        A run of another owner may put a newer memory in place meanwhile; each goes on with the one it began with.
        """
        if self._remembered_of != (of_version, today) or len(self._remembered) > MOST_REMEMBERED:
            self._remembered, self._remembered_of = {}, (of_version, today)
        return self._remembered


def _found(owner: Owner, key: ProgressKey, answer: Answer | None) -> Answer:
    if answer is None:
        raise _nobody(owner, key)
    return answer


def _nobody(owner: Owner, key: ProgressKey) -> NoSuchOwner:
    return NoSuchOwner(f"no {owner.name} {key.code} is known here; what was registered just now may take a moment")


def _without(content: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in content.items() if name not in names}
