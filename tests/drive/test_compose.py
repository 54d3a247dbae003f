"""docker-compose.yml without Docker: what it says about our processes is done here, in its order, on local servers."""

from __future__ import annotations

import asyncio
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from drive.hosting.services import SERVICES, SETTINGS
from tests.support.installation import environment_of
from tests.support.postgres import PrivatePostgres

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OWN_SERVICES = {name: service for name, service in COMPOSE.items() if "build" in service}
FIELDS = [field for settings in SETTINGS.values() for field in settings.model_fields.values()]
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")
SECRETS = {
    "POSTGRES_PASSWORD": "pw",
    "RABBITMQ_PASSWORD": "pw",
    "DRIVE_SECRET_KEYS": "k" * 43,
    "SMTP_URL": "smtp://mail.example:25",
}
DEADLINE_SECONDS = 60


def _interpolated(value: str, given: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        if match["name"] in given:
            return given[match["name"]]
        assert match["kind"] == "-", f"{match['name']} is required and not in deploy/example.env"
        return match["rest"]

    return VARIABLE.sub(replaced, value)


def _in_start_order() -> list[str]:
    order: list[str] = []
    while len(order) < len(COMPOSE):
        able = [n for n, s in COMPOSE.items() if n not in order and set(s.get("depends_on", {})) <= set(order)]
        assert able, f"depends_on goes in a circle: {set(COMPOSE) - set(order)}"
        order += able
    return order


def test_every_setting_it_passes_is_one_that_the_services_read() -> None:
    known = {str(field.validation_alias) for field in FIELDS}
    for name, service in OWN_SERVICES.items():
        assert set(service["environment"]) <= known, name


def test_what_it_requires_is_in_the_example_and_production_settings_are_valid() -> None:
    example = re.findall(r"^(\w+)=", (ROOT / "deploy/example.env").read_text(), re.MULTILINE)
    required = {m["name"] for m in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text()) if m["kind"] == "?"}
    assert required == set(example)
    for service in OWN_SERVICES.values():
        given = {k: _interpolated(v, SECRETS) for k, v in service["environment"].items()}
        for settings in SETTINGS.values():
            settings.model_validate(given)


def test_the_catcher_of_mail_runs_only_where_it_is_asked_for_and_is_no_default() -> None:
    assert COMPOSE["mail"]["profiles"] == ["catch-mail"]
    assert not any("mail" in service.get("depends_on", {}) for service in COMPOSE.values())
    assert not any(":1025" in str(service.get("environment")) for service in COMPOSE.values())


def test_the_servers_have_the_versions_volumes_and_health_checks_that_the_services_count_on() -> None:
    assert COMPOSE["postgres"]["image"] == "postgres:18"
    assert COMPOSE["rabbitmq"]["image"].startswith("rabbitmq:4")
    assert COMPOSE["rabbitmq"]["image"].endswith("-management")
    for server in ("postgres", "rabbitmq"):
        assert COMPOSE[server]["volumes"]
        assert COMPOSE[server]["healthcheck"]["test"]


def test_there_are_three_apis_three_workers_and_a_migration_that_all_wait_for() -> None:
    commands = sorted(tuple(service["command"]) for service in OWN_SERVICES.values())
    assert commands == sorted([("migrate",), *[(v, s) for v in ("serve", "worker") for s in SERVICES]])
    for name, service in OWN_SERVICES.items():
        if name != "migrate":
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}, name
        if service["command"][0] == "worker":
            assert service["depends_on"]["rabbitmq"] == {"condition": "service_healthy"}, name


def test_no_own_container_runs_as_root_or_holds_a_secret() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    final_stage = dockerfile.rpartition("FROM ")[2]
    assert re.search(r"^USER drive$", final_stage, re.MULTILINE)
    assert not re.search(r"(PASSWORD|SECRET|TOKEN)", dockerfile)
    assert {".git", ".data", ".venv"} <= set((ROOT / ".dockerignore").read_text().split())


def test_what_the_image_copies_exists_and_its_entry_point_is_the_cli() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    copied = [n for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE) for n in line.split()]
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert 'ENTRYPOINT ["drive"]' in dockerfile
    assert "drive" in project["project"]["scripts"]


async def test_its_processes_start_in_its_order_and_become_healthy_by_its_own_checks(
    private_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path
) -> None:
    local = environment_of(private_postgres.url, rabbitmq_url, tmp_path)
    running: dict[str, asyncio.subprocess.Process] = {}
    try:
        for name in _in_start_order():
            if name in OWN_SERVICES:
                running[name] = await _start(OWN_SERVICES[name], local)
                if name == "migrate":
                    assert await asyncio.wait_for(running.pop(name).wait(), DEADLINE_SECONDS) == 0
        for name in running:
            await _until_healthy(OWN_SERVICES[name]["healthcheck"]["test"], local)
    finally:
        for process in running.values():
            process.terminate()
        codes = await asyncio.gather(*(process.wait() for process in running.values()))
    assert codes == [0] * 6


def _environment(service: dict[str, Any], local: Mapping[str, str]) -> dict[str, str]:
    """Its own variables; servers and ports, which containers have to themselves, are those of this machine."""
    own = {name: _interpolated(value, SECRETS) for name, value in service["environment"].items()}
    elsewhere = {k: v for k, v in local.items() if k.endswith(("_URL", "_PORT", "_DIR"))}
    return {**os.environ, **own, **elsewhere}


async def _start(service: dict[str, Any], local: Mapping[str, str]) -> asyncio.subprocess.Process:
    command = [ROOT / ".venv/bin/drive", *service["command"]]
    return await asyncio.create_subprocess_exec(*command, env=_environment(service, local))


async def _until_healthy(test: list[str], local: Mapping[str, str]) -> None:
    """Run the check as Docker would, on the port that stands for the container's."""
    assert test[:2] == ["CMD", "python"]
    containers_port = re.search(r":(\d+)/", test[-1])
    assert containers_port
    setting = next(str(f.validation_alias) for f in FIELDS if f.default == int(containers_port[1]))
    url = test[-1].replace(containers_port[1], local[setting])
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            check = await asyncio.create_subprocess_exec(ROOT / ".venv/bin/python", *test[2:-1], url)
            if await check.wait() == 0:
                return
