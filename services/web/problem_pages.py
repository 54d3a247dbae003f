"""A page for each type of problem, at the address that the type is: what docs/errors.md says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.errors import NotFound

problem_router = APIRouter(prefix="/problems", include_in_schema=False)
"""Routes for people, which need no token."""

_ROOT: Final = Path(__file__).parents[2]
_PLACES: Final = (_ROOT / "drive_docs" / "errors.md", _ROOT / "docs" / "errors.md")
"""Where the table is in an installed package, and in a checkout."""
_ROW: Final = re.compile(r"^\| `([a-z-]+)` \| (\d{3}) \| (.+) \| (\S.*) \|$", re.MULTILINE)
_CODE: Final = re.compile(r"`([^`]+)`")
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>
{content}
</body></html>
"""


@problem_router.get("")
async def list_problems() -> HTMLResponse:
    """All of them."""
    rows = (f'<li><a href="problems/{code}">{code}</a></li>' for code in known_problems())
    return _page("Problems", f"<ul>{''.join(rows)}</ul>")


@problem_router.get("/{code}")
async def show_problem(code: Annotated[str, InPath(max_length=100)]) -> HTMLResponse:
    """One of them."""
    if code not in known_problems():
        raise NotFound("there is no such type of problem: /problems lists those that there are")
    status, title, remedy = known_problems()[code]
    text = f"<p><code>{code}</code>, status {status}</p><p>What to do: {_html(remedy)}</p>"
    return _page(escape(title), text)


@cache
def known_problems() -> Mapping[str, tuple[str, str, str]]:
    """Status, title and remedy of every type, those of other services included, since one address may stand for all."""
    table = next(place for place in _PLACES if place.exists()).read_text(encoding="utf-8")
    return {code: (status, title, remedy) for code, status, title, remedy in _ROW.findall(table)}


def _html(markdown: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(markdown, quote=False))


def _page(title: str, content: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, content=content))
