"""Where the story is played: all services in this process, or in six of their own on real servers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy.engine import URL

from drive.hosting.all_in_one import all_in_one
from drive.hosting.configuration import Configuration
from drive.hosting.processes import Command, Processes, six_processes
from drive.hosting.services import SERVICES, ServiceName
from migrations.upgrade import upgrade
from services.clock import SystemClock
from services.security.keys import load_secret_keys
from services.security.tokens import Tokens

WHO_ASKS_THE_DAY: Final[tuple[Command, ...]] = (
    ("serve", "enrolment"),
    ("serve", "targets"),
    ("worker", "targets"),
    ("serve", "notifications"),
    ("worker", "notifications"),
)


class World(Protocol):
    """What the story needs of the place where it is played."""

    @property
    def urls(self) -> Mapping[ServiceName, str]:
        """Where each service answers."""
        ...

    async def move_to(self, day: date) -> None:
        """Let it be this business day."""
        ...

    def token(self, org: str, scope: str) -> str:
        """A token for an organisation."""
        ...

    def mails(self) -> list[EmailMessage]:
        """The mail that was sent so far, oldest first."""
        ...


@dataclass
class _Common:
    configuration: Configuration

    @property
    def urls(self) -> Mapping[ServiceName, str]:
        return self.configuration.addresses()

    def token(self, org: str, scope: str) -> str:
        tokens = Tokens(load_secret_keys(self.configuration.common))
        return tokens.issue(org, frozenset(scope.split()), SystemClock().now(), timedelta(hours=12))

    def mails(self) -> list[EmailMessage]:
        files = sorted((self.configuration.common.data_dir / "outbox").glob("*.eml"))
        return [_read_mail(file) for file in files]


def _read_mail(file: Path) -> EmailMessage:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what the default policy makes
    return message


@dataclass
class OneProcess(_Common):
    """Everything here; days pass by the clock that all services share."""

    clock: SystemClock

    async def move_to(self, day: date) -> None:
        """Pin the clock; the next sweep sees it."""
        self.clock.pin(day)


@dataclass
class SixProcesses(_Common):
    """Six processes; days pass by starting anew, with another DRIVE_TODAY, those that ask what day it is."""

    processes: Processes

    async def move_to(self, day: date) -> None:
        """Restart on this day."""
        await self.processes.restart(WHO_ASKS_THE_DAY, {"DRIVE_TODAY": day.isoformat()})


@asynccontextmanager
async def one_process(
    configuration: Configuration, urls: Mapping[ServiceName, URL], day: date
) -> AsyncIterator[OneProcess]:
    """A world in this process, on these databases."""
    clock = SystemClock(day)
    async with all_in_one(configuration, clock, urls):
        yield OneProcess(configuration, clock)


@asynccontextmanager
async def six(configuration: Configuration, environment: Mapping[str, str], day: date) -> AsyncIterator[SixProcesses]:
    """A world of six processes, which read `configuration` from `environment`."""
    for service in SERVICES:
        url = configuration.database(service)
        if url is None:
            raise ValueError("DATABASE_URL must be set for processes of their own")
        await upgrade(service, url)
    async with six_processes(configuration, {**environment, "DRIVE_TODAY": day.isoformat()}) as processes:
        yield SixProcesses(configuration, processes)


def start_afresh(data_dir: Path) -> None:
    """The story begins with nothing: forget what an earlier one left of mail."""
    shutil.rmtree(data_dir / "outbox", ignore_errors=True)
