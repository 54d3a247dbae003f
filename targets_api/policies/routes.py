"""Policies of pace over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from services.web.strict_route import StrictRoute
from targets_api.access import ProgressReader
from targets_api.domain.pace import DEFAULT_POLICY
from targets_api.policies.schemas import DEFAULT_NAME, PacePolicyPage, PacePolicyView

router = APIRouter(prefix="/v1/pace-policies", tags=["policies"], route_class=StrictRoute)


@router.get("")
async def list_pace_policies(_: ProgressReader) -> PacePolicyPage:
    """The rules by which targets are judged, with their thresholds."""
    return PacePolicyPage(items=[PacePolicyView.of(DEFAULT_NAME, DEFAULT_POLICY)])
