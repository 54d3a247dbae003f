"""Steps that the tests of answering by a link share: a mail's link, and a browser without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx

from notifications.channels.answer_links import AnswerLinks
from services.security.keys import load_secret_keys
from tests.notifications.handling.steps import Handled
from tests.notifications.service import MakeService, NotificationsService

ADDRESS = "to.thu@buudien.example"
PUBLIC_URL = "http://test"


@dataclass
class Form:
    """A form of a page: what it holds before anybody types."""

    values: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """What a browser makes of a page: forms by their `do`, the words that are shown, attributes by tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: dict[str, Form] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._form = Form()
        self._is_style = False
        self.feed(html)

    @property
    def text(self) -> str:
        """All that can be read, in one line."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        given = dict(attrs)
        self.tags.append((tag, given))
        self._is_style = tag == "style"
        if tag == "form":
            self._form = Form()
        if tag == "input" and "name" in given and (given.get("type") != "checkbox" or "checked" in given):
            self._form.values[str(given["name"])] = given.get("value") or ""
            if given["name"] == "do":
                self.forms[str(given["value"])] = self._form

    def handle_endtag(self, tag: str) -> None:
        """No style after its end."""
        self._is_style = self._is_style and tag != "style"

    def handle_data(self, data: str) -> None:
        """Keep it, unless it is style."""
        if not self._is_style:
            self.words.append(data)


@dataclass
class Visitor:
    """Somebody with a browser that keeps cookies, and with the link of a mail."""

    client: httpx.AsyncClient
    link: str

    async def open(self, **headers: str) -> Page:
        """The page, where it can be shown."""
        answer = await self.client.get(self.link, headers=headers)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    async def post(self, page: Page, do: str, **typed: Any) -> httpx.Response:
        """Send a form of the page as it is, and what was typed; `__` in a name stands for a hyphen."""
        named = {name.replace("__", "-"): value for name, value in typed.items()}
        return await self.client.post(self.link, data=page.forms[do].values | named)

    async def sent(self, page: Page, do: str, **typed: Any) -> Page:
        """The same, where it is accepted: the page that is shown after it."""
        answer = await self.post(page, do, **typed)
        assert answer.status_code == 303, Page(answer.text).text
        assert answer.headers["location"] == self.link.rpartition("/")[2]
        return await self.open()

    async def refused(self, page: Page, do: str, status: int, **typed: Any) -> Page:
        """The same, where it is refused."""
        answer = await self.post(page, do, **typed)
        assert answer.status_code == status, Page(answer.text).text
        return Page(answer.text)


class Answered(Handled):
    """An alert of which a route was sent a mail, and who has got it."""

    visitor: Visitor

    def report_form(self, **more: Any) -> dict[str, Any]:
        """What somebody types who reports."""
        typed = {"name": "Lê Thị Hoa", "cause": ["working_away", "cost"], "note__cost": "Phí tăng"}
        remedy = {"what__1": "Đến từng nhà", "who__1": "Bưu điện Cẩm Thủy", "due_on__1": self.due_on(7)}
        return typed | remedy | more


def a_link(
    service: NotificationsService,
    alert_id: str,
    *,
    route: str = "ops",
    address: str = ADDRESS,
    ends_at: datetime | None = None,
    keys: Sequence[bytes] | None = None,
) -> str:
    """The path of a link as mails have it."""
    links = AnswerLinks(keys or load_secret_keys(service.runtime.settings))
    token = links.token(UUID(alert_id), route, address, ends_at or service.clock.now().replace(year=2099))
    return f"/a/{token}"


@asynccontextmanager
async def a_visitor(service: NotificationsService, link: str, **headers: str) -> AsyncIterator[Visitor]:
    """A browser of its own."""
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers, timeout=30) as client:
        yield Visitor(client, link)


async def an_answered_alert(make_service: MakeService, **route: Any) -> Answered:
    """An alert, and a route that gets mails of it."""
    service = await make_service(public_url=PUBLIC_URL)
    await service.put_route("ops", ADDRESS, min_severity="warning", **route)
    alert = Answered(service)
    await alert.begin()
    return alert


async def add_causes(service: NotificationsService, letters: str, each: int) -> None:
    """So many further causes, whose names begin with each of these letters."""
    statement = """
        INSERT INTO causes (code, name_vi, name_en)
        SELECT letter || '-' || n, letter || ' ở xa, nguyên nhân ' || n, letter || ' far away, cause ' || n
        FROM unnest(CAST(:letters AS text[])) AS letter CROSS JOIN generate_series(1, CAST(:each AS integer)) AS n
    """
    await service.execute(statement, letters=list(letters), each=each)
