"""`drive demo`: on the embedded default, whatever else is set, so that its figures are the same everywhere."""

from __future__ import annotations

from ipaddress import ip_network

from rich.console import Console

from drive.commands.up import announce
from drive.demo.checks import Checks
from drive.demo.next_steps import what_next
from drive.demo.places import EVE
from drive.demo.province.chapter import Province
from drive.demo.receiver import Receiver, receiving
from drive.demo.reconciled import count_differences
from drive.demo.report import report_checks, report_launch_days, report_province
from drive.demo.story import Story
from drive.demo.worlds import World, one_process, start_afresh
from drive.hosting.all_in_one import refuse_taken_ports
from drive.hosting.configuration import Configuration
from drive.hosting.one_service import databases
from drive.hosting.signals import until_asked_to_stop
from migrations.upgrade import drop
from services.observability import configure_logging
from services.security.keys import load_secret_keys, text_of_keys


async def play(asked: Configuration, *, once: bool) -> int:
    """Run the demo, then keep serving unless `once`. 0 if every figure is as expected, else 1."""
    console = Console()
    configure_logging("WARNING")
    configuration = demo_configuration(asked)
    refuse_taken_ports(configuration)
    with databases(configuration) as urls:
        configuration = with_keys_of(asked, configuration)
        start_afresh(configuration.common.data_dir)
        for url in urls.values():
            await drop(url)
        async with one_process(configuration, urls, EVE) as world, receiving() as receiver:
            checks = await _tell(world, receiver, console)
            checks.equal("drive reconcile: differences", 0, await count_differences(configuration, urls))
            report_checks(checks, console)
            if not once:
                announce(configuration)
                print(what_next(configuration, asked), flush=True)
                await until_asked_to_stop()
    return 0 if checks.hold else 1


async def _tell(world: World, receiver: Receiver, console: Console) -> Checks:
    """Both parts, each with what it has come to."""

    def say(line: str) -> None:
        console.print(f"[dim]›[/] {line}")

    story = Story(world, receiver, say)
    await story.play()
    await report_launch_days(world, console)
    province = Province(world, receiver, say, story.checks)
    await province.play()
    await story.end()
    await report_province(province, console)
    return story.checks


def demo_configuration(configuration: Configuration) -> Configuration:
    """The embedded default in a folder of its own, where the clock looks several times a second for what is
    due, and a short wait for alerts that arise together. Links of mails lead to this machine."""
    return configuration.changed(
        public_url=configuration.api_url("notifications"),
        data_dir=configuration.common.data_dir / "demo",
        database_url=None,
        own_database_url=None,
        amqp_url=None,
        smtp_url=None,
        today=None,
        webhook_allow=(ip_network("127.0.0.0/8"),),
        review_seconds=0.2,
        deadline_seconds=1.0,
        group_wait_seconds=1.0,
        group_interval_seconds=0.5,
    )


def with_keys_of(asked: Configuration, configuration: Configuration) -> Configuration:
    """With the keys of the data dir itself: `drive token` makes tokens for the demo as it does for `drive up`."""
    return configuration.changed(secret_keys=text_of_keys(load_secret_keys(asked.common)))
