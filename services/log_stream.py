"""Where log lines go: standard error, without which a process works on.

A line is written at once and whole, so that a process that is killed has lost none. Where it cannot be written (the
disk is full, its reader is gone), it is dropped and counted; the next one that can be says how many are missing.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import orjson

_STDERR = 2


class LogStream:
    """Writes lines to a file descriptor, and never raises."""

    def __init__(self, descriptor: int = _STDERR) -> None:
        self.lost = 0
        self._unreported = 0
        self._is_torn = False
        self._descriptor = descriptor

    def msg(self, line: str) -> None:
        """Write a line, after another that says how many before it are missing."""
        if self._unreported:
            line = rendered({"event": "log_lines_lost", "level": "error", "count": self._unreported}) + "\n" + line
        if self._write(f"{line}\n".encode(errors="replace")):
            self._unreported = 0
        else:
            self.lost += 1
            self._unreported += 1

    debug = info = warning = error = critical = exception = fatal = log = msg

    def _write(self, content: bytes) -> bool:
        left = b"\n" + content if self._is_torn else content
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
                self._is_torn = bool(left)
        except OSError:
            return False
        return True


class StreamHandler(logging.Handler):
    """Hands the lines of the standard library's loggers to a stream."""

    def __init__(self, stream: LogStream) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        self._stream.msg(self.format(record))


def rendered(line: Any, **_: Any) -> str:
    """A line as JSON. What orjson does not take (half of a surrogate pair, say) is written by the slower library."""
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        return json.dumps(line, default=str)


STDERR = LogStream()
"""The standard error of this process."""
