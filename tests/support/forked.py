"""Processes of `drive` forked from one that has imported everything, since importing costs each of them seconds.

They are processes like others: with a memory, connections and signals of their own, and killed for good by SIGKILL.
That `python -m drive` starts from nothing is for the tests of `drive up` and of docker-compose.yml to show.
"""

# ruff: noqa: F401 - what the processes run is imported here, before they are forked
from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import drive.commands.up
import drive.hosting.one_service
import drive.hosting.serving
import enrolment_api.main
import enrolment_api.worker
import notifications.main
import notifications.worker
import services.messaging.rabbitmq
import targets_api.main
import targets_api.worker
from drive.cli import app

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def _run(arguments: list[str], environment: dict[str, str], output: Path | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    if output:
        for stream, name in ((sys.stdout, "output"), (sys.stderr, "errors")):
            with (output / name).open("wb") as file:
                os.dup2(file.fileno(), stream.fileno())
    app(arguments)


class Forked:
    """What a test needs of `asyncio.subprocess.Process`.

    What it prints goes into the files `output` and `errors` of a folder.
    """

    def __init__(self, *arguments: str, environment: Mapping[str, str], output: Path | None = None) -> None:
        self._process = _FORKS.Process(target=_run, args=(list(arguments), dict(environment), output))

    async def start(self) -> None:
        """Fork; the first time, start what is forked from."""
        await asyncio.to_thread(self._process.start)

    @property
    def pid(self) -> int | None:
        """None before it is started."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._process.exitcode

    def send_signal(self, how: signal.Signals) -> None:
        """Nothing where it has ended."""
        if self._process.pid and self.returncode is None:
            os.kill(self._process.pid, how)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    async def wait(self) -> int:
        """The exit code, once it has ended."""
        await asyncio.to_thread(self._process.join)
        assert self._process.exitcode is not None
        return self._process.exitcode
