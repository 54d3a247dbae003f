"""The connections of one HTTP server: how many there may be, how long each may wait, what their bodies may hold."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal, Protocol, TypeAlias

import structlog

from services.errors import DomainError, Unavailable
from services.observability import Metrics
from services.web.problems import TooSlow

log = structlog.get_logger(__name__)

Phase: TypeAlias = Literal["request", "head", "body", "answer", "end"]
"""What a connection waits for: its next request, the rest of a head or body, our answer, or that the client closes."""

HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 60.0
"""From the first byte of a request to the last of its body: 4 MiB at 70 kB a second."""
END_SECONDS: Final = 20.0
STALL_SECONDS: Final = 30.0
"""How long a client may leave an answer unread."""
BODY_BYTES: Final = 128 * 1024 * 1024
"""What all requests without an answer may hold: 32 bodies of the largest size."""
READS_A_SECOND: Final = 250
"""Of up to 256 KiB, of bodies that come in several: 60 MiB a second, for which a fifth of a processor is busy."""
_WORTH_CUTTING: Final = 128 * 1024
_ORDER: Final[dict[Phase, int]] = {"end": 0, "request": 1, "head": 2, "body": 3}
_FRESH_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 5.0
_OVER_SECONDS: Final = 10.0


class Connection(Protocol):
    """What is asked of each."""

    phase: Phase
    since: float
    """When it began to wait, by the clock of the event loop."""
    stalled_since: float
    """When its answer began to wait for the client; 0 where it does not."""
    requests: int
    body_bytes: int
    address: str

    def refuse(self, error: DomainError) -> None: ...

    def cut(self) -> None: ...


class Connections:
    """All of them; where there are too many, those that wait for their client make room for others."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        self._open: set[Connection] = set()
        self._most = most
        self._cut = metrics.connections_cut
        self._body_bytes = 0
        self._made_room = 0
        self._next_read = 0.0
        self._last_full = self._now = 0.0
        self.received_bytes = 0
        """What came in since memory was given back."""
        metrics.connections.set_function(lambda: len(self._open))

    def enter(self, newcomer: Connection) -> None:
        """Let it in, in place of others where there are too many."""
        self._open.add(newcomer)
        if len(self._open) > self._most:
            self._make_room(newcomer)

    def leave(self, connection: Connection) -> None:
        """It is closed."""
        self._open.discard(connection)

    def take(self, size: int) -> None:
        """Bytes of a body came in; or are not held any longer, where it is negative."""
        self._body_bytes += size

    def turn(self, now: float) -> float:
        """When the next part of a large body may be read."""
        self._next_read = max(now, self._next_read + 1 / READS_A_SECOND)
        return self._next_read

    def relieve(self) -> None:
        """Where bodies hold too much, refuse the one that comes in the slowest."""
        while self._body_bytes > BODY_BYTES and (slowest := self._slowest_body()):
            self._cut.labels("memory").inc()
            slowest.refuse(Unavailable("too many large bodies come in at once: send it again later"))

    def sweep(self, now: float) -> None:
        """Close whatever has waited for its client for too long."""
        self._now = now
        for connection in list(self._open):
            self._check(connection, now)
        if self._made_room and now > self._last_full + _OVER_SECONDS:
            log.warning("connections_full_over", open=len(self._open), cut=self._made_room)
            self._made_room = 0

    def _check(self, connection: Connection, now: float) -> None:
        waited = now - connection.since
        stalled = now - (connection.stalled_since or now)
        if stalled > STALL_SECONDS or (connection.phase == "end" and waited > END_SECONDS):
            self._end(connection, "unread")
        elif connection.phase == "request" and not connection.requests and waited > HEAD_SECONDS:
            self._end(connection, "silent")
        elif connection.phase == "head" and waited > HEAD_SECONDS:
            self._refuse(connection, f"the headers did not come within {HEAD_SECONDS:.0f} s")
        elif connection.phase == "body" and waited > BODY_SECONDS:
            self._refuse(connection, f"the body did not come within {BODY_SECONDS:.0f} s")

    def _refuse(self, connection: Connection, detail: str) -> None:
        self._cut.labels("slow").inc()
        connection.refuse(TooSlow(f"{detail}: send less at once"))

    def _end(self, connection: Connection, why: str) -> None:
        self._cut.labels(why).inc()
        connection.cut()

    def _make_room(self, newcomer: Connection) -> None:
        """Several at once, so that who opens very many does not have all of them compared each time."""
        if not self._made_room:
            log.warning("connections_full", most=self._most, address=newcomer.address)
        victims = self._those_that_wait(newcomer)[: max(1, self._most // 20)] or [newcomer]
        self._last_full = newcomer.since
        self._made_room += len(victims)
        for victim in victims:
            self._open.discard(victim)
            self._end(victim, "full")

    def _those_that_wait(self, newcomer: Connection) -> list[Connection]:
        """Those that may be closed for another, the one to close first in front."""
        counts = Counter(each.address for each in self._open)
        now, own = newcomer.since, counts[newcomer.address]

        def is_candidate(each: Connection) -> bool:
            if each.phase == "body":
                return counts[each.address] > own or now - each.since > _PATIENCE_SECONDS
            return each.phase != "answer" and each is not newcomer

        def rank(each: Connection) -> tuple[bool, int, int, float]:
            fresh = each.phase in ("request", "head") and now - each.since < _FRESH_SECONDS
            many = counts[each.address]
            return many <= len(self._open) // 4, 4 if fresh else _ORDER[each.phase], -many, each.since

        return sorted(filter(is_candidate, self._open), key=rank)

    def _slowest_body(self) -> Connection | None:
        bodies = [each for each in self._open if each.phase == "body" and each.body_bytes > _WORTH_CUTTING]
        return min(bodies, key=lambda each: each.body_bytes / max(self._now - each.since, 1.0), default=None)
