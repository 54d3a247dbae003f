"""Bodies and answers of sharing out."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.errors import Invalid
from services.shown import (
    MOST_PERSONS,
    MeasureWord,
    ShownCount,
    ShownDay,
    ShownDifference,
    ShownId,
    ShownScope,
    ShownValue,
    ShownVersion,
    shown,
    shown_list,
)
from services.web.fields import Code, Label, Reason, RequestBody, Version
from targets_api.domain.allocation import Bounds
from targets_api.domain.share_tree import SharedTarget
from targets_api.domain.sharing_out import MOST_SHARES, Basis, Receiving, SharedOut, SharingOut

_MOST_WEIGHT: Final = 1_000_000_000
_MOST_SHOWN: Final = 100_000
"""Shares in a tree."""
ShareKey: TypeAlias = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=129, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$"
    ),
]
"""The code of whoever has a share; `unit/organisation` where it is of both."""
Persons: TypeAlias = Annotated[int, Field(ge=0, le=MOST_PERSONS, json_schema_extra={"format": "int64"})]
Weight: TypeAlias = Annotated[
    float, Field(ge=0, le=_MOST_WEIGHT, allow_inf_nan=False, json_schema_extra={"format": "double"})
]
_EXAMPLE: Final[dict[str, Any]] = {
    "to": "units",
    "by": "uncovered",
    "floor": 20,
    "pinned": {"15127": 120},
    "dry_run": True,
}


class AllocationBody(RequestBody):
    """How a target is shared out. First with `dry_run`, to see the shares; then without, to set them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    to: Receiving = Field(
        description="Who has a share: the units, organisations or collectors below the scope of the target, or each "
        "organisation in each commune",
        examples=["units"],
    )
    by: Basis = Field(
        description="In what proportion: of those not `uncovered` yet (units alone), of what was signed up in the "
        "period before (`last_result`), `equal`, or of `weights`. `prospects` are not counted yet, and refused",
        examples=["uncovered"],
    )
    weights: dict[ShareKey, Weight] | None = Field(
        None,
        max_length=MOST_SHARES,
        description="By code, where `by` is `weights`: whoever has one has a share; of communes, where shares are of "
        "organisations per unit",
        examples=[None],
    )
    floor: Persons = Field(0, description="Every share is at least this", examples=[20])
    cap: Persons | None = Field(None, description="Every share is at most this", examples=[None])
    pinned: dict[ShareKey, Persons] = Field(
        default_factory=dict,
        max_length=MOST_SHARES,
        description="By code, shares that are decided; the others share the rest. `unit/organisation`, where shares "
        "are of both",
        examples=[{"15127": 120}],
    )
    among: list[Code] | None = Field(
        None,
        min_length=1,
        max_length=MOST_SHARES,
        description="Codes of those who have a share, where not all below do; of organisations, where shares are of "
        "organisations per unit",
        examples=[None],
    )
    name: Label | None = Field(None, description="Name of the shares; that of the target by default", examples=[None])
    dry_run: bool = Field(False, description="true: nothing is set", examples=[True])
    version: Version | None = Field(
        None, description="Version of the target, as the caller has seen it; needed to replace shares", examples=[1]
    )
    replace: bool = Field(
        False,
        description="true: shares that stand are revised to these from today on, or withdrawn; needs `version` and "
        "`reason`",
        examples=[False],
    )
    reason: Reason | None = Field(None, description="Why shares are replaced", examples=[None])

    def sharing_out(self) -> SharingOut:
        """As the domain takes it."""
        given = self.weights
        weights = None if given is None else {key: round(Fraction(str(n)), 6) for key, n in given.items()}
        return SharingOut(self.to, self.by, weights, Bounds(self.floor, self.cap, self.pinned), self.among, self.name)

    def replace_because(self) -> str | None:
        """Why shares are to be replaced, where they are. Raises Invalid where version or reason are missing."""
        if not self.replace:
            return None
        for field in ("version", "reason"):
            if getattr(self, field) is None:
                raise Invalid.field(f"/{field}", "needed to replace shares that stand")
        return self.reason


class ShareView(BaseModel):
    """A share. Its `basis` is in proportion to that of the others what it was shared out by."""

    scope: ShownScope = Field(description="Whose it is")
    value: ShownCount = Field(description="Whole persons", examples=[120])
    basis: float = shown("What it is based on, with six decimal places", 6995, minimum=0, format="double")
    target_id: ShownId | None = Field(
        description="The target that it is set as; null in a preview, where none stands yet, and for a share of zero"
    )


class AllocationView(BaseModel):
    """The shares of a target; they sum to `value` exactly."""

    value: ShownCount = Field(
        description="Whole persons to be signed up; for coverage and `in_force` those who are missing at the start",
        examples=[5701],
    )
    measure: MeasureWord = Field(description="What the shares are measured by", examples=["new"])
    shares: Annotated[list[ShareView], shown_list("One for each who has a share", [], most=MOST_SHARES)]

    @classmethod
    def of(cls, outcome: SharedOut) -> AllocationView:
        """As it is shown."""
        shares = [
            ShareView(scope=share.scope, value=share.value, basis=float(share.basis), target_id=share.target_id)
            for share in outcome.shares
        ]
        return cls(value=outcome.value, measure=outcome.measure, shares=shares)


class TreeNode(BaseModel):
    """A target, and its shares. `persons` are to be signed up for it, and `shared` is what its shares sum to."""

    target_id: ShownId
    scope: ShownScope = Field(description="What it is about")
    measure: MeasureWord
    value: ShownValue
    version: ShownVersion
    withdrawn_on: ShownDay | None = Field(
        description="The day from which it is no more, where shares of it still stand; else null", examples=[None]
    )
    persons: ShownCount = Field(description="Whole persons to be signed up for it", examples=[5701])
    shared: ShownCount | None = Field(description="The sum of its shares; null where it has none", examples=[5701])
    differs_by: ShownDifference | None = Field(
        description="`shared` - `persons`: 0 where its shares add up; null where it has none", examples=[0]
    )
    shares: Annotated[list[TreeNode], shown_list("Its shares, each with its own", [], most=_MOST_SHOWN)]

    @classmethod
    def of(cls, node: SharedTarget) -> TreeNode:
        """As it is shown."""
        target = node.target
        return cls(
            target_id=target.id,
            scope=target.scope,
            measure=target.measure,
            value=target.value,
            version=target.version,
            withdrawn_on=target.withdrawn_on,
            persons=node.persons,
            shared=node.shared,
            differs_by=node.differs_by,
            shares=[cls.of(share) for share in node.shares],
        )


class Difference(BaseModel):
    """A target whose shares no longer add up to it."""

    target_id: ShownId
    scope: ShownScope = Field(description="What it is about")
    persons: ShownCount = Field(description="Whole persons to be signed up for it", examples=[300])
    shared: ShownCount = Field(description="The sum of its shares", examples=[320])
    differs_by: ShownDifference = Field(description="`shared` - `persons`", examples=[20])


class TreeView(BaseModel):
    """A target with its shares, and theirs; and where they do not add up."""

    TABLE_ROWS: ClassVar[str] = "target"

    adds_up: bool = shown("Whether all of them add up", True)
    differences: Annotated[
        list[Difference], shown_list("The targets whose shares do not add up, from the top down", [], most=_MOST_SHOWN)
    ]
    target: TreeNode = Field(description="The target that was asked for")

    @classmethod
    def of(cls, tree: SharedTarget) -> TreeView:
        """As it is shown."""
        differences = [_difference(node) for node in tree.differences()]
        return cls(adds_up=tree.adds_up, differences=differences, target=TreeNode.of(tree))


def _difference(node: SharedTarget) -> Difference:
    return Difference(
        target_id=node.target.id,
        scope=node.target.scope,
        persons=node.persons,
        shared=node.shared or 0,
        differs_by=node.differs_by or 0,
    )
