"""What a process takes from the machine: files that it may open, and memory that it gives back."""

from __future__ import annotations

import ctypes
import gc
import resource
from typing import Final

_MOST_FILES: Final = 65_536
_OTHER_FILES: Final = 256
"""Listeners, logs, connections to databases, the broker and receivers of webhooks."""


def prepare_process() -> None:
    """Once, when all is loaded and before anything is served."""
    _raise_file_limit()
    _spare_the_garbage_collector()


def _raise_file_limit() -> None:
    """Let this process open as many files as it may be allowed: a connection takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections(wanted: int, servers: int) -> int:
    """How many of them each of so many servers of a process may have, by the files that the process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, (soft - _OTHER_FILES) // servers))


def _spare_the_garbage_collector() -> None:
    """What was loaded stays: leave it out of every later collection."""
    gc.collect()
    gc.freeze()
    collect_less_often()


def collect_less_often() -> None:
    """By default every 700 objects have the young ones walked. A request makes more than that, and leaves few cycles
    behind; loading makes hundreds of times as many that stay, an eighth of the time of a start."""
    gc.set_threshold(50_000, 20, 20)


def give_memory_back() -> None:
    """Free what only cycles hold, and return free pages to the system, which glibc keeps between others in use."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
