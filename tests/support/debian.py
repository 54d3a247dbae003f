"""Debian's packages of servers that tests need, installed where we may."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import is_root, one_at_a_time


def may_install() -> bool:
    """Whether packages can be installed here without asking anybody."""
    return is_root() and shutil.which("apt-get") is not None


def program(name: str, package: str, remedy: str) -> str:
    """The path of a program, which is installed where it is missing; fail with the remedy where we may not."""
    with one_at_a_time("install"):
        if not found(name):
            install(package, remedy)
    return found(name) or name


def found(name: str) -> str | None:
    """The path of a program; those of servers may be where only root looks."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def install(package: str, remedy: str) -> None:
    """Install it without starting its service; fail with the remedy where we may not."""
    if not may_install():
        pytest.fail(remedy, pytrace=False)
    with one_at_a_time("apt-get"), _no_services_started():
        for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", package]):
            done = subprocess.run(
                ["apt-get", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                pytest.fail(f"{remedy}\n{done.stdout}\n{done.stderr}", pytrace=False)


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Debian asks /usr/sbin/policy-rc.d whether an installed service may be started: 101 is no."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
