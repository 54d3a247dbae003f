"""Commands of `drive`, as processes beside a service."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from tests.notifications.service import NotificationsService

COMMAND: Final = (sys.executable, "-c", "from drive.cli import app; app()")


def environment(service: NotificationsService, **more: str) -> dict[str, str]:
    """Of a process beside the service."""
    settings = service.runtime.settings
    return {"DRIVE_DATA_DIR": str(settings.data_dir), "NOTIFICATIONS_PORT": str(settings.api_port), **more}


async def drive(service: NotificationsService, *arguments: str, **more: str) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, *arguments),
        env=environment(service, **more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()
