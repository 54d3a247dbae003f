"""What a service expects of its database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sqlalchemy import MetaData

Standing: TypeAlias = Literal["older", "same", "newer", "foreign"]
Plans: TypeAlias = Literal["kept", "by_index", "anew"]
"""`kept`: for a second, see `database`. `by_index`: besides, rows are only looked up, so that no plan reads a table
from end to end. `anew`: besides, a plan is made for each execution, which costs a millisecond or two where tables are
joined: else whole indexes are merged."""
PLAN_SETTINGS: Final[Mapping[Plans, Mapping[str, str]]] = {
    "kept": {},
    "by_index": {"enable_seqscan": "off"},
    "anew": {"plan_cache_mode": "force_custom_plan", "enable_seqscan": "off"},
}
"""The settings of PostgreSQL for its connections."""


@dataclass(frozen=True)
class Schema:
    """`revision` is the newest migration that this code needs, such as `targets_0003`.

    `versioned` names the tables whose changes bump the version that remembered answers depend on; see `versions`.
    `beside_figures` names those of them of which no figure is made, though each answer tells of them.
    `derived` names those that tell the same as versioned tables in another form: they follow them in the transaction
    that changes those, and what changes them alone, such as folding, changes no answer.
    `plans`: what PostgreSQL does about plans. By itself it keeps one that it made while a table had few rows, and that
    reads all of it, until autovacuum comes by, however many there are by then.
    """

    service: str
    metadata: MetaData
    revision: str
    versioned: frozenset[str] = frozenset()
    beside_figures: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()
    plans: Plans = "kept"

    def standing(self, found: str) -> Standing:
        """How a database at the revision `found` relates to this code. Revisions are SERVICE_NNNN, numbered from 1;
        one that looks otherwise was never made for this service."""
        revision = re.fullmatch(rf"{self.service}_(\d{{4}})", found)
        number, ours = int(revision[1]) if revision else 0, int(self.revision.rpartition("_")[2])
        if not number:
            return "foreign"
        return "newer" if number > ours else "older" if number < ours else "same"
