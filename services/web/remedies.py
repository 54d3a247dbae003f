"""How to correct a wrong field, in words of this project: none of pydantic's own reaches a caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.web.fields import PATTERN_REMEDIES

OWN_WORDS: Final = frozenset({"value_error", "form"})
"""Errors whose message this project wrote itself, where the check stands."""
UNKNOWN: Final = "this value does not have the form that is documented for this field"
REMEDIES: Final[Mapping[str, str]] = {
    "bool_parsing": "true or false is expected, without quotes",
    "bool_type": "true or false is expected, without quotes",
    "dict_type": "a JSON object is expected",
    "extra_forbidden": "there is no such field here: remove it",
    "finite_number": "a finite number is expected",
    "float_parsing": "a number is expected",
    "float_type": "a number is expected, without quotes",
    "greater_than": "a number greater than {gt} is expected",
    "greater_than_equal": "at least {ge} is expected",
    "int_from_float": "a whole number is expected, without quotes or decimals",
    "int_parsing": "a whole number is expected",
    "int_parsing_size": "this number has too many digits",
    "int_type": "a whole number is expected, without quotes or decimals",
    "json_invalid": "valid JSON is expected",
    "less_than": "a number less than {lt} is expected",
    "less_than_equal": "at most {le} is expected",
    "list_type": "a JSON array is expected",
    "literal_error": "one of these is expected: {expected}",
    "missing": "this field is required",
    "model_attributes_type": "a JSON object is expected",
    "model_type": "a JSON object is expected",
    "none_required": "null is expected",
    "string_pattern_mismatch": "this text does not have the form that is documented for this field",
    "string_too_long": "this text is too long: {max_length} characters at most are expected",
    "string_too_short": "this text is too short: {min_length} or more characters are expected",
    "string_type": "a text is expected, in quotes",
    "string_unicode": "this text is not valid Unicode: send it as UTF-8",
    "too_long": "a list of {max_length} at most is expected, not of {actual_length}",
    "too_short": "a list of {min_length} at least is expected, not of {actual_length}",
    "union_tag_invalid": "one of these is expected: {expected_tags}",
    "union_tag_not_found": "this field is required",
}
"""By pydantic's type of error."""


def remedy_of(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """How to correct a field, of pydantic's type of error, its message and what it says about the field."""
    if kind in OWN_WORDS:
        return message.removeprefix("Value error, ")
    remedy = PATTERN_REMEDIES.get(context.get("pattern", "")) or REMEDIES.get(kind, UNKNOWN)
    return remedy.format(**context)
