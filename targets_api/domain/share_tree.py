"""Whether the shares of a target still add up to it, and theirs to them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.errors import Invalid
from targets_api.domain.target import Target

MOST_NODES: Final = 5_001
"""A target with as many shares as one request sets."""


class TreeTooLarge(Invalid):
    """There are more targets in the tree than one answer shows."""

    code = "tree-too-large"
    title = "The tree of this target is too large for one answer"
    remedy = "List its shares by `GET /v1/targets?parent_id=`, page by page, and ask for the tree of each."

    @classmethod
    def of(cls, target_id: UUID) -> TreeTooLarge:
        """Of that target."""
        return cls(
            f"target {target_id} has more than {MOST_NODES - 1:,} shares, those of its shares included:"
            f" list them by GET /v1/targets?parent_id={target_id}, and ask for the tree of each"
        )


@dataclass(frozen=True, slots=True)
class SharedTarget:
    """A target with its shares. `persons` is what these have to sum to: those who are to be signed up for it, nobody
    where it was withdrawn."""

    target: Target
    persons: int
    shares: Sequence[SharedTarget]

    @property
    def shared(self) -> int | None:
        """What its shares sum to; None where it is not shared out."""
        return sum(share.persons for share in self.shares) if self.shares else None

    @property
    def differs_by(self) -> int | None:
        """How much more its shares sum to than they have to, negative: how much less; None where there are none."""
        return None if self.shared is None else self.shared - self.persons

    @property
    def adds_up(self) -> bool:
        """Whether all shares in the tree sum to what they have to."""
        return not any(self.differences())

    def differences(self) -> Iterator[SharedTarget]:
        """The targets of the tree whose shares do not add up, from the top down."""
        if self.differs_by:
            yield self
        for share in self.shares:
            yield from share.differences()


def tree_of(target_id: UUID, persons: Iterable[tuple[Target, int]]) -> SharedTarget:
    """The tree of the target of that id, of all targets in it, in their order, each with its persons.

    One that was withdrawn is in it only where a share of it still stands.
    """
    found = list(persons)
    below: dict[UUID | None, list[Target]] = {}
    for target, _ in found:
        below.setdefault(target.parent_id, []).append(target)
    by_id = {target.id: (target, n) for target, n in found}
    return _node(target_id, by_id, below)


def _node(
    target_id: UUID, by_id: Mapping[UUID, tuple[Target, int]], below: Mapping[UUID | None, Sequence[Target]]
) -> SharedTarget:
    target, persons = by_id[target_id]
    nodes = [_node(share.id, by_id, below) for share in below.get(target_id, ())]
    standing = [node for node in nodes if node.target.withdrawn_on is None or node.shares]
    return SharedTarget(target, persons if target.withdrawn_on is None else 0, standing)
