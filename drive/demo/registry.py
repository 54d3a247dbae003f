"""What the agency registers before the drive begins."""

from __future__ import annotations

from drive.demo.places import COMMUNES, GRASSROOTS_UNIT, POST_OFFICE, POST_OFFICES, PROVINCE


def units() -> list[tuple[str, object]]:
    """The grassroots unit, its two communes and their villages: path and body of each PUT, in order."""
    top = {"name": "BHXH cơ sở Cẩm Thủy", "level": "insurance_unit", "parent_code": PROVINCE}
    units: list[tuple[str, object]] = [(f"/v1/units/{GRASSROOTS_UNIT}", top)]
    for commune in COMMUNES:
        body = {"name": f"Xã {commune.name}", "level": "commune", "parent_code": GRASSROOTS_UNIT}
        units.append((f"/v1/units/{commune.code}", body))
        for number, code in enumerate(commune.village_codes(), 1):
            village = {"name": f"Thôn {number}", "level": "village", "parent_code": commune.code}
            units.append((f"/v1/units/{code}", village))
    return units


def organisations_and_collectors() -> list[tuple[str, object]]:
    """The post offices and their collectors: path and body of each PUT, in order."""
    puts: list[tuple[str, object]] = [(f"/v1/organisations/{POST_OFFICE}", {"name": "Bưu điện tỉnh Thanh Hóa"})]
    for code, name in POST_OFFICES.items():
        puts.append((f"/v1/organisations/{code}", {"name": name, "parent_code": POST_OFFICE}))
    for commune in COMMUNES:
        for number, code in enumerate(commune.collector_codes(), 1):
            body = {"name": f"Nhân viên thu {number}", "organisation_code": commune.post_office}
            puts.append((f"/v1/collectors/{code}", body))
    return puts
