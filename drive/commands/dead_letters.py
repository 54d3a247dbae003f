"""The commands of `drive dead-letters`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from drive.commands.console import fail, read_settings, run, text_option

if TYPE_CHECKING:
    from drive.hosting.dead_letters import DeadLetters, Found
    from services.messaging.dead_letter_admin import Choice

app = typer.Typer(
    no_args_is_help=True, help="Events that could not be handled: look at them, try them again, drop them."
)


Type = Annotated[str | None, typer.Option("--type", help="only of this event type", callback=text_option)]
OlderThan = Annotated[
    str | None, typer.Option("--older-than", help="only those kept for so long already: 90s, 15m, 2h, 3d")
]


@app.command("list")
def list_dead_letters(
    event_type: Type = None,
    older_than: OlderThan = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="also those retried by themselves, and dropped ones")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """List dead letters, oldest first."""

    async def act(dead_letters: DeadLetters) -> None:
        choice = _choice(dead_letters, event_type=event_type, older_than=older_than)
        found = await dead_letters.find(choice, everything=everything)
        for item in found:
            typer.echo(json.dumps(_shown(item)) if as_json else _line(item))
        if not as_json:
            typer.echo(f"{len(found)} dead letters")

    _with_dead_letters(act)


@app.command()
def show(dead_letter_id: Annotated[UUID, typer.Argument(metavar="ID")]) -> None:
    """Show one dead letter with its body, as JSON."""

    async def act(dead_letters: DeadLetters) -> None:
        found = await dead_letters.find(_choice(dead_letters, dead_letter_id))
        if not found:
            fail(f"no dead letter has the id {dead_letter_id}: see `drive dead-letters list --all`")
        for item in found:
            body = item.dead_letter.raw.decode(errors="backslashreplace")
            typer.echo(json.dumps(_shown(item) | {"body": body}, indent=2, ensure_ascii=False))

    _with_dead_letters(act)


@app.command()
def replay(
    dead_letter_id: Annotated[
        UUID | None, typer.Argument(metavar="[ID]", help="all dead ones where none is named")
    ] = None,
    event_type: Type = None,
    older_than: OlderThan = None,
) -> None:
    """Let the workers try dead letters again. What was counted before is not counted twice."""

    async def act(dead_letters: DeadLetters) -> None:
        choice = _choice(dead_letters, dead_letter_id, event_type=event_type, older_than=older_than)
        counts = await dead_letters.replay(choice)
        if dead_letter_id and not any(counts.values()):
            fail(f"no dead letter has the id {dead_letter_id}: see `drive dead-letters list --all`")
        for service, count in counts.items():
            typer.echo(f"{service}: {count} to be tried again by its worker")

    _with_dead_letters(act)


@app.command()
def drop(
    dead_letter_id: Annotated[UUID, typer.Argument(metavar="ID")],
    reason: Annotated[
        str, typer.Option(help="why it may be dropped; stored with the dead letter", callback=text_option)
    ],
) -> None:
    """Drop one dead letter. `replay ID` reverses that."""

    async def act(dead_letters: DeadLetters) -> None:
        if not reason.strip():
            fail("--reason: say why the dead letter may be dropped")
        service = await dead_letters.drop(dead_letter_id, reason.strip())
        if service is None:
            fail(f"no dead letter to drop has the id {dead_letter_id}: see `drive dead-letters list --all`")
        typer.echo(f"{service}: dropped")

    _with_dead_letters(act)


def _with_dead_letters(action: Callable[[DeadLetters], Awaitable[None]]) -> None:
    from drive.hosting.dead_letters import open_dead_letters  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.hosting.one_service import on_databases  # noqa: PLC0415 - as above

    settings = read_settings()

    async def act(urls: Any) -> None:
        async with open_dead_letters(settings, urls) as dead_letters:
            await action(dead_letters)

    run(on_databases(settings, act, make=False))


def _choice(
    dead_letters: DeadLetters,
    dead_letter_id: UUID | None = None,
    *,
    event_type: str | None = None,
    older_than: str | None = None,
) -> Choice:
    try:
        return dead_letters.choice(dead_letter_id, event_type=event_type, older_than=older_than)
    except ValueError as error:
        fail(str(error))


def _shown(item: Found) -> dict[str, Any]:
    dead_letter = item.dead_letter
    return {
        "id": str(dead_letter.id),
        "service": item.service,
        "state": dead_letter.state,
        "type": dead_letter.type,
        "kept_at": dead_letter.kept_at.isoformat(timespec="seconds"),
        "retry_at": dead_letter.retry_at.isoformat(timespec="seconds") if dead_letter.retry_at else None,
        "attempts": dead_letter.attempts,
        "error": dead_letter.error,
        "drop_reason": dead_letter.drop_reason,
    }


def _line(item: Found) -> str:
    dead_letter = item.dead_letter
    error = " ".join((dead_letter.drop_reason or dead_letter.error).split())[:120]
    since = dead_letter.kept_at.isoformat(timespec="seconds")
    return f"{dead_letter.id}  {item.service:<13}  {dead_letter.state:<8}  {since}  {dead_letter.type}  {error}"
