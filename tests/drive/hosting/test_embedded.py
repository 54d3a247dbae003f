"""The embedded server runs wherever the data dir is, and where it cannot, one line says why."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import psutil
import pytest

from drive.hosting.embedded.account import Account, account_for_server, may_enter, refuse_unreachable
from drive.hosting.embedded.folder import NEW_MB, own, refuse_full, refuse_owner, refuse_server_owner
from drive.hosting.embedded.refusal import Unusable
from drive.hosting.embedded.server import embedded_postgres
from drive.hosting.embedded.sockets import make_socket_folder

BY_ITSELF = """
import sys
from pathlib import Path
from drive.hosting.embedded.server import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as url:
    print(url.query["host"], flush=True)
    sys.stdin.read()
"""


def _state(folder: Path) -> tuple[int, int, int]:
    found = folder.stat()
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


def _is_gone(path: Path) -> bool:
    return not path.exists()


async def _ask(data_dir: Path) -> None:
    """A fresh server over this data dir answers, and leaves nothing but its data."""
    with embedded_postgres(data_dir) as url:
        sockets = Path(str(url.query["host"]))
        connection = await asyncpg.connect(host=str(sockets), port=5432, user="postgres", database="postgres")
        try:
            assert await connection.fetchval("SELECT upper('đường')") == "ĐƯỜNG"
        finally:
            await connection.close()
    assert _is_gone(sockets)
    assert _is_gone(data_dir / "postgres/postmaster.pid")


async def test_a_path_may_be_long_and_have_blanks_accents_and_signs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")  # which few machines have
    data_dir = folder / "Dự án" / """$HOME "a", 'b'""" / ("đ" * 100) / "data"
    await _ask(data_dir)


async def test_nothing_above_the_servers_own_folder_is_changed(folder: Path) -> None:
    (folder / "mine").mkdir(mode=0o711)
    (folder / "mine" / "letter").touch(mode=0o600)
    before = [_state(path) for path in (folder.parent, folder, folder / "mine", folder / "mine" / "letter")]
    await _ask(folder / "mine")
    assert [_state(path) for path in (folder.parent, folder, folder / "mine", folder / "mine" / "letter")] == before


async def test_two_processes_share_a_server_and_the_last_one_stops_it(folder: Path) -> None:
    with embedded_postgres(folder) as url:
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", BY_ITSELF, str(folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert other.stdin
        assert other.stdout
        assert (await other.stdout.readline()).decode().strip() == url.query["host"]
    assert (folder / "postgres/postmaster.pid").exists()
    other.stdin.close()
    assert await other.wait() == 0
    assert not (folder / "postgres/postmaster.pid").exists()


async def test_a_server_that_is_not_drives_own_is_left_alone(folder: Path) -> None:
    await _ask(folder)
    with embedded_postgres(folder):
        note = folder / "postgres/postmaster.pid"
        ours = note.read_text()
        lines = ours.splitlines()
        note.write_text("\n".join([*lines[:4], "/var/run/postgresql", *lines[5:]]) + "\n")
        with (
            pytest.raises(Unusable, match=rf"in use by another PostgreSQL, process {lines[0]}"),
            embedded_postgres(folder),
        ):
            pass
        assert psutil.pid_exists(int(lines[0]))
        note.write_text(ours)


async def test_a_data_dir_that_another_machine_uses_is_not_used_twice(folder: Path) -> None:
    with embedded_postgres(folder):
        note = folder / "postgres/postmaster.pid"
        note.rename(folder / "kept")  # what runs elsewhere cannot be seen from here
        with pytest.raises(Unusable, match="in use by another drive"), embedded_postgres(folder):
            pass
        (folder / "kept").rename(note)


def _refusal(data_dir: Path) -> str:
    with pytest.raises(Unusable) as refused, embedded_postgres(data_dir):
        pass
    assert "DRIVE_DATA_DIR" in str(refused.value)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_data_dir_that_cannot_be_made_is_refused() -> None:
    assert "/proc" in _refusal(Path("/proc/drive"))


def test_a_file_is_no_data_dir(folder: Path) -> None:
    (folder / "file").write_text("mine")
    assert "is not a folder" in _refusal(folder / "file")
    assert "is not a folder" in _refusal(folder / "file" / "data")
    assert (folder / "file").read_text() == "mine"


def test_databases_of_another_version_are_not_touched(folder: Path) -> None:
    (own(folder / "postgres", account_for_server()) / "PG_VERSION").write_text("17\n")
    assert "was made by PostgreSQL 17, and this is PostgreSQL" in _refusal(folder)


def test_files_that_are_not_postgresqls_are_not_touched(folder: Path) -> None:
    (own(folder / "postgres", account_for_server()) / "letter").write_text("mine")
    assert "holds files that are not PostgreSQL's" in _refusal(folder)


async def test_what_postgresql_says_is_passed_on_where_it_does_not_start(folder: Path) -> None:
    await _ask(folder)
    with (folder / "postgres/postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = on\n")
    said = _refusal(folder)
    assert "does not start" in said
    assert "contains errors" in said
    assert not (folder / "postgres/postmaster.pid").exists()


async def test_files_that_were_left_unfinished_are_made_anew(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    await _ask(folder)


def test_root_does_not_take_over_the_folder_of_another(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"belongs to .*, and you are root: run drive as"):
        refuse_owner(tmp_path, owner=4242, user=0)
    refuse_owner(tmp_path, owner=0, user=0)
    refuse_owner(tmp_path, owner=4242, user=1000)


def test_a_server_takes_no_folder_of_another_account(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="belongs to 4242, and PostgreSQL runs as 4243"):
        refuse_server_owner(tmp_path, owner=4242, user=4243)
    refuse_server_owner(tmp_path, owner=4242, user=4242)


def test_too_little_room_is_told_in_megabytes(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=f"has 5 MB free, and {NEW_MB} MB are needed: make room"):
        refuse_full(tmp_path, free=5 << 20, megabytes=NEW_MB)
    refuse_full(tmp_path, free=NEW_MB << 20, megabytes=NEW_MB)


def test_a_closed_folder_on_the_way_is_named_and_not_opened(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    stranger = Account("stranger", os.getuid() + 4242, os.getgid() + 4242)
    with pytest.raises(Unusable, match=rf"stranger, which may not enter {closed}, on the way to {closed}/data"):
        refuse_unreachable(stranger, [closed / "data" / "postgres"])
    assert _state(closed)[2] == 0o700
    refuse_unreachable(Account("me", os.getuid(), os.getgid()), [closed / "data" / "postgres"])


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "may"),
    [(0o700, 1, 2, True), (0o700, 9, 2, False), (0o710, 9, 2, True), (0o701, 9, 9, True), (0o671, 1, 9, False)],
)
def test_a_folder_is_entered_by_owner_group_or_everybody(mode: int, uid: int, gid: int, *, may: bool) -> None:
    folder = os.stat_result((stat.S_IFDIR | mode, 0, 0, 1, 1, 2, 0, 0, 0, 0))
    assert may_enter(folder, Account("x", uid, gid)) is may


def test_a_socket_goes_where_its_path_is_short_enough(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = folder / ("x" * 90)
    long.mkdir()
    for variable in ("XDG_RUNTIME_DIR", "TMPDIR"):
        monkeypatch.setenv(variable, str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    made = make_socket_folder(None)
    try:
        assert made.parent == Path("/tmp")  # noqa: S108 - where it is made if nothing else will do
        assert _state(made)[2] == 0o700
    finally:
        made.rmdir()
        tempfile.tempdir = None


def test_loading_it_leaves_nothing_in_the_folder_for_temporary_files(folder: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(folder)}
    environment.pop("XDG_RUNTIME_DIR", None)
    subprocess.run(
        [sys.executable, "-c", BY_ITSELF, str(folder / "data")], env=environment, stdin=subprocess.DEVNULL, check=True
    )
    assert [path.name for path in folder.iterdir()] == ["data"]
