"""Folders for data dirs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import in_memory


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a Unix socket, that the embedded server's user can reach."""
    with tempfile.TemporaryDirectory(prefix="drive-", dir=in_memory()) as name:
        Path(name).chmod(0o755)
        yield Path(name)
