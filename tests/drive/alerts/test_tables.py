"""What a terminal shows of when a report is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from drive.alerts.tables import due_of

NOW = datetime(2025, 10, 27, 3, tzinfo=UTC)  # Monday, 10:00 in Vietnam
MONDAY_IS_OVER = datetime(2025, 10, 27, 17, tzinfo=UTC)


def due(at: datetime | None, status: str = "open") -> tuple[str, str]:
    """Text and style."""
    found = due_of({"status": status, "report_due_at": at and at.isoformat()}, NOW)
    return found.plain, str(found.style)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (NOW, ("2025-10-27 overdue", "bold red")),
        (NOW + timedelta(seconds=1), ("2025-10-27", "yellow")),
        (MONDAY_IS_OVER, ("2025-10-27", "yellow")),
        (MONDAY_IS_OVER + timedelta(days=1), ("2025-10-28", "yellow")),
        (MONDAY_IS_OVER + timedelta(days=2), ("2025-10-29", "")),
    ],
)
def test_the_last_day_for_a_report_is_shown_and_coloured_by_how_near_it_is(
    at: datetime, shown: tuple[str, str]
) -> None:
    assert due(at) == due(at, "acknowledged") == shown


@pytest.mark.parametrize("status", ["reported", "resolved"])
def test_no_report_is_due_where_none_is_waited_for(status: str) -> None:
    assert due(NOW, status) == ("", "")


def test_an_alert_from_before_reports_were_due_shows_no_day() -> None:
    assert due(None) == ("", "")
