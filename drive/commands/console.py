"""What every command needs: the settings, or an error that names what is wrong with them."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from pydantic import ValidationError

from drive.hosting.configuration import Configuration, read_configuration
from services.observability import configure_logging


def read_settings(service: str | None = None) -> Configuration:
    """The settings in the environment, with logging set up after them; ends the process where they are wrong."""
    try:
        configuration = read_configuration()
    except ValidationError as error:
        fail("\n".join(_wrong(e["loc"], e["msg"]) for e in error.errors(include_url=False, include_input=False)))
    configure_logging(configuration.common.log_level, service=service)
    return configuration


def _wrong(location: tuple[int | str, ...], message: str) -> str:
    return ": ".join([*map(str, location), message.removeprefix("Value error, ")])


def fail(message: str) -> NoReturn:
    """End the process with this error."""
    print(f"drive: {message}", file=sys.stderr)
    raise typer.Exit(2)
