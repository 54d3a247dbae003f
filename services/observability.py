"""Structured logs and Prometheus metrics."""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


def configure_logging(level: str, *, service: str | None = None) -> None:
    """One JSON object per line on standard error; readable lines where that is a terminal."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(
        level=max(logging.getLevelNamesMapping()[level], logging.WARNING), handlers=[handler], force=True
    )
    if service:
        structlog.contextvars.bind_contextvars(service=service)


class Metrics:
    """The metrics every process of a service has, in a registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "drive_http_request_seconds",
            "Time from the first byte of a request to the last of its answer",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.relayed = Counter("drive_events_relayed", "Events confirmed by the broker", registry=self.registry)
        self.consumed = Counter("drive_events_consumed", "Events applied", registry=self.registry)
        self.parked = Counter(
            "drive_events_parked", "Events whose handling failed and is tried again", registry=self.registry
        )
        self.buried = Counter("drive_events_buried", "Events that could not be understood", registry=self.registry)
        self.outbox_rows = Gauge("drive_outbox_rows", "Events that wait for the broker", registry=self.registry)
        self.dead_events = Gauge("drive_dead_events", "Events that wait for a person", registry=self.registry)
