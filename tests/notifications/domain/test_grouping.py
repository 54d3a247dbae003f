"""Which alerts are reported together."""

from __future__ import annotations

import pytest

from notifications.domain.grouping import group_of
from services.vocabulary import Scope, UnitLevel

LEVELS: dict[str, UnitLevel] = {"38": "province", "CT": "insurance_unit", "15142": "commune", "v": "village"}


@pytest.mark.parametrize(
    ("path", "group"),
    [
        (("38", "CT", "15142"), "unit:CT"),
        (("38", "CT", "15142", "v"), "unit:CT"),
        (("38", "CT"), "unit:CT"),
        (("38", "15142"), "unit:38"),
        (("38",), "unit:38"),
        (("15142",), "unit:15142"),
        (("NEW", "15142"), "unit:NEW"),
    ],
)
def test_an_alert_of_a_unit_is_of_the_insurance_unit_above_it_or_else_of_its_province(
    path: tuple[str, ...], group: str
) -> None:
    assert group_of(path, LEVELS, Scope(unit_code=path[-1]), "VNPOST") == group


@pytest.mark.parametrize(
    ("subject", "owner", "group"),
    [
        (Scope(organisation_code="CT"), "CT", "organisation:CT"),
        (Scope(organisation_code="CT"), None, "organisation:CT"),
        (Scope(collector_code="CT-07"), "CT", "organisation:CT"),
        (Scope(collector_code="CT-07"), None, "collector:CT-07"),
    ],
)
def test_an_alert_without_a_unit_is_of_its_organisation(subject: Scope, owner: str | None, group: str) -> None:
    assert group_of((), LEVELS, subject, owner) == group
