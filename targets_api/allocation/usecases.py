"""Share a target out: as a preview, or as one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.context import Context
from services.errors import accepted
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.waiting import each_in_turn
from targets_api.allocation import queries
from targets_api.allocation.plans import Plan, check_open, plan
from targets_api.attainment.store import lock_counting, lock_rollups
from targets_api.domain.revision import Change, Revision, Withdrawal
from targets_api.domain.share_tree import SharedTarget, tree_of
from targets_api.domain.shares import persons_of
from targets_api.domain.sharing_out import AlreadyShared, SharedOut, SharingOut
from targets_api.domain.target import Target, identity_of
from targets_api.targets.store import lock_parents
from targets_api.targets.usecases import begin_each, change_targets, finish


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of the shares of a target when it is shared out anew."""

    stay: Sequence[Target]
    go: Sequence[Target]
    revised: Sequence[tuple[Target, float]]
    """Each with its new value."""
    new: Sequence[Target]

    def __bool__(self) -> bool:
        return bool(self.go or self.revised or self.new)


async def preview(
    session: ReadSession, context: Context, target_id: UUID, version: int | None, asked: SharingOut
) -> SharedOut:
    """What `share_out` would set, with the ids of the shares that stand already.

    Raises NoSuchTarget, TargetIsWithdrawn, StaleVersion, TargetIsOver, NotKnownYet, SharesDoNotFit.
    """
    planned = await plan(session, target_id, version, asked, context.today)
    return planned.outcome(await queries.shares_of(session, target_id))


async def share_out(
    work: UnitOfWork,
    context: Context,
    target_id: UUID,
    version: int | None,
    asked: SharingOut,
    replace_because: str | None = None,
) -> SharedOut:
    """Set the shares of a target, all or none. Where they are set already, they are returned as they stand.

    Others that stand are replaced where a reason is given: those of the same scope are revised from today on, the rest
    is withdrawn. Raises what `preview` does, AlreadyShared without a reason, and TargetDiffers where a target that is
    no share of this one stands for a scope.
    """
    planned = await plan(work, target_id, version, asked, context.today)
    await lock_rollups(work)
    locked = await lock_parents(work, [target_id])
    check_open(locked[target_id], planned.target.version, context.today)
    standing = await queries.shares_of(work, target_id)
    changes = _changes(planned, standing)
    if changes and standing and replace_because is None:
        raise AlreadyShared.of(standing)
    begun = await begin_each(work, context, changes.new)
    found = [accepted(outcome).target for outcome in begun.outcomes]
    await lock_counting(work)
    await _replace(work, context, changes, replace_because or "")
    await finish(work, context, begun)
    revised = [target for target, _ in changes.revised]
    return planned.outcome([*changes.stay, *revised, *found], is_new=bool(changes))


async def tree(session: ReadSession, target_id: UUID, own_of: str | None) -> SharedTarget:
    """The target with its shares, and theirs; among the own ones of an organisation where one is given.

    Raises NoSuchTarget, TreeTooLarge.
    """
    nodes = await queries.nodes_below(session, target_id, own_of)
    return tree_of(target_id, await each_in_turn(lambda node: (node.target, persons_of(*node)), nodes))


def _changes(planned: Plan, standing: Sequence[Target]) -> Changes:
    wanted = {identity_of(target): target for target in planned.targets}
    there = {identity_of(target): target for target in standing}
    both = [(target, wanted[identity].value) for identity, target in there.items() if identity in wanted]
    return Changes(
        stay=[target for target, value in both if target.value == value],
        go=[target for identity, target in there.items() if identity not in wanted],
        revised=[(target, value) for target, value in both if target.value != value],
        new=[target for identity, target in wanted.items() if identity not in there],
    )


async def _replace(work: UnitOfWork, context: Context, changes: Changes, reason: str) -> None:
    wanted: dict[UUID, Change] = {target.id: Withdrawal(target.version, reason) for target in changes.go}
    for target, value in changes.revised:
        wanted[target.id] = Revision(target.version, value, max(target.starts_on, context.today), reason)
    for outcome in (await change_targets(work, context, wanted)).values():
        accepted(outcome)
