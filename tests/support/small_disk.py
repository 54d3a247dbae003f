"""A file system of a few kilobytes, to be filled: what only a disk that is full shows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.processes import is_root, private_folder

_HOW_TO_GET_ONE = (
    "this test fills a small file system: run it as root where root may mount one (in a container: with CAP_SYS_ADMIN),"
    " or as a user who may make namespaces of its own"
)


class SmallDisk:
    """A mounted file system. `fill` takes all that is left of it, `empty` gives that back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, *, but_for: int = 0) -> None:
        """Leave no room but for so many bytes."""
        with suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while (room := shutil.disk_usage(self.folder).free - but_for) > 0:
                file.write(bytes(min(room, 1 << 20)))

    def empty(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def a_small_disk(*, megabytes: int, owner: str | None = None) -> Iterator[SmallDisk]:
    """A file system of that size, in memory, that belongs to `owner`; gone when the block is left."""
    folder = private_folder(None)
    try:
        options = f"size={megabytes}m,mode=755{f',uid={owner}' if owner else ''}"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if not is_root() or subprocess.run(command, check=False).returncode:
            pytest.fail(_HOW_TO_GET_ONE, pytrace=False)
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()
