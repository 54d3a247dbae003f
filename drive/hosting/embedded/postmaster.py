"""A PostgreSQL server over a folder: found, started, stopped."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import structlog

from drive.hosting.embedded import programs
from drive.hosting.embedded.account import Account
from drive.hosting.embedded.folder import own
from drive.hosting.embedded.refusal import elsewhere
from drive.hosting.embedded.sockets import make_socket_folder, remove_socket_folder

log = structlog.get_logger(__name__)

_SECONDS: Final = 60
_PAUSE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says of a server."""

    pid: int
    sockets: Path
    ready: bool


def found(folder: Path) -> Postmaster | None:
    """The server that runs over this folder. What a server that was killed has left is removed."""
    said = _read(folder)
    if said is None or _runs(said.pid, folder):
        return said
    (folder / "postmaster.pid").unlink(missing_ok=True)
    remove_socket_folder(said.sockets)
    return None


def _read(folder: Path) -> Postmaster | None:
    try:
        lines = [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]
        lines += [""] * (8 - len(lines))  # it is written little by little
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7] == "ready")
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _runs(pid: int, folder: Path) -> bool:
    """A number may be another process's by now; a server works in its folder."""
    try:
        return Path(psutil.Process(pid).cwd()).samefile(folder)
    except (psutil.Error, OSError):
        return False


def initialise(folder: Path, account: Account | None) -> None:
    """Make the files of a server; the folder is there when all of them are. Raises Unusable."""
    unfinished = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    own(unfinished, account)
    output = folder.with_name("initdb.log")
    with output.open("wb") as file:
        # Not by the locale of this terminal, which the machine may not have, but the same everywhere.
        done = programs.start(
            *("initdb", "-D", str(unfinished), "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--username=postgres"),
            account=account,
            output=file,
        ).wait()
    if done:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise elsewhere(folder, f"could not be filled ({_reason(output, 0)})")
    output.unlink()
    if folder.exists():
        folder.rmdir()
    unfinished.rename(folder)
    log.info("embedded_databases_made", folder=str(folder))


def start(folder: Path, account: Account | None) -> Postmaster:
    """Start a server that listens on a Unix socket alone, and wait until it takes connections. Raises Unusable."""
    sockets = make_socket_folder(account)
    messages = folder / "log"
    with messages.open("ab") as output:
        began = output.tell()
        process = programs.start(
            *("postgres", "-D", str(folder), "-c", "listen_addresses=", "-c", "port=5432"),
            *("-c", f'unix_socket_directories="{sockets}"'),
            account=account,
            output=output,
        )
    if (server := _ready(folder, process)) is None:
        _end(process.pid)
        remove_socket_folder(sockets)
        raise elsewhere(folder, f"does not start ({_reason(messages, began)})", f"see {messages}")
    return server


def _ready(folder: Path, process: subprocess.Popen[bytes]) -> Postmaster | None:
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        said = _read(folder)
        if said and said.pid == process.pid and said.ready:
            return said
        time.sleep(_PAUSE)
    return None


def _reason(messages: Path, began: int) -> str:
    """Of what was logged since, the line that says why."""
    with messages.open("rb") as file:
        file.seek(began)
        lines = file.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
    return (telling or lines or ["no answer"])[-1].split("  ")[-1].strip()


def stop(server: Postmaster) -> None:
    """Stop the server, breaking off what is still connected; nothing is left of it but its data."""
    _end(server.pid)
    remove_socket_folder(server.sockets)


def _end(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # what PostgreSQL calls fast, and immediate
            process.send_signal(how)
            if _has_ended(process):
                return


def _has_ended(process: psutil.Process) -> bool:
    """Within some time; a process that has ended stays as a zombie while the one that started it does not ask."""
    deadline = time.monotonic() + _SECONDS
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
