"""Who may do what in the enrolment API."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Security

from enrolment_api.scopes import ENROLMENTS_READ, ENROLMENTS_REVIEW, ENROLMENTS_WRITE, PARTICIPANTS_READ, REGISTRY_WRITE
from services.context import Actor
from services.web.auth import authorize

RegistryWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[REGISTRY_WRITE])]
EnrolmentWriter: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ENROLMENTS_WRITE])]
RegistryReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ENROLMENTS_READ, REGISTRY_WRITE])]
EnrolmentReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ENROLMENTS_READ, ENROLMENTS_REVIEW])]
EnrolmentReviewer: TypeAlias = Annotated[Actor, Security(authorize, scopes=[ENROLMENTS_REVIEW])]
ParticipantReader: TypeAlias = Annotated[Actor, Security(authorize, scopes=[PARTICIPANTS_READ])]


def sees_participants(actor: Actor) -> bool:
    """Whether personal data is shown in clear."""
    return actor.may(PARTICIPANTS_READ)


def reads_own_of(actor: Actor) -> str | None:
    """The organisation of whose sign-ups alone the actor knows; None for whoever decides on those of all."""
    return actor.limited_to(unless=ENROLMENTS_REVIEW)


def sees_all_collectors(actor: Actor) -> bool:
    """Whoever keeps the registry sees the collectors of every organisation."""
    return actor.may(REGISTRY_WRITE)
