"""The batcher: concurrent single calls of a plural use-case share one run of it.

While one run is under way the calls that come meanwhile wait together and make up the next, as in group commit: alone a
call waits for nobody, and under load a run holds as many calls as arrived during the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from services.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """`run` takes a list and answers per item, in the same order. At most `at_most` items go into one run."""

    def __init__(self, run: Callable[[Sequence[T]], Awaitable[Sequence[R]]], *, at_most: int = 200) -> None:
        self._run = run
        self._at_most = at_most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """The answer for this item, once the run that holds it is done. Raises what the run raised."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None:
            self._runner = asyncio.create_task(self._run_all())
        return await future

    async def _run_all(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # lets calls of the same event loop iteration join the batch
                batch, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
                await self._run_together(batch)
        finally:
            self._runner = None

    async def _run_together(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._run([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - the error is raised to the callers
            await self._run_apart(batch, error)
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        else:
            self._answer(batch, answers)

    def _answer(self, batch: list[tuple[T, asyncio.Future[R]]], answers: Sequence[R]) -> None:
        if len(answers) != len(batch):
            _fail(batch, RuntimeError(f"a run answered {len(answers)} times for {len(batch)} items"))
        for (_, future), answer in zip(batch, answers, strict=False):
            if not future.done():
                future.set_result(answer)

    async def _run_apart(self, batch: list[tuple[T, asyncio.Future[R]]], error: Exception) -> None:
        """One bad item must not fail those that happen to share its run."""
        if len(batch) > 1 and not isinstance(error, Unavailable):
            for alone in batch:
                await self._run_together([alone])
            return
        _fail(batch, error)


def _fail(batch: Sequence[tuple[Any, asyncio.Future[Any]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
