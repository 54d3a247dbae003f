"""Real PostgreSQL for tests: private servers, and databases copied from migrated templates."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from pathlib import Path

import asyncpg
import psutil
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from drive.hosting.embedded.account import NAME
from drive.hosting.embedded.programs import BIN
from drive.hosting.services import SERVICES
from migrations.messaging import create_messaging_tables, extend_dead_letters, rename_parked_events
from migrations.upgrade import upgrade
from tests.support.processes import ensure_user, free_port, is_root, let_others_reach, private_folder, remove_folder

_DEPLOY = Path(__file__).parents[2] / "deploy"
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
}


class PrivatePostgres:
    """A PostgreSQL server of the test's own, on a port that stays the same over restarts."""

    def __init__(self, *, durable: bool = False, like: PrivatePostgres | None = None) -> None:
        """`durable`: what was committed outlives a crash of the server, as it must where a test crashes it.

        `like`: one that does not run, whose databases are copied; that takes a tenth of the time of making them.
        """
        self._options = {**_FAST, "synchronous_commit": "on"} if durable else _FAST
        self._user = ensure_user(NAME) if is_root() else None
        self._folder = private_folder(self._user)
        self._data = self._folder / "data"
        self._port = free_port()
        if self._user:
            let_others_reach(BIN)
        if like:
            self._run("cp", "-Rp", str(like._data), str(self._data))
        else:
            self._command("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres")

    @property
    def url(self) -> URL:
        """Of the database `postgres`, for a superuser."""
        return URL.create("postgresql+asyncpg", "postgres", None, "127.0.0.1", self._port, "postgres")

    def start(self) -> None:
        """Start, and return once connections are taken."""
        options = {
            **self._options,
            "port": str(self._port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        settings = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._command("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", settings)

    def stop(self, *, immediate: bool = False) -> None:
        """Stop, breaking every connection; `immediate` is what a crash does."""
        self._command("pg_ctl", "stop", "-w", "-m", "immediate" if immediate else "fast")

    def admit(self, *lines: str) -> None:
        """Let in whom these lines of pg_hba.conf say, and nobody else."""
        (self._data / "pg_hba.conf").write_text("".join(f"{line}\n" for line in lines))
        self._command("pg_ctl", "reload")

    async def make_tablespace(self, name: str, folder: Path) -> None:
        """Let tables be kept in this folder, which has to belong to `system_user`."""
        connection = await asyncpg.connect(_dsn(self.url))
        try:
            await connection.execute(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
        finally:
            await connection.close()

    def files_with(self, *needles: bytes, but_for: str = "") -> dict[bytes, list[str]]:
        """The files of the server that hold these bytes, by needle, but for those below the folder `but_for`."""
        found: dict[bytes, list[str]] = {needle: [] for needle in needles}
        for file in self._data.rglob("*"):
            name = str(file.relative_to(self._data))
            if file.is_file() and not (but_for and name.startswith(f"{but_for}/")):
                content = file.read_bytes()
                for needle in needles:
                    if needle in content:
                        found[needle].append(name)
        return {needle: names for needle, names in found.items() if names}

    @property
    def system_user(self) -> str | None:
        """Whose process the server is; None where it is that of the tests."""
        return self._user

    def pids(self) -> list[int]:
        """The server's processes, the postmaster first."""
        postmaster = psutil.Process(int((self._data / "postmaster.pid").read_text().split("\n")[0]))
        return [postmaster.pid, *(child.pid for child in postmaster.children(recursive=True))]

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start again."""
        self.stop(immediate=immediate)
        self.start()

    def remove(self) -> None:
        """Leave nothing behind, whether it runs or not."""
        if (self._data / "postmaster.pid").exists():
            self.stop(immediate=True)
        remove_folder(self._folder)

    def _command(self, program: str, *arguments: str) -> None:
        self._run(str(BIN / program), "-D", str(self._data), *arguments)

    def _run(self, *command: str) -> None:
        # pg_ctl leaves a server behind that inherits its pipes: a file is the only output that ends.
        with (self._folder / "output").open("w+") as output:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=self._user,
                cwd=self._folder,
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{' '.join(command)} failed: {output.read()}")


def run_roles_script(server: URL, passwords: Mapping[str, str]) -> None:
    """What makes roles and databases in the container, on this server."""
    run_script("postgres-roles.sh", server, **passwords)


def run_script(name: str, server: URL, *arguments: str, **environment: str) -> None:
    """A script of deploy/ on this server, as its superuser. Raises RuntimeError with what it said."""
    where = {"PGHOST": server.host or "", "PGPORT": str(server.port), "PGUSER": "postgres"}
    where["PATH"] = f"{BIN}:{os.environ['PATH']}"
    command = ["sh", str(_DEPLOY / name), *arguments]
    done = subprocess.run(
        command, env={**os.environ, **where, **environment}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr}")


def dump(database: URL, file: Path) -> None:
    """A backup of the database as it is now, as an operator makes one."""
    _client("pg_dump", "--format=custom", f"--file={file}", f"--dbname={_dsn(database)}")


def restore(database: URL, file: Path) -> None:
    """The database as it was at the backup, whoever is connected to it now."""
    server = _dsn(database.set(database="postgres"))
    for command in (f'DROP DATABASE "{database.database}" WITH (FORCE)', f'CREATE DATABASE "{database.database}"'):
        _client("psql", "--quiet", f"--dbname={server}", f"--command={command}")
    _client("pg_restore", "--exit-on-error", f"--dbname={_dsn(database)}", str(file))


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _client(program: str, *arguments: str) -> None:
    done = subprocess.run([str(BIN / program), *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stderr}")


class Databases:
    """Databases on one server: a migrated template for each kind, and copies of it for the tests."""

    def __init__(self, server: URL) -> None:
        self._server = server.set(drivername="postgresql+asyncpg")
        self._engine = create_async_engine(self._server, isolation_level="AUTOCOMMIT")
        self._names = count(1)
        self._templates: dict[str, URL] = {}

    async def create(self, kind: str) -> URL:
        """A fresh database. `kind` is a service, `chassis` for the messaging tables alone, or `empty`."""
        url, template = self._fresh(), (await self._template(kind)).database
        # Its files are copied, which takes a fifth of the time of writing every page to the log.
        await self._command(f'CREATE DATABASE "{url.database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return url

    async def drop(self, url: URL) -> None:
        """Drop it, whoever is connected."""
        await self._command(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    async def close(self) -> None:
        """Drop the templates."""
        for url in self._templates.values():
            await self.drop(url)
        self._templates.clear()
        await self._engine.dispose()

    async def _template(self, kind: str) -> URL:
        if kind not in self._templates:
            url = self._fresh()
            await self._command(f'CREATE DATABASE "{url.database}"')
            self._templates[kind] = url
            await _BUILDERS[kind](url)
        return self._templates[kind]

    def _fresh(self) -> URL:
        return self._server.set(database=f"drive_test_{os.getpid()}_{next(self._names)}")

    async def _command(self, sql: str) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(text(sql))


async def _nothing(_: URL) -> None:
    """An empty database is empty."""


async def migrate_chassis(url: URL) -> None:
    """The chassis's own tables alone, as each service's revisions make them."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_create_chassis_tables)
    finally:
        await engine.dispose()


def _create_chassis_tables(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)) as operations:
        create_messaging_tables()
        extend_dead_letters()
        rename_parked_events()
        operations.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
        operations.execute("INSERT INTO alembic_version VALUES ('chassis')")


def _upgraded(service: str) -> Callable[[URL], Awaitable[None]]:
    name = next(known for known in SERVICES if known == service)
    return lambda url: upgrade(name, url)


_BUILDERS: dict[str, Callable[[URL], Awaitable[None]]] = {
    "empty": _nothing,
    "chassis": migrate_chassis,
    **{service: _upgraded(service) for service in SERVICES},
}
