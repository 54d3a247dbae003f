"""The commands of `drive digests`."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import quote

import typer

from drive.commands.asking import answer_of
from drive.commands.templates import language_of, notifications_settings

app = typer.Typer(no_args_is_help=True, help="Digests: what areas look like, told by the day or the week.")


@app.callback()
def _digests() -> None:
    """So that `preview` is a command of its own although it is the only one."""


@app.command()
def preview(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    language: Annotated[str, typer.Option(help="vi or en")] = "vi",
    template: Annotated[
        str, typer.Option(help="page.html, the whole mail; digest.txt, its text; subject.txt; chat.txt")
    ] = "page.html",
    as_json: Annotated[bool, typer.Option("--json", help="the answer of the API")] = False,
) -> None:
    """Print the mail of a digest as it would be made now, by the templates of DRIVE_TEMPLATES_DIR; nothing is sent."""
    wanted = language_of(language)
    answer = answer_of("alerts:read", "GET", f"/v1/digests/{quote(name, safe='')}/preview")
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    from notifications.channels.templates import preview as previewed  # noqa: PLC0415 - loaded by who runs it
    from notifications.messages.digest_snapshot import DigestSnapshot  # noqa: PLC0415 - as above

    digest = DigestSnapshot.model_validate(answer)
    typer.echo(previewed(template, wanted, digest, notifications_settings()), nl=False)
