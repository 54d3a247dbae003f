"""A migration that was published is never edited: databases have run it as it was, and would not run it again."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
RELEASED = Path(__file__).with_name("migrations.sha256")
"""`sha256sum` of each migration, and of what migrations are written with; a new one gets a line, no line is changed."""
TOOLS = ("checks", "keys", "messaging", "summaries")


def listed() -> dict[str, str]:
    """The checksums of the file, by path."""
    lines = (line.split() for line in RELEASED.read_text().splitlines())
    return {path: checksum for checksum, path in lines}


def found() -> dict[str, str]:
    """The checksums of what is there."""
    files = [*(ROOT / "migrations").glob("*/[0-9]*.py"), *(ROOT / f"migrations/{name}.py" for name in TOOLS)]
    return {str(file.relative_to(ROOT)): sha256(file.read_bytes()).hexdigest() for file in files}


def test_no_migration_was_edited_or_removed() -> None:
    now = found()
    changed = [path for path, checksum in listed().items() if now.get(path) != checksum]
    assert changed == [], "undo the change, and make it in a new migration: see CONTRIBUTING.md"


def test_every_migration_has_its_line() -> None:
    lines = [f"{checksum}  {path}" for path, checksum in sorted(found().items()) if path not in listed()]
    assert lines == [], f"add to {RELEASED.relative_to(ROOT)}"


def test_every_module_that_migrations_use_is_watched() -> None:
    used = {
        line.split()[1].removeprefix("migrations.")
        for file in (ROOT / "migrations").glob("*/[0-9]*.py")
        for line in file.read_text().splitlines()
        if line.startswith("from migrations.")
    }
    assert used == set(TOOLS)
