"""Which level may be under which, and the official list."""

from __future__ import annotations

import pytest

from enrolment_api.domain.registry import (
    LEVELS,
    Collector,
    Organisation,
    OrganisationInCircle,
    ParentRequired,
    Unit,
    UnitHasLowerUnits,
    UnknownOrganisation,
    UnknownUnit,
    WrongParentLevel,
    check_collector,
    check_organisation,
    check_unit,
)
from enrolment_api.registry.official import official_units
from services.errors import Invalid
from services.vocabulary import UnitLevel


def _placed(code: str, level: UnitLevel) -> Unit:
    return Unit(code, code.upper(), level, None)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("parent", LEVELS)
def test_parent_is_of_a_higher_level(level: UnitLevel, parent: UnitLevel) -> None:
    unit = Unit("u", "U", level, "p")
    if LEVELS.index(parent) < LEVELS.index(level):
        check_unit(unit, {"p": _placed("p", parent)}, None)
    else:
        with pytest.raises(WrongParentLevel):
            check_unit(unit, {"p": _placed("p", parent)}, None)


def test_parent_must_exist() -> None:
    with pytest.raises(UnknownUnit) as raised:
        check_unit(Unit("u", "U", "village", "p"), {}, None)
    assert raised.value.errors[0].pointer == "/parent_code"


@pytest.mark.parametrize("level_so_far", LEVELS)
def test_unit_cannot_lie_below_itself(level_so_far: UnitLevel) -> None:
    with pytest.raises(WrongParentLevel):
        check_unit(Unit("u", "U", "village", "u"), {"u": _placed("u", level_so_far)}, None)


def test_unit_stays_above_those_below_it() -> None:
    with pytest.raises(UnitHasLowerUnits):
        check_unit(Unit("u", "U", "village", "c"), {"c": _placed("c", "commune")}, "village")


@pytest.mark.parametrize("level", ["insurance_unit", "commune", "village"])
def test_a_unit_but_a_province_needs_a_parent(level: UnitLevel) -> None:
    with pytest.raises(ParentRequired, match=level):
        check_unit(Unit("u", "U", level, None), {}, None)
    check_unit(Unit("38", "Thanh Hóa", "province", None), {}, None)


def test_organisation_cannot_lie_below_itself() -> None:
    with pytest.raises(OrganisationInCircle):
        check_organisation(Organisation("a", "A", "c"), {"a": None, "b": "a", "c": "b"})
    with pytest.raises(OrganisationInCircle):
        check_organisation(Organisation("a", "A", "a"), {})


def test_organisation_and_collector_need_one_that_exists() -> None:
    with pytest.raises(UnknownOrganisation):
        check_organisation(Organisation("a", "A", "b"), {})
    with pytest.raises(UnknownOrganisation):
        check_collector(Collector("c", "C", "b"), frozenset({"a"}))


def test_official_list_has_thanh_hoa_and_its_communes_under_their_full_names() -> None:
    province, *communes = official_units("38")
    assert province == Unit("38", "Tỉnh Thanh Hóa", "province", None)
    assert Unit("15142", "Xã Cẩm Thạch", "commune", "38") in communes
    assert len(communes) == 166


def test_official_codes_keep_their_zeros_and_names_their_type_once() -> None:
    province, *communes = official_units("01")
    assert province.name == "Thành phố Hà Nội"
    assert Unit("00004", "Phường Ba Đình", "commune", "01") in communes
    assert all(commune.name.count("Phường ") + commune.name.count("Xã ") == 1 for commune in communes)


@pytest.mark.parametrize("code", ["00", "1", "999", "ab"])
def test_province_that_does_not_exist_is_refused(code: str) -> None:
    with pytest.raises(Invalid, match="two digits"):
        official_units(code)
