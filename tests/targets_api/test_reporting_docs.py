"""Each column of the views for reports is described in docs/reporting.md, by the words that the database has of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.targets_api.builders import TargetsService

REPORTING: Final = (Path(__file__).parents[2] / "docs" / "reporting.md").read_text()
COLUMNS: Final = """
    SELECT c.relname AS view, a.attname AS name, col_description(c.oid, a.attnum) AS said, obj_description(c.oid) AS of
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'reporting'::regnamespace AND c.relkind = 'v' ORDER BY c.oid, a.attnum
"""
"""Columns in the order of their views."""
SECRET: Final = re.compile(r"personal|full_name|phone|born|insurance_code|collector|subject|enrolment_id")


def documented() -> list[tuple[str, str, str]]:
    """View, column, and what is said of it."""
    found = []
    for section in re.split(r"^### reporting\.", REPORTING, flags=re.MULTILINE)[1:]:
        view = section.partition("\n")[0]
        found += [(view, name, said) for name, said in re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)]
    return found


async def test_the_docs_list_each_column_as_the_database_describes_it(service: TargetsService) -> None:
    rows = await service.rows(COLUMNS)
    assert [(row.view, row.name, row.said) for row in rows] == documented()
    assert all(row.of in REPORTING for row in rows)


async def test_no_view_has_a_column_about_a_person(service: TargetsService) -> None:
    assert [row.name for row in await service.rows(COLUMNS) if SECRET.search(row.name)] == []
