"""Structured logs and Prometheus metrics."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.log_stream import STDERR, StreamHandler, rendered
from services.outages import Outage
from services.process_metrics import describe_process

M = TypeVar("M")


def configure_logging(level: str, *, service: str | None = None) -> None:
    """One JSON object per line on standard error; readable lines where that is a terminal."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(rendered)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: STDERR,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    handler = StreamHandler(STDERR)
    handler.setFormatter(formatter)
    logging.basicConfig(
        level=max(logging.getLevelNamesMapping()[level], logging.WARNING), handlers=[handler], force=True
    )
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # a broker that is away is an outage, told as such
    if service:
        structlog.contextvars.bind_contextvars(service=service)


class Metrics:
    """The metrics every process of a service has, in a registry of its own, so that several can live in one process.

    What one service alone measures is a class of its own in that service, which `own` puts into the registry. No label
    has values that somebody outside could choose: each is one of a list in the code.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._own: dict[Callable[[CollectorRegistry], Any], Any] = {}
        self.loop_lag = describe_process(self.registry)
        self.requests = Histogram(
            "drive_http_request_seconds",
            "Time from the first byte of a request to the last of its answer",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.connections = self._gauge("drive_http_connections", "Open HTTP connections")
        self.connections_cut = self._counter(
            "drive_http_connections_cut", "HTTP connections that were closed before their client closed them", ["why"]
        )
        self.refusals = self._counter(
            "drive_refusals", "Requests and items of batches that were refused", ["method", "route", "code"]
        )
        self.relayed = Counter("drive_events_relayed", "Events confirmed by the broker", registry=self.registry)
        self.consumed = Counter("drive_events_consumed", "Events applied", registry=self.registry)
        self.failed = self._counter("drive_events_failed", "Events and messages set apart, to be tried again")
        self.broken = self._counter("drive_events_broken", "Events that could not be understood")
        self.outbox_rows = self._gauge("drive_outbox_rows", "Events that wait for the broker")
        self.outbox_age = self._gauge("drive_outbox_oldest_seconds", "How long the oldest of them has waited")
        self.queue_messages = self._gauge("drive_queue_messages", "Messages that wait in this service's queue")
        self.consumer_lag = self._gauge(
            "drive_consumer_lag_seconds",
            "Age of the oldest event in hand; of the last batch for a minute after it was applied; else 0",
        )
        self.dead_events = self._gauge("drive_dead_events", "Dead letters: events that wait for a person")
        self.retrying_events = self._gauge("drive_retrying_events", "Dead letters that are tried again by themselves")
        self.dead_messages = self._gauge("drive_dead_messages", "Messages in drive.dead, not yet collected")
        self.consumer_waits = self._gauge(
            "drive_consumer_waits", "1 while a batch cannot be applied and is tried again"
        )
        self.lock_waits = self._gauge("drive_lock_waits", "Sessions that wait for a lock for more than a second")
        self.oldest_transaction = self._gauge("drive_oldest_transaction_seconds", "Age of the oldest open transaction")
        self.loop_failing = Gauge(
            "drive_loop_failing", "1 while this loop has failed", ["loop"], registry=self.registry
        )

        self.differences = self._counter(
            "drive_reconcile_differences", "Differences to the source that were reported or asked about", ["what"]
        )
        self.mended = self._counter("drive_reconcile_mended", "Differences to the source that are gone", ["what"])
        self.resent = self._counter("drive_events_resent", "Events published again because a listener asked", ["type"])
        self.differing = Gauge(
            "drive_reconcile_differing", "What differs from the source now", ["what"], registry=self.registry
        )

        self._outages = Gauge(
            "drive_outage", "1 while something that this process needs is away", ["what"], registry=self.registry
        )

    def watch(self, outage: Outage) -> None:
        """Show whether the outage lasts."""
        self._outages.labels(outage.what).set_function(lambda: outage.lasts)

    def own(self, kind: Callable[[CollectorRegistry], M]) -> M:
        """The metrics of this class, made in the registry when they are first asked for."""
        if kind not in self._own:
            self._own[kind] = kind(self.registry)
        return cast("M", self._own[kind])

    def _counter(self, name: str, what: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(name, what, registry=self.registry)
