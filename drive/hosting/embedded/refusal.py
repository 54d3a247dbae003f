"""Why the embedded server cannot run here: one line, which names the remedy."""

from __future__ import annotations

from pathlib import Path


class Unusable(OSError):
    """The embedded server cannot run on this machine, or in this folder."""


def elsewhere(folder: Path, problem: str, remedy: str | None = None) -> Unusable:
    """The data dir cannot be used: what is wrong with the folder, and what to do about it."""
    return Unusable(f"DRIVE_DATA_DIR: {folder} {problem}: {remedy + ', or ' if remedy else ''}set it to another folder")
