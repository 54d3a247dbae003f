"""Work out the shares of a target, as targets that may be set."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.errors import StaleVersion
from services.ids import new_id
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Scope
from targets_api.allocation import queries
from targets_api.allocation.bases import find_bases
from targets_api.allocation.naming import registered
from targets_api.allocation.queries import Node
from targets_api.allocation.receivers import find_receivers
from targets_api.domain.allocation import Bases, SharesDoNotFit, allocate
from targets_api.domain.revision import TargetIsOver, TargetIsWithdrawn
from targets_api.domain.shares import measure_of_shares, persons_of
from targets_api.domain.sharing_out import Receiver, Share, SharedOut, SharingOut, as_shown, check_request
from targets_api.domain.target import STOCK_MEASURES, Target


@dataclass(frozen=True, slots=True)
class Plan:
    """How a target is shared out: its shares, and the targets that they are to be set as."""

    target: Target
    value: int
    shares: Sequence[Share]
    targets: Sequence[Target]
    """Of the shares that are not zero, which are no targets."""

    def outcome(self, standing: Sequence[Target], *, is_new: bool = False) -> SharedOut:
        """The shares with the ids of the targets that stand for their scopes."""
        ids: Mapping[Scope, UUID] = {target.scope: target.id for target in standing}
        shares = [replace(share, target_id=ids.get(share.scope)) for share in self.shares]
        return SharedOut(self.value, measure_of_shares(self.target.measure), shares, is_new)


async def plan(session: ReadSession, target_id: UUID, version: int | None, asked: SharingOut, today: date) -> Plan:
    """The shares of the target. `version` is that which its author has seen, where they say so.

    Raises NoSuchTarget, TargetIsWithdrawn, StaleVersion, TargetIsOver, NotKnownYet, SharesDoNotFit.
    """
    node = await queries.find_node(session, target_id)
    check_open(node.target, version, today)
    check_request(asked, node.target.scope)
    asked = await registered(session, asked)
    receivers = await find_receivers(session, node.target, asked)
    bases = await find_bases(session, node.target, asked, receivers, today)
    # In a thread: thousands of shares take a quarter of a second.
    return await asyncio.to_thread(_shared_out, node, asked, receivers, bases)


def _shared_out(node: Node, asked: SharingOut, receivers: Sequence[Receiver], bases: Bases) -> Plan:
    value, bases = _to_share(node), as_shown(bases)
    values = allocate(value, bases, asked.bounds)
    shares = [Share(receiver.scope, values[receiver.key], bases[receiver.key]) for receiver in receivers]
    return Plan(node.target, value, shares, [_as_target(node, share, asked.name) for share in shares if share.value])


def check_open(target: Target, version: int | None, today: date) -> None:
    """Raises TargetIsWithdrawn, StaleVersion, TargetIsOver where a target is not shared out any more."""
    if target.withdrawn_on is not None:
        raise TargetIsWithdrawn(f"the target was withdrawn on {target.withdrawn_on}: set another one")
    if version not in (None, target.version):
        raise StaleVersion.of("the target", target.version, version or 0)
    if today > target.ends_on:
        raise TargetIsOver(f"the period ended on {target.ends_on}: set a target of another period")


def _to_share(node: Node) -> int:
    if value := persons_of(node.target, node.progress):
        return value
    raise SharesDoNotFit.field("/to", "as many persons were covered at the start as the target asks for")


def _as_target(node: Node, share: Share, name: str | None) -> Target:
    """A stock whose first baseline is within the period is shared out from the day after it on."""
    whole = node.target
    is_late = whole.measure in STOCK_MEASURES and node.progress.measured_from is not None
    return Target(
        id=new_id(),
        scope=share.scope,
        scheme=whole.scheme,
        measure=measure_of_shares(whole.measure),
        value=share.value,
        starts_on=max(whole.starts_on, node.progress.measured_from or whole.starts_on) if is_late else whole.starts_on,
        ends_on=whole.ends_on,
        name=name or whole.name,
        parent_id=whole.id,
    )
