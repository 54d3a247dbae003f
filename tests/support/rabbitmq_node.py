"""A private RabbitMQ node that leaves nothing behind, and Debian's package where the machine has none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest

from tests.support.debian import install
from tests.support.processes import (
    answers,
    ensure_user,
    free_port,
    is_root,
    one_at_a_time,
    private_folder,
    remove_folder,
)

GREETING = b"AMQP\x00\x00\x09\x01"
"""What an AMQP 0-9-1 client says first; a broker that has started answers it."""
_START_SECONDS = 60
_LIBRARY = Path("/usr/lib/rabbitmq/bin")
"""Where Debian keeps the programs themselves; those on the path insist on being root or rabbitmq."""
HOW_TO_GET_ONE = (
    "the tests need a RabbitMQ broker: set AMQP_URL, start one on localhost:5672, install rabbitmq-server"
    " (apt-get install rabbitmq-server, brew install rabbitmq), or run as root on Debian, where it is installed for you"
)


class PrivateRabbit:
    """A RabbitMQ node of the test's own, with an epmd of its own, on a port that stays the same over restarts."""

    _numbers = count(1)

    def __init__(self, *, extra: Path | None = None, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        """`extra` is a configuration file for it to read as well, `environment` variables of its own."""
        self._user = ensure_user("rabbitmq") if is_root() else None
        self._folder = private_folder(self._user)
        self._node = f"drive-test-{os.getpid()}-{next(self._numbers)}@localhost"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {**self._configure(extra.read_text() if extra else ""), **environment}
        # A child process, since the one that Erlang starts where it finds none is a daemon that stays.
        self._epmd = subprocess.Popen([_program("epmd")], env=self._environment, user=self._user, cwd="/")

    @property
    def url(self) -> str:
        """AMQP URL of the default vhost."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    @property
    def port(self) -> int:
        """The AMQP port."""
        return self._port

    def _configure(self, extra: str) -> dict[str, str]:
        config = self._folder / "rabbitmq.conf"
        own = f"listeners.tcp.1 = 127.0.0.1:{self._port}\n"
        config.write_text(own + (extra or "disk_free_limit.absolute = 1MB\n"))
        plugins = self._folder / "enabled_plugins"
        plugins.write_text("[].\n")
        folder = str(self._folder)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")}
        return inherited | {
            "HOME": folder,
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_FEATURE_FLAGS_FILE": f"{folder}/feature_flags",
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/rabbitmq-env.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        }

    def start(self) -> None:
        """Start, and return once AMQP is answered."""
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [_program("rabbitmq-server")],
                env=self._environment,
                cwd=self._folder,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._await_start(self._process)

    def _await_start(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not answers(self._port, GREETING):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"RabbitMQ did not start: {(self._folder / 'output').read_text()}")
            time.sleep(0.1)

    def stop(self, *, immediate: bool = False) -> None:
        """Stop, breaking every connection; `immediate` is what a crash does to a node that has run for some seconds."""
        if immediate:
            # A new queue is noted in a file that is synced every few seconds; killed before that, the node has lost it.
            self.control("eval", "[dets:sync(Table) || Table <- dets:all()].")
        self._end(signal.SIGKILL if immediate else signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            os.killpg(self._process.pid, how)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start again; what was persistent is still there."""
        self.stop(immediate=immediate)
        self.start()

    def control(self, *arguments: str) -> str:
        """What rabbitmqctl says on this node. Raises CalledProcessError."""
        return control([_program("rabbitmqctl"), "-n", self._node, *arguments], self._environment, self._user)

    def remove(self) -> None:
        """Leave nothing behind: no node, no epmd, no files."""
        self._end(signal.SIGKILL)
        self._epmd.terminate()
        self._epmd.wait()
        remove_folder(self._folder)


def control(
    command: Sequence[str], environment: dict[str, str] | None = None, user: str | None = None, timeout: float = 60
) -> str:
    """What a rabbitmqctl command says. Raises CalledProcessError with that, TimeoutExpired where it says nothing."""
    with subprocess.Popen(
        command, env=environment, user=user, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException:
            # The command is a shell; left alone, the VM within keeps one of the few ports that these commands have.
            for each in psutil.Process(process.pid).children(recursive=True):
                each.kill()
            process.kill()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output, errors)
    return output


def _program(name: str) -> str:
    inner = _LIBRARY / name
    found = str(inner) if inner.exists() else shutil.which(name)
    if not found:
        pytest.fail(HOW_TO_GET_ONE, pytrace=False)
    return found


@contextmanager
def a_private_node(
    *, extra: Path | None = None, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[PrivateRabbit]:
    """A started private node, removed when the block is left."""
    with one_at_a_time("install"):
        install_where_missing()
    node = PrivateRabbit(extra=extra, environment=environment)
    try:
        node.start()
        yield node
    finally:
        node.remove()


def is_there() -> bool:
    """Whether the tests have a broker, or can start one."""
    return bool(os.environ.get("AMQP_URL")) or answers(5672, GREETING) or _is_installed()


def _is_installed() -> bool:
    return (_LIBRARY / "rabbitmq-server").exists() or shutil.which("rabbitmq-server") is not None


def install_where_missing() -> None:
    """Install Debian's rabbitmq-server; fail with the remedy where we may not."""
    if not _is_installed():
        install("rabbitmq-server", HOW_TO_GET_ONE)
