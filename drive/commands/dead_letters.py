"""The commands of `drive dead-letters`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from drive.commands.console import fail, read_settings
from services.errors import DomainError

if TYPE_CHECKING:
    from drive.hosting.dead_letters import DeadLetters, Found

app = typer.Typer(
    no_args_is_help=True, help="Events that could not be handled: look at them, try them again, drop them."
)

Type = Annotated[str | None, typer.Option("--type", help="only of this event type")]
OlderThan = Annotated[
    str | None, typer.Option("--older-than", help="only those set apart so long ago: 90s, 15m, 2h, 3d")
]


@app.command("list")
def list_letters(
    event_type: Type = None,
    older_than: OlderThan = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="also those retried by themselves, and dropped ones")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """List dead letters, oldest first."""

    async def run(letters: DeadLetters) -> None:
        choice = letters.choice(event_type=event_type, older_than=older_than)
        found = await letters.find(choice, everything=everything)
        for item in found:
            typer.echo(json.dumps(_shown(item)) if as_json else _line(item))
        if not as_json:
            typer.echo(f"{len(found)} letters")

    _with_letters(run)


@app.command()
def show(letter_id: Annotated[UUID, typer.Argument(metavar="ID")]) -> None:
    """Show one letter with its body, as JSON."""

    async def run(letters: DeadLetters) -> None:
        found = await letters.find(letters.choice(letter_id))
        if not found:
            fail(f"no dead letter has the id {letter_id}: see `drive dead-letters list --all`")
        for item in found:
            body = item.letter.raw.decode(errors="backslashreplace")
            typer.echo(json.dumps(_shown(item) | {"body": body}, indent=2, ensure_ascii=False))

    _with_letters(run)


@app.command()
def replay(
    letter_id: Annotated[UUID | None, typer.Argument(metavar="[ID]", help="all dead ones where none is named")] = None,
    event_type: Type = None,
    older_than: OlderThan = None,
) -> None:
    """Let the workers try letters again. What was counted before is not counted twice."""

    async def run(letters: DeadLetters) -> None:
        counts = await letters.replay(letters.choice(letter_id, event_type=event_type, older_than=older_than))
        if letter_id and not any(counts.values()):
            fail(f"no dead letter has the id {letter_id}: see `drive dead-letters list --all`")
        for service, count in counts.items():
            typer.echo(f"{service}: {count} to be tried again by its worker")

    _with_letters(run)


@app.command()
def drop(
    letter_id: Annotated[UUID, typer.Argument(metavar="ID")],
    reason: Annotated[str, typer.Option(help="why it may be given up; it stays on record with the letter")],
) -> None:
    """Give one letter up. `replay ID` takes that back."""

    async def run(letters: DeadLetters) -> None:
        if not reason.strip():
            fail("--reason: say why the letter may be given up")
        service = await letters.drop(letter_id, reason.strip())
        if service is None:
            fail(f"no letter that was not dropped before has the id {letter_id}: see `drive dead-letters list --all`")
        typer.echo(f"{service}: dropped")

    _with_letters(run)


def _with_letters(action: Callable[[DeadLetters], Awaitable[None]]) -> None:
    from drive.hosting.dead_letters import open_dead_letters  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.hosting.one_service import databases  # noqa: PLC0415 - as above

    settings = read_settings()

    async def run(urls: Any) -> None:
        async with open_dead_letters(settings, urls) as letters:
            await action(letters)

    try:
        with databases(settings) as urls:
            asyncio.run(run(urls))
    except (DomainError, OSError, ValueError) as error:
        fail(str(error))


def _shown(item: Found) -> dict[str, Any]:
    letter = item.letter
    return {
        "id": str(letter.id),
        "service": item.service,
        "state": letter.state,
        "type": letter.type,
        "parked_at": letter.parked_at.isoformat(timespec="seconds"),
        "retry_at": letter.retry_at.isoformat(timespec="seconds") if letter.retry_at else None,
        "attempts": letter.attempts,
        "error": letter.error,
        "drop_reason": letter.drop_reason,
    }


def _line(item: Found) -> str:
    letter = item.letter
    error = " ".join((letter.drop_reason or letter.error).split())[:120]
    since = letter.parked_at.isoformat(timespec="seconds")
    return f"{letter.id}  {item.service:<13}  {letter.state:<8}  {since}  {letter.type}  {error}"
