"""docker-compose.yml without Docker: what it says about our processes is done here, in its order, on local servers."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from drive.hosting.configuration import SETTINGS
from drive.hosting.services import SERVICES
from services.settings import ServiceSettings
from tests.support.installation import Answers, an_installation, environment_of
from tests.support.postgres import PrivatePostgres, run_roles_script
from tests.support.rabbitmq_node import a_private_node

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OWN_SERVICES = {name: service for name, service in COMPOSE.items() if "build" in service}
FIELDS = [field for settings in SETTINGS.values() for field in settings.model_fields.values()]
ALIASES = {str(field.validation_alias) for field in FIELDS}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?+-])(?P<rest>[^}]*))?\}")
ODD = "p@ss:w/ord#1%2$x?&"
"""A password with every sign that means something in a URL."""
ROLES = {f"{owner}_PASSWORD": f"{ODD}{owner}" for owner in ("OWNER", "ENROLMENT", "TARGETS", "NOTIFICATIONS")}
SECRETS = {
    "POSTGRES_PASSWORD": ODD,
    "RABBITMQ_PASSWORD": ODD,
    "DRIVE_SECRET_KEYS": "k" * 43,
    "SMTP_URL": "smtp://mail.example:25",
    **ROLES,
}
DEADLINE_SECONDS = 180


def _interpolated(value: str, given: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        if match["kind"] == "+":
            return match["rest"] if given.get(match["name"]) else ""
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
    for name, service in OWN_SERVICES.items():
        assert set(service["environment"]) <= ALIASES, name


def test_every_setting_is_passed_to_its_service_or_is_one_of_the_containers_own() -> None:
    for name, service in OWN_SERVICES.items():
        if name == "migrate":
            continue
        settings = SETTINGS[service["command"][1]]
        needed = {str(field.validation_alias) for field in settings.model_fields.values()} - _own_of_containers(
            settings
        )
        assert set(service["environment"]) == needed, name


def _own_of_containers(settings: type[ServiceSettings]) -> set[str]:
    """Ports, addresses and folders are the same in each container, and its database is that of its role."""
    own = ("host", "data_dir", "api_port", "worker_port", "own_database_url", "today")
    return {settings.variable(field) for field in own}


def test_every_setting_is_in_the_documents_and_those_that_are_passed_are_in_the_example() -> None:
    documents = (ROOT / "docs/operations.md").read_text()
    assert not [name for name in sorted(ALIASES) if f"| `{name}` |" not in documents]
    example = re.findall(r"^#? ?([A-Z_]+)=", (ROOT / "deploy/example.env").read_text(), re.MULTILINE)
    read = {match["name"] for match in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text())}
    assert sorted(example) == sorted(read)


def test_the_example_gives_the_defaults_where_there_are_some() -> None:
    example = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", (ROOT / "deploy/example.env").read_text(), re.MULTILINE))
    for settings in SETTINGS.values():
        for name, field in settings.model_fields.items():
            if isinstance(field.default, int | float) and (given := example.get(settings.variable(name))):
                assert float(given) == field.default, name


@pytest.mark.parametrize("setting", ["DRIVE_RATES_FILE", "DRIVE_TEMPLATES_DIR"])
def test_a_path_of_the_host_is_mounted_where_the_service_looks_and_nowhere_without_one(setting: str) -> None:
    services = [service for service in OWN_SERVICES.values() if setting in service["environment"]]
    assert len(services) == 2
    for service in services:
        [mount] = service["volumes"]
        place = _interpolated(service["environment"][setting], {setting: "./here"})
        assert _interpolated(mount, {setting: "./here"}) == f"./here:{place}:ro"
        assert _interpolated(service["environment"][setting], {}) == ""
        assert _interpolated(mount, {}).startswith("/dev/null:")


def test_what_it_requires_is_in_the_example_and_production_settings_are_valid() -> None:
    example = re.findall(r"^(\w+)=", (ROOT / "deploy/example.env").read_text(), re.MULTILINE)
    required = {m["name"] for m in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text()) if m["kind"] == "?"}
    assert required == set(example)
    for service in OWN_SERVICES.values():
        passed = {k: _interpolated(v, SECRETS) for k, v in service["environment"].items()}
        given = {name: value for name, value in passed.items() if value}  # what is empty is as if it were not set
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


@pytest.mark.parametrize("name", COMPOSE)
def test_every_container_is_confined_and_its_log_does_not_grow_for_ever(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert (service["cap_drop"], "cap_add" in service, "privileged" in service) == (["ALL"], False, False)
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert service["logging"]["driver"] == "json-file"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert "build" in service or service["user"] != "root"


def test_the_data_stores_are_reached_from_the_network_behind_alone() -> None:
    whole = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert whole["networks"]["back"] == {"internal": True}
    for name, service in COMPOSE.items():
        if name in ("postgres", "rabbitmq"):
            assert (service["networks"], "ports" in service) == (["back"], False), name
        for published in service.get("ports", []):
            assert published.startswith("127.0.0.1:"), name
            assert "front" in service["networks"], name
    needing_the_world = {"enrolment-api", "targets-api", "notifications-api", "notifications-worker", "mail"}
    assert {name for name, service in COMPOSE.items() if "front" in service["networks"]} == needing_the_world


def test_no_password_is_put_into_a_url_and_each_service_has_its_own() -> None:
    passwords = {}
    for name, service in OWN_SERVICES.items():
        urls = [value for key, value in service["environment"].items() if key in ("DATABASE_URL", "AMQP_URL")]
        assert not any("$" in url for url in urls), name
        passwords[service["command"][-1]] = service["environment"]["DATABASE_PASSWORD"]
    assert len(set(passwords.values())) == len(SERVICES) + 1
    assert not any("POSTGRES_PASSWORD" in value for value in passwords.values())


def test_what_containers_are_given_of_this_repository_is_there() -> None:
    mounted = [v for service in COMPOSE.values() for v in service.get("volumes", []) if v.startswith("./")]
    assert len(mounted) == 2
    for volume in mounted:
        source, _, how = volume.split(":")
        assert (ROOT / source).is_file()
        assert how == "ro"


def test_new_secrets_fill_every_place_of_the_example() -> None:
    made = subprocess.run(["sh", ROOT / "deploy/new-env.sh"], capture_output=True, text=True, check=True).stdout
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", made, re.MULTILINE))
    assert values.pop("SMTP_URL") == "", "what delivers mail cannot be invented"
    assert {*values, "SMTP_URL"} == set(re.findall(r"^(\w+)=", (ROOT / "deploy/example.env").read_text(), re.MULTILINE))
    assert len(set(values.values())) == len(values)
    assert all(re.fullmatch(r"[\w-]{43}", value) for value in values.values())


async def test_its_processes_become_healthy_with_its_roles_and_a_sign_up_goes_through(
    private_postgres: PrivatePostgres, tmp_path: Path
) -> None:
    await asyncio.to_thread(run_roles_script, private_postgres.url, ROLES)
    private_postgres.admit("host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256")
    variables = {k: _interpolated(v, SECRETS) for k, v in COMPOSE["rabbitmq"]["environment"].items()}
    with a_private_node(extra=ROOT / "deploy/rabbitmq.conf", environment=variables) as node:
        local = environment_of(private_postgres.url, node.url, tmp_path)
        local |= {"DRIVE_SECRET_KEYS": SECRETS["DRIVE_SECRET_KEYS"]}
        servers = {
            "postgres:5432": f"127.0.0.1:{private_postgres.url.port}",
            "rabbitmq:5672": f"127.0.0.1:{node.port}",
        }
        async with _all_processes(local, servers), an_installation(local) as installation:
            answers = Answers()
            await installation.register()
            await installation.sign_up(installation.people(20), answers)
            await installation.counted_once(answers)
        assert node.control("list_users", "--silent").split() == ["drive", "[monitoring]"]
        assert node.control("list_permissions", "--silent", "-p", "drive").split() == ["drive", ".*", ".*", ".*"]
        assert node.control("list_vhosts", "--silent").split() == ["drive"]


@asynccontextmanager
async def _all_processes(local: Mapping[str, str], servers: Mapping[str, str]) -> AsyncIterator[None]:
    """Those of the file, started in its order and healthy by its own checks; each ends well when asked to."""
    running: dict[str, asyncio.subprocess.Process] = {}
    try:
        for name in _in_start_order():
            if name in OWN_SERVICES:
                running[name] = await _start(OWN_SERVICES[name], local, servers)
                if name == "migrate":
                    assert await asyncio.wait_for(running.pop(name).wait(), DEADLINE_SECONDS) == 0
        for name in running:
            await _until_healthy(OWN_SERVICES[name]["healthcheck"]["test"], local)
        yield
    finally:
        for process in running.values():
            process.terminate()
        codes = await asyncio.gather(*(process.wait() for process in running.values()))
    assert codes == [0] * 6


def _environment(service: dict[str, Any], local: Mapping[str, str], servers: Mapping[str, str]) -> dict[str, str]:
    """Its own variables; the addresses of servers and the ports, which containers have to themselves, are those of this
    machine."""
    own = {name: _interpolated(value, SECRETS) for name, value in service["environment"].items()}
    for there, here in servers.items():
        own = {name: value.replace(there, here) for name, value in own.items()}
    return {**os.environ, **own, **{k: v for k, v in local.items() if k.endswith(("_PORT", "_DIR"))}}


async def _start(
    service: dict[str, Any], local: Mapping[str, str], servers: Mapping[str, str]
) -> asyncio.subprocess.Process:
    command = [ROOT / ".venv/bin/drive", *service["command"]]
    return await asyncio.create_subprocess_exec(*command, env=_environment(service, local, servers))


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
