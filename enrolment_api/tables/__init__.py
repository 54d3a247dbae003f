"""The tables of the enrolment database."""

from typing import Final

from enrolment_api.tables import audit, enrolments, people, registry
from enrolment_api.tables.base import Base
from services.persistence.schema import Schema

__all__ = ["SCHEMA", "audit", "enrolments", "people", "registry"]

SCHEMA: Final = Schema("enrolment", Base.metadata, revision="enrolment_0013")
