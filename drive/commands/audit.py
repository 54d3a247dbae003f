"""The commands of `drive audit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from drive.commands.console import fail, read_settings, run

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from drive.hosting.services import ServiceName
    from enrolment_api.domain.audit import Head

app = typer.Typer(no_args_is_help=True, help="The audit trail: who was shown personal data in clear.")


@app.callback()
def _audit() -> None:
    """So that `verify` is a command of its own although it is the only one."""


@app.command()
def verify(
    expect: Annotated[
        list[str] | None,
        typer.Option(help="a head that was printed or logged before, SEQ:HASH; may be given several times"),
    ] = None,
) -> None:
    """Verify that no entry was altered or removed; ends with 1 where one was. Prints the head, to be kept elsewhere."""
    from drive.hosting.one_service import on_databases  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.hosting.services import schema_of  # noqa: PLC0415 - as above
    from enrolment_api.audit.verification import verify as verified  # noqa: PLC0415 - as above
    from enrolment_api.domain.audit import Broken  # noqa: PLC0415 - as above
    from services.persistence.database import Database  # noqa: PLC0415 - as above

    settings, expected = read_settings(), _heads(expect or [])

    async def look(urls: Mapping[ServiceName, URL]) -> Head | Broken:
        database = Database(
            urls["enrolment"], schema_of("enrolment"), setting=settings.database_setting("enrolment"), pool_size=1
        )
        try:
            return await verified(database, expected=expected)
        finally:
            await database.close()

    found = run(on_databases(settings, look, make=False))
    if isinstance(found, Broken):
        typer.echo(f"audit: entry {found.seq} is broken: {found.why}")
        raise typer.Exit(1)
    typer.echo(f"audit: {found.seq} entries, none altered or missing\nhead {found}")


def _heads(texts: list[str]) -> list[Head]:
    from enrolment_api.domain.audit import head_of  # noqa: PLC0415 - as above

    try:
        return [head_of(text) for text in texts]
    except ValueError as error:
        fail(f"--expect: {error}")
