"""Routes: put, shown without their secret, kept sealed, and never to an internal address."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notifications.channels.registry import new_secret
from notifications.channels.signing_secrets import SigningSecrets
from notifications.routing.secrets import RouteSecrets
from notifications.routing.usecases import PutRoute, RoutePut, put_route
from services.security.keys import load_secret_keys
from tests.notifications.service import MakeService, NotificationsService, a_unit, an_episode

HOOK = "https://ops.example.org/hook"


async def put(service: NotificationsService, keys: SigningSecrets) -> RoutePut:
    """Put the webhook `ops` in a process that has these keys."""
    command, secrets = PutRoute("ops", None, "warning", "webhook", HOOK), RouteSecrets(keys, new_secret)
    async with service.runtime.database.write() as work:
        return await put_route(work, service.context(), command, secrets)


async def test_a_webhook_secret_is_shown_once_and_sealed_at_rest(service: NotificationsService) -> None:
    made = await service.client.put("/v1/routes/ops", json={"channel": "webhook", "address": HOOK})
    again = await service.client.put("/v1/routes/ops", json={"channel": "webhook", "address": HOOK + "2"})
    secret = made.json()["secret"]
    assert (made.status_code, again.status_code) == (201, 200)
    assert secret.startswith("whsec_")
    assert "secret" not in again.json()
    assert "secret" not in (await service.client.get("/v1/routes")).text
    [row] = await service.query("SELECT * FROM routes")
    assert secret.removeprefix("whsec_") not in str(row)
    box = SigningSecrets(load_secret_keys(service.runtime.settings))
    assert box.open(row.secret, "ops") == secret
    assert row.address == HOOK + "2"


async def test_a_webhook_put_again_needs_its_old_key_no_more(service: NotificationsService) -> None:
    secret = (await service.put_route("ops", HOOK))["secret"]
    [old] = load_secret_keys(service.runtime.settings)
    new = b"n" * 32
    await put(service, SigningSecrets([new, old]))
    [row] = await service.query("SELECT secret FROM routes")
    assert SigningSecrets([new]).open(row.secret, "ops") == secret


async def test_a_webhook_whose_key_was_lost_gets_a_new_secret_when_it_is_put_again(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", HOOK)
    other_keys = SigningSecrets([b"n" * 32])
    answer = await put(service, other_keys)
    [row] = await service.query("SELECT secret FROM routes")
    assert not answer.is_new
    assert answer.secret == other_keys.open(row.secret, "ops")


async def test_of_two_who_make_a_route_at_once_one_gets_a_secret(service: NotificationsService) -> None:
    command = {"channel": "webhook", "address": HOOK}
    answers = await asyncio.gather(*(service.client.put("/v1/routes/ops", json=command) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert sum("secret" in answer.json() for answer in answers) == 1


async def test_a_mail_route_that_becomes_a_webhook_shows_its_new_secret(service: NotificationsService) -> None:
    assert "secret" not in await service.put_route("ops", "ops@example.org")
    assert (await service.put_route("ops", HOOK))["secret"].startswith("whsec_")
    await service.put_route("ops", "ops@example.org")
    [row] = await service.query("SELECT secret FROM routes")
    assert row.secret is None


async def test_routes_are_listed_and_deleted(service: NotificationsService) -> None:
    await service.put_route("b", "b@example.org", under="38", min_severity="critical")
    await service.put_route("a", "a@example.org")
    items = (await service.client.get("/v1/routes")).json()["items"]
    assert [(item["name"], item["under"], item["min_severity"]) for item in items] == [
        ("a", None, "warning"),
        ("b", "38", "critical"),
    ]
    assert (await service.client.delete("/v1/routes/a")).status_code == 204
    gone = await service.client.delete("/v1/routes/a")
    assert (gone.status_code, gone.json()["type"]) == (404, "http://test/problems/no-such-route")


MAIL = {"channel": "mail", "address": "ops@example.org"}


@pytest.mark.parametrize("stands", [False, True], ids=["new", "put again"])
async def test_a_route_under_a_unit_that_has_not_arrived_is_put_once_it_has(
    service: NotificationsService, stands: bool
) -> None:
    if stands:
        await service.put_route("ops", MAIL["address"], under="38")
    before = await service.query("SELECT * FROM routes")
    answer = await service.client.put("/v1/routes/ops", json=MAIL | {"under": "NEW"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "http://test/problems/not-known-yet")
    assert int(answer.headers["retry-after"]) > 0
    assert problem["errors"] == [{"pointer": "/under", "detail": "no unit NEW is known here yet"}]
    assert await service.query("SELECT * FROM routes") == before
    await service.register(a_unit("NEW"))
    assert (await service.put_route("ops", MAIL["address"], under="NEW"))["under"] == "NEW"


async def test_a_route_is_put_under_the_code_as_it_is_registered_and_notified_of_its_alerts(
    service: NotificationsService,
) -> None:
    for _ in range(2):
        assert (await service.put_route("ops", MAIL["address"], under="bhxh-ct"))["under"] == "BHXH-CT"
    await service.handle(an_episode().fell_behind())
    assert [delivery["route_name"] for delivery in await service.deliveries()] == ["ops"]


@pytest.mark.parametrize(
    "address",
    [
        "ftp://ops.example.org/",
        "https://",
        "https://user:pw@ops.example.org/",
        "https://ops.example.org/#x",
        "https://ops.example.org:99999/",
        "https://ops.example.org/\nx",
        "ops.example.org",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/",
        "http://ops.example.org/",
        "http://localhost/",
        "http://1.1.1.1/",
        "http://no-such-host.invalid/",
        "https://localhost/",
        "https://ops.localhost./",
        "https://a..b/",
        "https://.example/",
        "https://ops.example.org../",
        "https://-a.example/",
        "https://*.example/",
        "https://a,b/",
        "https://evil\\.example/",
        "https://%31%32%37.0.0.1/",
        "https://[v1.x]/",
        "https://[2606:4700:4700::1111%25eth0]/",
        f"https://{'a' * 64}.example/",
        "https://ops.example.org/hook?#",
        "https://ops.example.org/hook#",
    ],
)
async def test_a_bad_webhook_address_is_refused_with_the_field_named(make_service: MakeService, address: str) -> None:
    service = await make_service(webhook_allow="")
    answer = await service.client.put("/v1/routes/ops", json={"channel": "webhook", "address": address})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/address"
    assert await service.query("SELECT 1 FROM routes") == []


async def test_http_is_taken_where_its_host_is_allowed(make_service: MakeService) -> None:
    service = await make_service(webhook_allow="127.0.0.0/8,::1/128")
    await service.put_route("by-address", "http://127.0.0.1:9000/hook")
    await service.put_route("by-name", "http://localhost:9000/hook")
    assert len(await service.query("SELECT 1 FROM routes")) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channel": "mail", "address": "nobody"}, "/address"),
        ({"channel": "mail", "address": "a@b\r\nBcc: c@d"}, "/address"),
        ({"channel": "mail", "address": "A <a@b>"}, "/address"),
        ({"channel": "mail", "address": "a@b,c@d"}, "/address"),
        ({"channel": "mail", "address": "a..b@example.org"}, "/address"),
        ({"channel": "mail", "address": ".a@example.org"}, "/address"),
        ({"channel": "mail", "address": "a@example..org"}, "/address"),
        ({"channel": "mail", "address": "a@127.0.0.1"}, "/address"),
        ({"channel": "mail", "address": f"a@{'b' * 64}.org"}, "/address"),
        ({"channel": "mail", "address": f"{'a' * 65}@example.org"}, "/address"),
        ({"channel": "pigeon", "address": "a@b"}, "/channel"),
        ({"address": "a@b"}, "/channel"),
        ({"channel": "mail"}, "/address"),
        ({"channel": "mail", "address": "a@b", "min_severity": "mild"}, "/min_severity"),
        ({"channel": "mail", "address": "a@b", "under": ""}, "/under"),
        ({"channel": "mail", "address": "a@b", "under": "\u0000"}, "/under"),
        ({"channel": "mail", "address": "a@b", "min_severty": "critical"}, "/min_severty"),
    ],
)
async def test_a_bad_route_is_refused_with_the_field_named(
    service: NotificationsService, body: dict[str, Any], pointer: str
) -> None:
    answer = await service.client.put("/v1/routes/ops", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_bad_name_is_refused(service: NotificationsService) -> None:
    answer = await service.client.put("/v1/routes/a%20b", json={"channel": "mail", "address": "a@b"})
    assert answer.status_code == 422


NEVER_CALLED = [
    *("https://0:1/", "https://3221225986/", "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/"),
    *(
        "https://1.2.3.4./",
        "https://example.0x/",
        "https://a.1/",
        "https://example.org:0/",
        "https://2130706433/x",
        "https://example.org/x?",
    ),
]


@pytest.mark.parametrize("address", NEVER_CALLED)
async def test_an_address_that_is_read_in_more_than_one_way_is_refused_when_it_is_put(
    service: NotificationsService, address: str
) -> None:
    answer = await service.client.put("/v1/routes/ops", json={"channel": "webhook", "address": address})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/address"]


PATHS = ["/a%2Fb", "/a%2Bb?c=d+e%20f", "/%3A%7E/%41", "/a%20b?q=%26&r=1+2", "/?x=%25", "/a//b/./c"]


@pytest.mark.parametrize("path", PATHS)
async def test_the_url_called_is_the_url_put(service: NotificationsService, path: str) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.put_nowait((await reader.readline()).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await service.put_route("ops", f"http://127.0.0.1:{port}{path}")
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    assert asked.get_nowait() == f"POST {path} HTTP/1.1\r\n"
    server.close()
