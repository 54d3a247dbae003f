"""An alert is acknowledged by the link of a mail, as a commune does that has a mailbox and no account."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from aiohttp import ClientSession, CookieJar

_LINK: Final = re.compile(r"https?://\S+/a/\S+")
_FIELD: Final = re.compile(r'name="(version|proof)" value="([^"]*)"')


async def acknowledge_by_link(mail: str, unit_name: str, who: str) -> None:
    """Open the links of a mail, and send the form of the page about this unit, as a browser does: with its cookie.

    Raises LookupError where no link leads there, ClientResponseError where the form is refused."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:  # unsafe: the host is an address
        for link in _LINK.findall(mail):
            async with http.get(link) as answer:
                page = unescape(await answer.text())
            if answer.ok and unit_name in page:
                form = {"do": "acknowledge", "name": who, **dict(_FIELD.findall(page))}
                async with http.post(link, data=form, raise_for_status=True):
                    return
    raise LookupError(f"no link of the mail leads to {unit_name}")
