"""A command loads what it runs and nothing else: each package below costs a call of it a tenth of a second, or more."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from services.ids import new_id
from tests.support.processes import free_port

_OF_SERVICES = frozenset(
    {"fastapi", "starlette", "uvicorn", "sqlalchemy", "sqlmodel", "alembic", "asyncpg", "aio_pika", "structlog"}
    | {"prometheus_client", "apprise", "jinja2", "aiosmtplib", "resvg_py", "openpyxl", "xlsxwriter", "holidays"}
    | {"vietnam_provinces"}
)
_OF_TOKENS = frozenset({"pydantic_settings", "joserfc", "cryptography"})
_OF_CLIENTS = frozenset({"aiohttp"})
_KEYS = {"DRIVE_SECRET_KEYS": "A" * 43}
_LOADED_BY = """
import sys
from drive.cli import app
for command in sys.argv[1:]:
    try:
        app(command.split())
    except SystemExit as end:
        print("exit:", end.code or 0)
print("loaded:", *{name.partition(".")[0] for name in sys.modules})
"""


def _run(*commands: str, **environment: str) -> tuple[list[str], frozenset[str]]:
    """The exit codes of the commands, one after the other in a process of their own, and the packages in it then."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED_BY, *commands], env=environment, check=True, capture_output=True, text=True
    )
    lines = done.stdout.splitlines()
    codes = [line.removeprefix("exit: ") for line in lines if line.startswith("exit: ")]
    return codes, frozenset(lines[-1].removeprefix("loaded: ").split())


@pytest.mark.parametrize("package", sorted(_OF_SERVICES))
def test_what_is_not_to_be_loaded_is_installed(package: str) -> None:
    assert find_spec(package)


def test_whoever_asks_for_help_loads_nothing_that_runs() -> None:
    groups = ("alerts", "audit", "keys", "dead-letters", "templates", "routes", "escalations")
    single = ("reconcile", "rebuild", "up", "demo", "asyncapi", "serve", "worker", "migrate", "token")
    commands = ["--help", "--version", *[f"{name} --help" for name in (*groups, *single)]]
    codes, loaded = _run(*commands)
    assert codes == ["0"] * len(commands)
    assert not loaded & (_OF_SERVICES | _OF_TOKENS | _OF_CLIENTS)


def test_a_token_is_issued_without_loading_any_service() -> None:
    codes, loaded = _run("token --org CT --scope alerts:read", **_KEYS)
    assert codes == ["0"]
    assert loaded >= _OF_TOKENS
    assert not loaded & (_OF_SERVICES | _OF_CLIENTS)


def test_whoever_asks_a_service_loads_none() -> None:
    alert = str(new_id())
    commands = ("alerts --once", f"alerts show {alert}", f"routes explain {alert}", "routes test ops")
    codes, loaded = _run(*commands, f"escalations explain {alert}", **_KEYS, NOTIFICATIONS_PORT=str(free_port()))
    assert codes == ["2"] * 5
    assert loaded >= _OF_CLIENTS
    assert not loaded & _OF_SERVICES


_LOADS_SERVICES = """
import gc
from drive.cli import app
try:
    app(["asyncapi"])
except SystemExit:
    before = gc.get_stats()[0]["collections"]
    import drive.commands.up
    print(gc.get_stats()[0]["collections"] - before)
"""


def test_services_are_loaded_without_looking_for_garbage_all_the_time() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADS_SERVICES], check=True, capture_output=True, text=True)
    assert int(done.stdout.splitlines()[-1]) < 20
