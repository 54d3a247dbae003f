"""Names in chat messages: they call nobody and lead nowhere, whatever signs they have."""

from __future__ import annotations

import re

import pytest

from notifications.channels.chat.compose import Chat, compose
from notifications.channels.mail.compose import Sender
from tests.notifications.channels.mail.test_text import a_notice, message

MENTIONS = ["@everyone", "@here", "@all", "@**all**", "<!channel>", "<!here|here>", "<@U123>", "<#C123>", "<@&42>"]
LINKS = ["[x](http://evil.example)", "![x](http://evil.example)", "<http://evil.example|x>", "[x](//evil.example)"]
_ACTIVE = re.compile(r"@[\w*&]|<[!@#&\w]|\]\(")


def of_a_unit(name: str, n: int) -> Chat:
    """About so many of its alerts."""
    notices = [a_notice(unit_name=name) for _ in range(n)]
    return compose(message(*notices, group_name=name), Sender("drive@bhxh.example", "https://drive.example"))


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("name", MENTIONS + LINKS)
def test_a_name_mentions_nobody_and_is_no_link(name: str, n: int) -> None:
    chat = of_a_unit(name, n)
    assert not _ACTIVE.search(chat.title + chat.text), chat
    assert name in (chat.title + chat.text).replace("\N{ZERO WIDTH SPACE}", "")


def test_other_signs_of_a_name_stay_as_they_are() -> None:
    chat = of_a_unit("Xã A & B (mới) < 5 @ [2025]", 1)
    assert "Xã A & B (mới) < 5 @ [2025]" in chat.title
