"""The command line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from drive.commands import alerts as alert_commands
from drive.commands import audit as audit_commands
from drive.commands import dead_letters as dead_letter_commands
from drive.commands import digests as digest_commands
from drive.commands import escalations as escalation_commands
from drive.commands import keys as key_commands
from drive.commands import rebuild as rebuild_command
from drive.commands import reconcile as reconcile_command
from drive.commands import routes as route_commands
from drive.commands import templates as template_commands
from drive.commands.console import Commands, fail, read_settings, read_settings_alone, run
from drive.hosting.process_memory import collect_less_often
from drive.hosting.services import SERVICES, ServiceName
from services.clock import SystemClock

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from drive.hosting.configuration import Configuration

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The backend of a social-insurance participation drive: enrolment, targets, notifications.",
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from services.version import VERSION  # noqa: PLC0415 - loaded by who runs it: it takes time

        typer.echo(f"drive {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="print the version and end", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    collect_less_often()


app.add_typer(alert_commands.app, name="alerts")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(key_commands.app, name="keys")
app.add_typer(dead_letter_commands.app, name="dead-letters")
app.add_typer(template_commands.app, name="templates")
app.add_typer(route_commands.app, name="routes")
app.add_typer(escalation_commands.app, name="escalations")
app.add_typer(digest_commands.app, name="digests")
app.command()(reconcile_command.reconcile)
app.command()(rebuild_command.rebuild)

Service = Annotated[ServiceName, typer.Argument(help="enrolment, targets or notifications")]


@app.command()
def up(
    *,
    processes: Annotated[bool, typer.Option(help="six OS processes, on DATABASE_URL and AMQP_URL")] = False,
) -> None:
    """Start all three services; prints their URLs, then the line `ready`."""
    from drive.commands.up import up_in_one, up_in_six  # noqa: PLC0415 - each command loads only what it runs

    settings = read_settings()
    if processes:
        _need(settings, database=True, broker=True)
    run((up_in_six if processes else up_in_one)(settings))


@app.command()
def demo(*, once: Annotated[bool, typer.Option(help="end after the demo, without serving on")] = False) -> None:
    """Play two launch days and a province of 60 days through the public API; 0 only if all figures are right."""
    from drive.demo.play import play  # noqa: PLC0415 - as above

    raise typer.Exit(run(play(read_settings(), once=once)))


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of all events: docs/asyncapi.json."""
    from services.asyncapi.document import printed  # noqa: PLC0415 - as above

    typer.echo(printed(), nl=False)


@app.command()
def serve(service: Service) -> None:
    """Answer one service's HTTP API."""
    from drive.hosting.one_service import on_databases, serve  # noqa: PLC0415 - as above

    settings = read_settings(service)
    run(on_databases(settings, lambda urls: serve(service, settings, urls[service])))


@app.command()
def worker(service: Service) -> None:
    """Run one service's loops: relay, consumer, reviews, deliveries."""
    from drive.hosting.one_service import on_databases, work  # noqa: PLC0415 - as above

    settings = read_settings(f"{service}-worker")
    _need(settings, broker=True)
    run(on_databases(settings, lambda urls: work(service, settings, urls[service])))


@app.command()
def migrate(
    service: Annotated[ServiceName | None, typer.Argument(help="all three where none is named")] = None,
    *,
    wait: Annotated[float, typer.Option(help="seconds to wait for the server to come up, up to 3600")] = 60.0,
) -> None:
    """Make the databases where they are missing, and bring them to the newest revision."""
    from drive.hosting.migrating import keys_to_seal_with  # noqa: PLC0415 - as above
    from drive.hosting.one_service import on_databases  # noqa: PLC0415 - as above
    from migrations.upgrade import upgrade_when_up  # noqa: PLC0415 - as above

    settings, patience = read_settings(), reconcile_command.wait_of(wait)
    load_keys = partial(keys_to_seal_with, settings)

    async def upgrade(urls: Mapping[ServiceName, URL]) -> None:
        for name in [service] if service else SERVICES:
            setting = settings.database_setting(name)
            await upgrade_when_up(name, urls[name], patience, setting=setting, load_secret_keys=load_keys)
            typer.echo(f"{name}: up to date")

    run(on_databases(settings, upgrade))


@app.command()
def token(
    org: Annotated[str, typer.Option(help="the organisation that the token acts for")],
    scope: Annotated[str, typer.Option(help="what it may be used for: scopes, separated by spaces")],
    hours: Annotated[float, typer.Option(help="how many hours it is good for, up to 8784 (a year)")] = 24.0,
    subject: Annotated[
        str | None, typer.Option(help="id of the person who acts; without it, the organisation's")
    ] = None,
    name: Annotated[str | None, typer.Option(help="what this person is called")] = None,
) -> None:
    """Print a bearer token, signed with the keys of these settings."""
    from drive.commands import token as given  # noqa: PLC0415 - as above

    organisation, scopes, lifetime = given.checked_org(org), given.checked_scopes(scope), given.checked_lifetime(hours)
    for option, text in (("--subject", subject), ("--name", name)):
        given.check_text(option, text)
    tokens, now = given.signing_tokens(read_settings_alone()), SystemClock().now()
    typer.echo(tokens.issue(organisation, scopes, now, lifetime, subject=subject, name=name))


def _need(settings: Configuration, *, database: bool = False, broker: bool = False) -> None:
    if broker and not settings.common.amqp_url:
        fail("AMQP_URL must be set: processes of their own need RabbitMQ between them (or use `drive up`)")
    if database and any(settings.database(service) is None for service in SERVICES):
        fail("DATABASE_URL must be set: six processes need a PostgreSQL server (or use `drive up`)")
