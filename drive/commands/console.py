"""What every command needs: the settings, a loop to run in, and errors of one line instead of tracebacks."""

from __future__ import annotations

import signal
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperGroup

from services.errors import DomainError

if TYPE_CHECKING:
    from drive.hosting.configuration import Configuration


class Commands(TyperGroup):
    """A group of commands; what their user can mend is one line, whichever command meets it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # of `drive … | head`: no error at all
            raise
        except (DomainError, OSError) as error:
            fail(str(error) or repr(error))


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """What it returns. SIGTERM and SIGHUP end it in an orderly way, with the exit code that they stand for."""
    import asyncio  # noqa: PLC0415 - loaded by who runs it: it takes time

    import uvloop  # noqa: PLC0415 - as above

    from drive.hosting.signals import Stopped, cancelled_by_signals  # noqa: PLC0415 - as above

    try:
        return asyncio.Runner(loop_factory=uvloop.new_event_loop).run(cancelled_by_signals(main))
    except Stopped as stopped:
        raise typer.Exit(128 + stopped.by) from None
    except KeyboardInterrupt:
        raise typer.Exit(128 + signal.SIGINT) from None


def read_settings(service: str | None = None) -> Configuration:
    """The settings in the environment, with logging set up after them; ends the process where they are wrong."""
    from services.observability import configure_logging  # noqa: PLC0415 - as above

    settings = read_settings_alone()
    configure_logging(settings.common.log_level, service=service)
    return settings


def read_settings_alone() -> Configuration:
    """As above, for commands that log nothing."""
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    from drive.hosting.configuration import read_configuration  # noqa: PLC0415 - as above

    try:
        return read_configuration()
    except ValidationError as error:
        fail("\n".join(_wrong(e["loc"], e["msg"]) for e in error.errors(include_url=False, include_input=False)))


def _wrong(location: tuple[int | str, ...], message: str) -> str:
    return ": ".join([*map(str, location), message.removeprefix("Value error, ")])


def fail(message: str) -> NoReturn:
    """End the process with this error."""
    print(f"drive: {message}", file=sys.stderr)
    raise typer.Exit(2)


def text_option(parameter: typer.CallbackParam, value: str | None) -> str | None:
    """Of an option: what a terminal may send that is no text cannot be stored, compared or sent."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        fail(f"{parameter.opts[0]}: give text in UTF-8")
    return value
