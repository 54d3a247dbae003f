"""What SQLAlchemy Core would hide."""

from typing import Final, NamedTuple

from sqlalchemy import text

from services.persistence.statements import Query


class OrganisationParent(NamedTuple):
    """An organisation and what it is part of."""

    code: str
    parent_code: str | None


ORGANISATIONS_ABOVE: Final = Query(
    OrganisationParent,
    text("""
        WITH RECURSIVE above AS (
            SELECT code, parent_code FROM organisations WHERE code = ANY(CAST(:codes AS text[]))
            UNION SELECT o.code, o.parent_code FROM organisations o JOIN above a ON o.code = a.parent_code
        )
        SELECT code, parent_code FROM above
    """),
)
"""These organisations, and all above them."""
