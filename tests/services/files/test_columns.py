"""Which rows records of JSON have in a table."""

from __future__ import annotations

from services.files.columns import Column, Shape

NAME = Column("name", "text", ("name",))
UNIT = Column("unit_code", "text", ("unit", "code"))
VALUE = Column("targets_value", "number", ("value",))


def test_a_field_within_an_object_is_a_column() -> None:
    shape = Shape([NAME, UNIT])
    assert list(shape.rows({"name": "Q4", "unit": {"code": "38"}})) == [["Q4", "38"]]
    assert list(shape.rows({"name": None, "unit": None})) == [[None, None]]
    assert list(shape.rows({})) == [[None, None]]


def test_a_list_of_values_is_one_text_and_what_has_no_form_is_json() -> None:
    shape = Shape([NAME])
    for value, cell in ((["a", 1], "a; 1"), ([], None), ({"a": [1]}, '{"a":[1]}'), ([[1]], "[[1]]"), (False, False)):
        assert list(shape.rows({"name": value})) == [[cell]]


def test_a_record_has_a_row_for_each_object_in_its_list_and_one_where_it_is_empty() -> None:
    shape = Shape([NAME], "targets", [VALUE])
    assert [column.name for column in shape.all_columns] == ["name", "targets_no", "targets_value"]
    assert list(shape.rows({"name": "A", "targets": [{"value": 7}, {"value": 9}]})) == [["A", 1, 7], ["A", 2, 9]]
    assert list(shape.rows({"name": "B", "targets": []})) == [["B", 0, None]]


def test_records_within_records_have_their_depth_and_what_they_are_part_of() -> None:
    shape = Shape([NAME], inner="shares")
    leaf = {"name": "C", "shares": []}
    tree = {"name": "A", "shares": [{"name": "B", "shares": [leaf]}, {"name": "D", "shares": []}]}
    assert [column.name for column in shape.all_columns] == ["depth", "part_of", "name"]
    assert list(shape.rows(tree)) == [[0, None, "A"], [1, "A", "B"], [2, "B", "C"], [1, "A", "D"]]
