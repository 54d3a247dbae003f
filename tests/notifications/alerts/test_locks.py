"""Whoever changes alerts holds up nobody who queues deliveries of them."""

from __future__ import annotations

from tests.architecture.statements import constants_of


def test_no_statement_locks_an_alert_against_rows_that_refer_to_it() -> None:
    # Whoever puts a route holds ROUTES and inserts deliveries; whoever changes an alert waits for ROUTES meanwhile.
    locking = [each for each in constants_of("notifications") if "UPDATE" in each.sql.rpartition(" FOR ")[2]]
    of_alerts = [each for each in locking if each.tables_among({"alerts"})]
    assert len(of_alerts) >= 2
    assert [str(each) for each in of_alerts if " FOR UPDATE" in each.sql] == []
