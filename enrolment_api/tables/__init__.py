"""The tables of the enrolment database."""

from typing import Final

from enrolment_api.tables import audit, cases, enrolments, people, registry
from enrolment_api.tables.base import Base
from services.persistence.schema import Schema

__all__ = ["SCHEMA", "audit", "cases", "enrolments", "people", "registry"]

SCHEMA: Final = Schema("enrolment", Base.metadata, revision="enrolment_0017", plans="by_index")
