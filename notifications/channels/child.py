"""Runs what a library does in a process of its own: one that can be ended in time, keeps no memory, and knows no secret
of this service but those that it is told."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

_INHERITED: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""No proxy: it would be called in place of an address that was checked."""


class ChildFailed(Exception):
    """The process ended without an answer."""


async def ask(module: str, question: Mapping[str, Any], seconds: float) -> Any:
    """What a module, run as a program, answers to a question, both as JSON over its standard streams.

    Raises TimeoutError, and ChildFailed with the last line that it wrote as an error. The question gets `seconds`: the
    other process has to end by itself where this one is killed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", module,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in _INHERITED if name in os.environ},
    )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            asked = json.dumps({**question, "seconds": math.ceil(seconds)})
            answer, errors = await process.communicate(asked.encode())
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise ChildFailed((errors.decode(errors="replace").strip().splitlines() or ["no answer"])[-1])
    return json.loads(answer)
