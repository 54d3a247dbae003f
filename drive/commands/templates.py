"""The commands of `drive templates`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, cast

import typer

from drive.commands.console import fail, read_settings

if TYPE_CHECKING:
    from notifications.domain.route import Language
    from notifications.settings import NotificationsSettings

app = typer.Typer(no_args_is_help=True, help="The templates of mails and chat messages.")


@app.command()
def check() -> None:
    """Try the templates of DRIVE_TEMPLATES_DIR with sample data; ends with 2 at the first that fails."""
    from notifications.channels.templates import check_templates  # noqa: PLC0415 - loaded by who runs it

    check_templates(notifications_settings())
    typer.echo("templates: all can be rendered")


@app.command()
def preview(
    name: Annotated[
        str,
        typer.Argument(help="subject.txt, page.html, chat.txt; mail.txt, mail.html of alerts; digest.txt, digest.html"),
    ],
    *,
    language: Annotated[str, typer.Option(help="vi or en")] = "vi",
) -> None:
    """Print what a template makes of an alert or a digest: the answer of GET /v1/alerts/{id}, or of
    GET /v1/digests/{name}/preview, on standard input."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - as above

    from notifications.channels.templates import preview as previewed  # noqa: PLC0415 - as above
    from notifications.messages.alert_snapshot import AlertSnapshot  # noqa: PLC0415 - as above
    from notifications.messages.digest_snapshot import DigestSnapshot  # noqa: PLC0415 - as above

    shown: TypeAdapter[AlertSnapshot | DigestSnapshot] = TypeAdapter(AlertSnapshot | DigestSnapshot)
    try:
        given = shown.validate_json(sys.stdin.read())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        answers = "GET /v1/alerts/{id} or GET /v1/digests/{name}/preview"
        fail(f"standard input: this is no answer of {answers}: {first['msg']}")
    typer.echo(previewed(name, language_of(language), given, notifications_settings()), nl=False)


def language_of(word: str) -> Language:
    """The language of an option; ends the process where it is none."""
    if word not in ("vi", "en"):
        fail("--language: give vi or en")
    return cast("Language", word)


def notifications_settings() -> NotificationsSettings:
    """Those of notifications."""
    from notifications.settings import NotificationsSettings  # noqa: PLC0415 - as above

    settings = read_settings().services["notifications"]
    assert isinstance(settings, NotificationsSettings)  # noqa: S101 - for mypy
    return settings
