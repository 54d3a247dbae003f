"""A client that a generator makes of each document is complete, typed, and works against the service."""

from __future__ import annotations

import importlib
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import pytest_asyncio

from drive.hosting.services import SERVICES, ServiceName, create_app
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.enrolment_api.conftest import LAUNCH_DAY, a_sign_up
from tests.openapi.generated import Generated, generate, package_of
from tests.targets_api.builders import TargetsService, a_registry

WITHOUT_BODY = {"204", "304"}
ClientOf: TypeAlias = Callable[[ServiceName], Awaitable[Generated]]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the packages of the three clients, from which they can be imported."""
    folder = tmp_path_factory.mktemp("clients")
    for service in SERVICES:
        made = generate(service, folder)
        assert (made.returncode, made.stderr) == (0, ""), made.stdout + made.stderr
        assert made.stdout.splitlines() == [f"Generating {folder / package_of(service)}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


@pytest_asyncio.fixture
async def client_of(clients: Path, make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor) -> ClientOf:
    """Makes the client of a running service, on the launch day."""

    async def make(service: ServiceName) -> Generated:
        runtime = await make_runtime(service, today=LAUNCH_DAY)
        http = await client_for(create_app(runtime), token_for(runtime))
        if service == "targets":
            await TargetsService(runtime, http).handle(a_registry())
        library = importlib.import_module(package_of(service))
        authenticated = library.AuthenticatedClient(base_url="http://test", token="in the header of http already")
        return Generated(service, authenticated.set_async_httpx_client(http))

    return make


def test_a_client_has_every_operation_and_types_every_answer(clients: Path) -> None:
    untyped = re.compile(r"response_(\d+) = cast\(Any")
    for service in SERVICES:
        modules = [file for file in clients.glob(f"{package_of(service)}/api/*/*.py") if file.stem != "__init__"]
        assert len(modules) > 10
        for module in modules:
            text = module.read_text()
            assert set(untyped.findall(text)) <= WITHOUT_BODY, module
            assert re.search(r"response_20\d = ", text), module


async def test_the_client_of_enrolment_registers_signs_up_and_lists(client_of: ClientOf) -> None:
    client = await client_of("enrolment")
    await register(client)
    recorded = await client.call(
        "enrolments.record_enrolment", body=client.model("HealthSignUp", a_sign_up()), idempotency_key="key-1"
    )
    assert (recorded.kind, recorded.contribution.payable, recorded.warnings) == ("new", 1263600, [])
    shown = await client.call("enrolments.get_enrolment", recorded.id)
    assert shown.to_dict() == recorded.to_dict()
    batch = client.model("BatchBody", {"items": [a_sign_up(), a_sign_up(2)]})
    first, second = (await client.call("enrolments.record_batch", body=batch)).items
    assert (first.status, first.id, first.replayed) == (201, recorded.id, True)
    assert second.status == 201
    page = await client.call("enrolments.list_own_enrolments", limit=1)
    assert ([each.id for each in page.items], page.next_) == ([recorded.id], f"2025-10-25.{recorded.id}")


async def register(client: Generated) -> None:
    """A province with a commune, an organisation and its collector."""
    for code, body in (
        ("38", {"name": "Tỉnh Thanh Hóa", "level": "province"}),
        ("15142", {"name": "Xã Cẩm Thạch", "level": "commune", "parent_code": "38"}),
    ):
        unit = await client.call("registry.put_unit", code, body=client.model("UnitBody", body))
        assert (unit.code, unit.name, unit.version) == (code, body["name"], 1)
    organisation = client.model("OrganisationBody", {"name": "Bưu điện Cẩm Thủy"})
    await client.call("registry.put_organisation", "CT", body=organisation)
    collector = client.model("CollectorBody", {"name": "Nhân viên thu 7", "organisation_code": "CT"})
    assert (await client.call("registry.put_collector", "CT-07", body=collector)).organisation_code == "CT"


async def test_the_client_of_enrolment_asks_for_quotes(client_of: ClientOf) -> None:
    client = await client_of("enrolment")
    scheme = client.enumeration("QuotePersonScheme", "household_health")
    quote = await client.call("quotes.quote_person", scheme=scheme, months=12, member_no=2)
    assert [(each.what, each.amount) for each in quote.members[0].lines] == [("contribution", 884520)]
    members = [{"support_group": "near_poor"}, {"support_group": "near_poor"}]
    body = client.model("HealthQuote", {"scheme": "household_health", "months": 12, "members": members})
    assert (await client.call("quotes.quote_household", body=body)).total.payable == 644436


async def test_a_refusal_is_a_problem_of_the_client(client_of: ClientOf) -> None:
    client = await client_of("enrolment")
    body = client.model("HealthSignUp", a_sign_up())
    problem = await client.call("enrolments.record_enrolment", body=body, idempotency_key="key-1")
    assert (type(problem).__name__, problem.status) == ("Problem", 422)
    assert "/unit_code" in [error.pointer for error in problem.errors]


async def test_the_client_of_targets_sets_a_target_and_reads_progress(client_of: ClientOf) -> None:
    client = await client_of("targets")
    baseline: dict[str, Any] = {"scheme": "household_health", "on": "2025-10-24", "population": 26697, "covered": 19702}
    await client.call("targets.set_baseline", "15142", body=client.model("BaselineBody", baseline))
    wanted: dict[str, Any] = {
        "scope": {"unit_code": "15142"},
        "scheme": "household_health",
        "measure": "coverage",
        "value": 0.9515,
        "starts_on": "2025-10-25",
        "ends_on": "2025-12-31",
    }
    target = await client.call("targets.set_target", body=client.model("TargetBody", wanted))
    assert (target.version, target.scope.unit_code, target.withdrawn_on) == (1, "15142", None)
    scheme = client.enumeration("GetUnitProgressScheme", "household_health")
    progress = await client.call("progress.get_unit_progress", "15142", scheme=scheme)
    assert [(each.id, each.status) for each in progress.targets] == [(target.id, "on_track")]
    assert (progress.unit.level, progress.covered, progress.new) == ("commune", 19702, 0)
    nowhere = await client.call("progress.get_unit_progress", "99999", scheme=scheme)
    assert nowhere.status == 404


async def test_the_client_of_notifications_puts_routes_and_lists_alerts(client_of: ClientOf) -> None:
    client = await client_of("notifications")
    body = client.model("RouteBody", {"channel": "webhook", "address": "https://ops.example.org/drive"})
    route = await client.call("routes.put_route", "ops-hook", body=body)
    assert route.secret.startswith("whsec_")
    assert [each.name for each in (await client.call("routes.list_routes")).items] == ["ops-hook"]
    alerts = await client.call("alerts.list_alerts", limit=5)
    assert (alerts.items, alerts.next_) == ([], None)
    assert (await client.call("deliveries.list_deliveries", limit=5)).items == []
