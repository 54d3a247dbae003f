"""The commands of `drive keys`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from drive.commands.console import fail, read_settings, run

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from drive.hosting.configuration import Configuration
    from drive.hosting.services import ServiceName
    from enrolment_api.rotation.runner import Rotated
    from notifications.routing.usecases import Resealed

app = typer.Typer(no_args_is_help=True, help="The keys with which data is sealed (DRIVE_SECRET_KEYS).")


@app.callback()
def _keys() -> None:
    """So that `rotate` is a command of its own although it is the only one."""


@app.command()
def rotate() -> None:
    """Seal personal data and webhook secrets anew with the first key, while the services run; it may be run again.

    Ends with 1 where something is left that only an older key opens.
    """
    from drive.hosting import key_rotation  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.hosting.one_service import on_databases  # noqa: PLC0415 - as above
    from services.security.sealing import SecretLost  # noqa: PLC0415 - as above

    settings = read_settings()
    keys = _present(settings)

    async def act(urls: Mapping[ServiceName, URL]) -> tuple[Any, Any]:
        try:
            people = await key_rotation.rotate_people(settings, urls, keys)
        except SecretLost as lost:
            fail(f"enrolment: {lost}; nothing was removed")
        return people, await key_rotation.rotate_secrets(settings, urls, keys)

    people, secrets = run(on_databases(settings, act, make=False))
    _report(people, secrets)


def _present(settings: Configuration) -> list[bytes]:
    """Ends the process where there are none: new ones would open nothing."""
    from services.security.keys import key_file, present_secret_keys  # noqa: PLC0415 - as above

    keys = present_secret_keys(settings.common)
    if keys is None:
        fail(
            f"no keys in {key_file(settings.common)}: set DRIVE_DATA_DIR to the data dir of the services, or"
            " DRIVE_SECRET_KEYS to their keys"
        )
    return keys


def _report(people: Rotated, secrets: Resealed) -> None:
    typer.echo(f"enrolment: {people.participants} participants and {people.sign_ups} sign-ups sealed anew")
    if people.cases:
        typer.echo(f"enrolment: {people.cases} cases of identity sealed anew")
    typer.echo(f"enrolment: {people.indexes_removed} indexes of removed keys removed")
    typer.echo(f"notifications: {secrets.resealed} secrets sealed anew")
    if people.left:
        typer.echo(
            f"enrolment: {people.left} were sealed with an older key meanwhile: restart the processes that have another"
            " first key, and run this again"
        )
    for route in secrets.lost:
        typer.echo(f"notifications: no key opens the secret of the route {route}: put it anew, for a new secret")
    if people.left or secrets.lost:
        raise typer.Exit(1)
    typer.echo("all is sealed with the first key; the others may be removed once every process has this one first")
