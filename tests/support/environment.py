"""What the environment gives the tests; taken out of it, so that no test depends on it by accident."""

from __future__ import annotations

import os

from drive.hosting.configuration import SETTINGS
from services.settings import Settings

DATABASE_URL = os.environ.get("DATABASE_URL") or None
AMQP_URL = os.environ.get("AMQP_URL") or None


def forget_settings() -> None:
    """Unset every variable that the services read, for this process and those it starts."""
    known: tuple[type[Settings], ...] = (Settings, *SETTINGS.values())
    for settings in known:
        for field in settings.model_fields.values():
            os.environ.pop(str(field.validation_alias), None)
