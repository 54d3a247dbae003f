"""The tables of the enrolment database."""

from typing import Final

from enrolment_api.tables import audit, enrolments, registry
from enrolment_api.tables.base import Base
from services.persistence.schema import Schema

__all__ = ["SCHEMA", "audit", "enrolments", "registry"]

SCHEMA: Final = Schema("enrolment", Base.metadata, revision="enrolment_0011")
