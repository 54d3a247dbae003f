"""The page in a real browser on a phone: it fits, needs no script, and is used by the keyboard alone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from drive.hosting.serving import serving
from tests.notifications.action_links.steps import ADDRESS, Answered, a_link, add_causes
from tests.notifications.service import MakeService, an_episode
from tests.support.chromium import Tab, a_tab
from tests.support.processes import free_port

NARROW: Final = 360
UNLABELLED: Final = (
    "[...document.querySelectorAll('input:not([type=hidden])')].filter(i => !i.labels.length).map(i => i.outerHTML)"
)
WIDTH: Final = "document.documentElement.scrollWidth"
SMALL: Final = """[...document.querySelectorAll('button, input[type=text], input[type=date], summary, .cause > label')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
CONTRASTS: Final = """(() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c } return 'rgb(255, 255, 255)' };
  return [...document.querySelectorAll('p, h1, h2, dt, dd, label, legend, small, a, button, input, summary, span, li')]
    .filter(e => e.checkVisibility() && (e.textContent.trim() || e.value)).map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 120)] }).filter(([ratio]) => ratio < 4.5) })()"""


@asynccontextmanager
async def a_served_alert(make_service: MakeService) -> AsyncIterator[tuple[Answered, str]]:
    """An alert whose page is served, and its address."""
    port = free_port()
    service = await make_service(public_url=f"http://127.0.0.1:{port}", api_port=port)
    await service.put_route("ops", ADDRESS, min_severity="warning")
    alert = Answered(service)
    await alert.begin(an_episode(name="Chỉ tiêu tỉnh giao năm 2025, đợt cao điểm 60 ngày"))
    async with serving(service.app, service.runtime.settings, "api_port"):
        yield alert, f"{service.runtime.settings.public_url}{a_link(service, alert.id)}"


async def focused(tab: Tab) -> str:
    """The id of what has the focus, or what it is."""
    return str(await tab.evaluate("document.activeElement.id || document.activeElement.tagName"))


async def tab_to(tab: Tab, wanted: str) -> None:
    """Press the tabulator until the focus is there."""
    for _ in range(60):
        if await focused(tab) == wanted:
            return
        await tab.key("Tab", code=9)
    pytest.fail(f"the tabulator does not come to {wanted}")


def _write(file: Path, picture: bytes) -> None:
    file.write_bytes(picture)


async def keep(tab: Tab, name: str, tmp_path: Path) -> None:
    """A picture, for a person to look at: in SCREENSHOTS, where that names a folder."""
    picture = await tab.screenshot()
    assert picture.startswith(b"\x89PNG")
    _write(Path(os.environ.get("SCREENSHOTS", tmp_path), f"{name}.png"), picture)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_a_narrow_phone_and_can_be_read_and_touched(
    make_service: MakeService, tmp_path: Path, scheme: str
) -> None:
    async with a_served_alert(make_service) as (_, url), a_tab(tmp_path / "profile", width=NARROW) as tab:
        media: list[Any] = [{"name": "prefers-color-scheme", "value": scheme}]
        await tab.call("Emulation.setEmulatedMedia", features=media)
        for language in ("vi", "en"):
            await tab.open(f"{url}?lang={language}")
            await tab.evaluate("document.querySelectorAll('[type=checkbox]').forEach(box => box.click())")
            await tab.evaluate("document.querySelector('details').open = true")
            await keep(tab, f"answer-{language}-{scheme}", tmp_path)
            assert await tab.evaluate(WIDTH) == NARROW
            assert await tab.evaluate(UNLABELLED) == []
            assert await tab.evaluate(SMALL) == []
            assert await tab.evaluate(CONTRASTS) == []
            assert await tab.evaluate("document.documentElement.lang") == language


async def test_an_alert_is_acknowledged_and_reported_by_the_keyboard_alone(
    make_service: MakeService, tmp_path: Path
) -> None:
    async with a_served_alert(make_service) as (alert, url), a_tab(tmp_path / "profile", width=NARROW) as tab:
        await tab.open(url)
        await tab_to(tab, "acknowledge-name")
        await tab.type("Lê Thị Hoa")
        await tab.key("Enter", code=13, text="\r", loads=True)
        assert (await alert.shown())["acknowledged_by"]["name"] == "Lê Thị Hoa"
        assert "đã tiếp nhận" in await tab.evaluate("document.querySelector('[role=status]').textContent")
        await tab_to(tab, "name")
        await tab.type("Lê Thị Hoa")
        await tab_to(tab, "cause-working_away")
        await tab.key(" ", code=32, text=" ")
        await tab_to(tab, "note-working_away")
        await tab.type("Đến Tết mới về")
        await tab_to(tab, "what-1")
        await tab.type("Đến từng nhà")
        await tab.evaluate(f"document.getElementById('due_on-1').value = '{alert.due_on(7)}'")
        await tab_to(tab, "who-1")
        await tab.type("Bưu điện Cẩm Thủy")
        await tab.key("Enter", code=13, text="\r", loads=True)
        shown = await alert.shown()
        assert (shown["status"], shown["report"]["causes"]) == ("reported", ["working_away"])
        await keep(tab, "answer-reported", tmp_path)


async def test_the_page_works_where_scripts_are_switched_off_and_shows_what_is_wrong(
    make_service: MakeService, tmp_path: Path
) -> None:
    async with a_served_alert(make_service) as (alert, url), a_tab(tmp_path / "profile", width=NARROW) as tab:
        await tab.call("Emulation.setScriptExecutionDisabled", value=True)
        await tab.open(url)
        await tab_to(tab, "name")
        await tab.type("12345")
        await tab.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
        await tab.key("Enter", code=13, text="\r", loads=True)
        await keep(tab, "answer-wrong", tmp_path)
        assert await tab.evaluate("document.querySelectorAll('.problem li').length") == 2
        assert await tab.evaluate("document.getElementById('name').getAttribute('aria-describedby')") == "name-mistake"
        broken = "[...document.querySelectorAll('.problem a')].filter(a => !document.getElementById(a.hash.slice(1)))"
        assert await tab.evaluate(f"{broken}.map(a => a.outerHTML)") == []
        assert await alert.timeline() == [("raised", 1)]


async def test_one_of_200_causes_is_chosen_by_the_keyboard_without_scripts(
    make_service: MakeService, tmp_path: Path
) -> None:
    async with a_served_alert(make_service) as (alert, url), a_tab(tmp_path / "profile", width=NARROW) as tab:
        await add_causes(alert.service, "abcdđeghiklmnopqrstu", 10)
        await tab.call("Emulation.setScriptExecutionDisabled", value=True)
        await tab.open(url)
        await keep(tab, "answer-200-causes", tmp_path)
        assert await tab.evaluate(WIDTH) == NARROW
        assert await tab.evaluate("document.getElementById('causes').offsetHeight") < 2_000
        assert await tab.evaluate(SMALL) == []
        assert await tab.evaluate(CONTRASTS) == []
        await tab_to(tab, "name")
        await tab.type("Lê Thị Hoa")
        await tab_to(tab, "letter-2")
        await tab.key("Enter", code=13, text="\r")
        await tab_to(tab, "cause-b-7")
        await tab.key(" ", code=32, text=" ")
        await tab_to(tab, "note-b-7")
        await tab.type("Đến Tết mới về")
        await keep(tab, "answer-200-causes-marked", tmp_path)
        await tab_to(tab, "what-1")
        await tab.type("Đến từng nhà")
        await tab.evaluate(f"document.getElementById('due_on-1').value = '{alert.due_on(7)}'")
        await tab_to(tab, "who-1")
        await tab.type("Bưu điện Cẩm Thủy")
        await tab.key("Enter", code=13, text="\r", loads=True)
        assert (await alert.get("/report"))["causes"] == [{"code": "b-7", "note": "Đến Tết mới về"}]
