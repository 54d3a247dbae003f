"""Nothing is shown of a person but by the module that notes it in the audit trail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ONLY_HERE = {
    "view_of": {"enrolment_api/enrolments/disclosure.py"},
    "view_of_case": {"enrolment_api/cases/disclosure.py"},
    "person_view": {"enrolment_api/enrolments/enrolment_view.py", "enrolment_api/cases/schemas.py"},
    "sees_participants": {"enrolment_api/enrolments/disclosure.py", "enrolment_api/cases/disclosure.py"},
}
"""What makes a view of a person or decides how much it shows → the modules that may import it."""


def imports_of(name: str, source: str) -> Iterator[int]:
    """The lines on which it is imported from the module that has it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("enrolment_api."):
            yield from (node.lineno for each in node.names if each.name == name)


@pytest.mark.parametrize("name", ONLY_HERE)
def test_only_the_modules_that_note_it_make_views_of_people(name: str) -> None:
    files = (ROOT / "enrolment_api").rglob("*.py")
    users = {str(file.relative_to(ROOT)) for file in files if [*imports_of(name, file.read_text())]}
    assert users == ONLY_HERE[name]


def test_an_import_is_found_where_it_is() -> None:
    assert [*imports_of("view_of", "from enrolment_api.enrolments.enrolment_view import EnrolmentView, view_of")] == [1]
    assert [*imports_of("view_of", "from services.web import view_of\nfrom enrolment_api.x import overview_of")] == []
