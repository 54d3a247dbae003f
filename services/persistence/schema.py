"""What a service expects of its database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import MetaData


@dataclass(frozen=True)
class Schema:
    """`revision` is the newest migration that this code needs, such as `targets_0003`.

    `versioned` names the tables whose changes bump the version that remembered answers depend on; see `versions`.
    """

    service: str
    metadata: MetaData
    revision: str
    versioned: frozenset[str] = frozenset()

    def lacks(self, found: str) -> bool:
        """Whether a database at the revision `found` is older than this code."""
        return _number(found) < _number(self.revision)


def _number(revision: str) -> int:
    return int(revision.rpartition("_")[2])
