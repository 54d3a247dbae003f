"""The id of an event is read back as it was sent, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.web.sse.position import Position, position_of

NOON = datetime(2025, 10, 25, 5, 0, 0, 123_456, tzinfo=UTC)
HERE = Position(NOON, NOON, "7.b4c7f", "731:740:732,735")


@given(
    st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3),
    st.lists(st.integers(10, 2**50), unique=True),
)
def test_an_id_is_read_back(at: datetime, beside: list[int], running: list[int]) -> None:
    ends = [min(running, default=10), max(running, default=10) + 1]
    snapshot = f"{ends[0]}:{ends[1]}:{','.join(map(str, sorted(running)))}"
    position = Position(NOON, at, ".".join(f"{number:x}" for number in beside), snapshot)
    assert position_of(position.id) == position


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "7",
        HERE.id + ",",
        HERE.id.replace("731:", "999:"),
        HERE.id.replace("732,735", "735,732"),
        HERE.id.replace("732,735", "732,740"),
        HERE.id.replace("731:", "0:"),
        HERE.id.replace("7.b4c7f.", ""),
        HERE.id.replace(".b4c7f", "."),
        "f" * 16 + HERE.id[HERE.id.index(".") :],
        HERE.id + "0" * 9_000,
        HERE.id.replace("731:", "٧:"),
    ],
)
def test_what_is_no_id_is_none(sent: str) -> None:
    assert position_of(sent) is None


def test_a_position_of_another_server_or_where_what_is_not_logged_has_changed_is_not_followed() -> None:
    later = Position(HERE.server, datetime(2025, 10, 25, 6, tzinfo=UTC), HERE.beside, "800:800:")
    assert later.follows(HERE)
    assert not Position(later.at, later.at, HERE.beside, "800:800:").follows(HERE)
    assert not Position(HERE.server, later.at, "8.b4c7f", "800:800:").follows(HERE)
