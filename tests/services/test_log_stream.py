"""A log that cannot be written costs its lines, which are counted, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

from services.log_stream import LogStream, rendered


def test_lines_that_a_full_disk_refuses_are_counted_and_the_next_one_written_says_so(tmp_path: Path) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    stream = LogStream(descriptor)
    for _ in range(3):
        stream.msg('{"event":"refused"}')
    assert stream.lost == 3
    with (tmp_path / "log").open("wb") as file:
        os.dup2(file.fileno(), descriptor)
    stream.msg('{"event":"written"}')
    os.close(descriptor)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["event"], line.get("count")) for line in lines] == [("log_lines_lost", 3), ("written", None)]


def test_a_line_that_was_cut_off_does_not_spoil_the_next() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    stream = LogStream(writing)
    stream.msg("x" * 10_000_000)
    assert stream.lost == 1
    os.read(reading, 10_000_000)
    stream.msg('{"event":"whole"}')
    os.close(writing)
    with os.fdopen(reading) as read:
        last = read.read().splitlines()[-2:]
    assert [json.loads(line)["event"] for line in last] == ["log_lines_lost", "whole"]


def test_a_reader_that_is_gone_ends_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = LogStream(writing)
    stream.msg("nobody reads this")
    assert stream.lost == 1
    os.close(writing)


def test_a_line_with_half_a_surrogate_pair_is_written_all_the_same() -> None:
    assert json.loads(rendered({"event": "\ud800", "which": {1: Path("x")}})) == {
        "event": "\ud800",
        "which": {"1": "x"},
    }
