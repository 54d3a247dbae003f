"""Each alert rule fires when it should, and not before; each has its section in the runbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.deploy.files import COMPOSE, RULES, RUNBOOK, SCRAPE, rules
from tests.support.prometheus import promtool

STREAMS = 'drive_streams%s{service="targets",process="api",instance="a"}'
ANSWERS = 'drive_http_request_seconds_count{service="enrolment",route="/v1/enrolments",status="%s"}'
BUCKETS = 'drive_%s_seconds_bucket{service="enrolment",process="api",instance="a",le="%s"}'


class Case(NamedTuple):
    """Series with values a minute apart: those at which the rule fires after half an hour, and those at which it must
    not."""

    fires: dict[str, str]
    silent: dict[str, str]


def gauge(name: str, above: str, below: str, labels: str = 'service="targets"') -> Case:
    """A rule on a gauge."""
    return Case({f"{name}{{{labels}}}": f"{above}x70"}, {f"{name}{{{labels}}}": f"{below}x70"})


def slow(metric: str, edge: str, above: str) -> Case:
    """A rule on a quantile: of ten observations a minute, those above the edge are all or none."""
    low, high, all_ = (BUCKETS % (metric, le) for le in (edge, above, "+Inf"))
    return Case(
        {low: "0+0x70", high: "0+10x70", all_: "0+10x70"},
        {low: "0+10x70", high: "0+10x70", all_: "0+10x70"},
    )


ATTEMPTS = 'drive_delivery_attempts_total{channel="mail",outcome="retry",state="%s"}'
MISMATCHES = 'drive_identity_mismatches_total{service="enrolment",process="api",outcome="%s"}'
CASES = {
    "DriveProcessDown": gauge("up", "0", "1", 'job="drive",service="targets",process="api",instance="a"'),
    "DriveOutage": gauge("drive_outage", "1", "0", 'service="targets",process="api",what="database"'),
    "DriveAnswersFail": Case(
        {ANSWERS % "503": "0+10x70", ANSWERS % "201": "0+100x70"},
        {ANSWERS % "503": "0+1x70", ANSWERS % "201": "0+100x70"},
    ),
    "DriveAnswersSlow": slow("http_request", "1.0", "2.5"),
    "DriveStreamsNearLimit": Case(
        {STREAMS % "": "181x70", STREAMS % "_limit": "200x70"}, {STREAMS % "": "179x70", STREAMS % "_limit": "200x70"}
    ),
    "DriveEventLoopLags": slow("event_loop_lag", "0.5", "1.0"),
    "DriveMemoryHigh": gauge(
        "process_resident_memory_bytes", "401000000", "399000000", 'job="drive",service="targets",process="api"'
    ),
    "DriveLoopFailing": gauge("drive_loop_failing", "1", "0", 'service="targets",process="worker",loop="relay"'),
    "DriveOutboxWaits": gauge("drive_outbox_oldest_seconds", "121", "119"),
    "DriveConsumerWaits": gauge("drive_consumer_waits", "1", "0"),
    "DriveConsumerLags": gauge("drive_consumer_lag_seconds", "301", "299"),
    "DriveQueueLong": gauge("drive_queue_messages", "1001", "1000"),
    "DriveDeadEvents": gauge("drive_dead_events", "1", "0"),
    "DriveDeadMessages": gauge("drive_dead_messages", "1", "0"),
    "DriveReconcileDiffers": gauge("drive_reconcile_differing", "1", "0", 'service="targets",what="day"'),
    "DriveSweepLate": gauge("drive_sweep_ended_timestamp_seconds", "-7200", "-3000"),
    "DriveReviewsFail": gauge("drive_sweep_failing_targets", "1", "0"),
    "DriveDeliveriesLate": gauge("drive_oldest_delivery_seconds", "3601", "3600", 'channel="mail"'),
    "DriveRouteFails": gauge("drive_route_failing_seconds", "3601", "3600", 'route="ops"'),
    "DriveDeliveriesFail": Case(
        {ATTEMPTS % "failed": "0+1x70"}, {ATTEMPTS % "pending": "0+1x70", ATTEMPTS % "failed": "3x70"}
    ),
    "DriveIdentitiesProbed": Case({MISMATCHES % "limited": "0+1x70"}, {MISMATCHES % "opened": "0+9x70"}),
    "DriveAuditBroken": gauge("drive_audit_broken", "1", "0", 'service="enrolment"'),
    "DriveLockWaits": gauge("drive_lock_waits", "1", "0"),
    "DriveTransactionOld": gauge("drive_oldest_transaction_seconds", "301", "299"),
    "DriveLogLinesLost": gauge("drive_log_lines_lost", "0+1", "7", 'service="targets",process="api",instance="a"'),
    "DriveVersionsDiffer": Case(
        {'drive_build_info{version="1",instance="a"}': "1x99", 'drive_build_info{version="2",instance="b"}': "1x99"},
        {'drive_build_info{version="1",instance="a"}': "1x99", 'drive_build_info{version="1",instance="b"}': "1x99"},
    ),
}


def unit_test(rule: str, series: dict[str, str], *, at: str, firing: int) -> dict[str, Any]:
    """A test of promtool: so many alerts of the rule fire at that time. It compares labels, too, which are not ours to
    repeat: so what is compared is ALERTS."""
    query = f'count(ALERTS{{alertname="{rule}",alertstate="firing"}}) or vector(0)'
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": query, "eval_time": at, "exp_samples": [{"labels": "{}", "value": firing}]}],
    }


def run(folder: Path, *tests: dict[str, Any]) -> None:
    """Run promtool's tests. Raises AssertionError where one fails."""
    file = folder / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": list(tests)}))
    promtool("test", "rules", str(file))


def test_promtool_finds_no_fault_with_the_rules_and_the_example() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", str(RULES))
    promtool("check", "config", str(SCRAPE))


def test_every_rule_has_a_case() -> None:
    assert [rule["alert"] for rule in rules()] == list(CASES)


def test_memory_is_warned_of_before_a_container_is_ended_for_it() -> None:
    limit: str = yaml.safe_load(COMPOSE.read_text())["x-service"]["mem_limit"]
    [rule] = [rule for rule in rules() if rule["alert"] == "DriveMemoryHigh"]
    assert float(rule["expr"].rpartition(">")[2]) < 0.8 * int(limit.removesuffix("m")) * 2**20


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires_when_it_should(rule: str, tmp_path: Path) -> None:
    run(tmp_path, unit_test(rule, CASES[rule].fires, at="65m", firing=1))


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_silent_when_it_should_be(rule: str, tmp_path: Path) -> None:
    run(tmp_path, unit_test(rule, CASES[rule].silent, at="65m", firing=0))


def test_an_audit_trail_that_got_shorter_is_told_of(tmp_path: Path) -> None:
    for values, firing in (("7x30 6x40", 1), ("7x30 8x40", 0)):
        series = {'drive_audit_entries{service="enrolment",process="worker",instance="a"}': values}
        run(tmp_path, unit_test("DriveAuditBroken", series, at="65m", firing=firing))


def test_promtool_notices_a_rule_that_does_not_fire(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="FAILED"):
        run(tmp_path, unit_test("DriveLockWaits", CASES["DriveLockWaits"].silent, at="65m", firing=1))


def test_every_rule_has_severity_summary_description_and_a_section_of_the_runbook() -> None:
    sections = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert sections == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"


@pytest.mark.parametrize("part", ["**Means**", "**Look**", "**Do**", "**Over**"])
def test_every_section_of_the_runbook_says_what_it_means_how_to_look_what_to_do_and_when_it_is_over(part: str) -> None:
    sections = RUNBOOK.read_text().split("\n## ")[1:]
    assert [section.splitlines()[0] for section in sections if part not in section] == []
