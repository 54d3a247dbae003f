"""A policy of pace as it is shown."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, Field

from services.shown import MOST_PERSONS, ShownCode
from services.web.lists import Page
from targets_api.domain.pace import PacePolicy
from targets_api.domain.period import FEWEST_WORKING_DAYS

Ratio: TypeAlias = Annotated[float, Field(json_schema_extra={"minimum": 0, "format": "double"})]
DEFAULT_NAME: Final = "default"
_PERSONS: Final[dict[str, Any]] = {"minimum": 0, "maximum": MOST_PERSONS, "format": "double"}
_DAYS: Final[dict[str, Any]] = {"minimum": 0, "maximum": 400, "format": "int32"}


class PacePolicyView(BaseModel):
    """When a target counts as behind, and how grave that is. A ratio is what is attained by what is expected by now."""

    name: ShownCode = Field(description="Its name; `default` judges every target", examples=["default"])
    behind_below: Ratio = Field(
        description="A target is `behind` where its ratio is below this, and it is short by `material_persons`",
        examples=[0.9],
    )
    critical_below: Ratio = Field(
        description="What is behind is `critical` below this ratio, else `warning`; what was missed is `critical`",
        examples=[0.6],
    )
    clears_at: Ratio = Field(description="What is behind stays so until its ratio is this", examples=[0.95])
    ahead_from: Ratio = Field(description="A target is `ahead` from this ratio on", examples=[1.1])
    material_persons: float = Field(
        description="A target that is short by fewer persons is not behind", examples=[1.0], json_schema_extra=_PERSONS
    )
    fewest_working_days: int = Field(
        description="In a period with fewer working days than this every day counts",
        examples=[FEWEST_WORKING_DAYS],
        json_schema_extra=_DAYS,
    )

    @classmethod
    def of(cls, name: str, policy: PacePolicy) -> PacePolicyView:
        """The policy of that name."""
        return cls(
            name=name,
            behind_below=policy.behind_below,
            critical_below=policy.critical_below,
            clears_at=policy.clears_at,
            ahead_from=policy.ahead_from,
            material_persons=policy.material_persons,
            fewest_working_days=FEWEST_WORKING_DAYS,
        )


class PacePolicyPage(Page[PacePolicyView]):
    """All policies. `next` is null."""
