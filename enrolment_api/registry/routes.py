"""The registry over HTTP: idempotent PUTs, 201 when made, 200 when changed or the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response

from enrolment_api.domain.registry import Collector, Organisation, Unit
from enrolment_api.registry import queries as reads
from enrolment_api.registry.schemas import (
    CODE,
    CollectorBody,
    CollectorView,
    ImportAnswer,
    ImportBody,
    OrganisationBody,
    OrganisationView,
    UnitBody,
    UnitPage,
    UnitQuery,
    UnitView,
)
from enrolment_api.registry.usecases import Registered, RegistryDesk
from services.errors import DomainError
from services.persistence.database import Database
from services.security.tokens import Principal
from services.web.auth import requires

CodeInPath = Annotated[str, Path(pattern=CODE, max_length=64)]
Writer = Annotated[Principal, requires("registry:write")]
Reader = Annotated[Principal, requires("enrolments:read")]

E = TypeVar("E", Unit, Organisation, Collector)


def registry_routes(database: Database, desk: RegistryDesk) -> APIRouter:
    """Routes of units, organisations and collectors."""
    router = APIRouter(prefix="/v1", tags=["registry"])
    _unit_routes(router, database, desk)
    _organisation_routes(router, database, desk)
    _collector_routes(router, database, desk)
    return router


def _unit_routes(router: APIRouter, database: Database, desk: RegistryDesk) -> None:
    @router.put("/units/{code}", responses={201: {"model": UnitView}})
    async def put_unit(code: CodeInPath, body: UnitBody, _: Writer, request: Request, response: Response) -> UnitView:
        """Register a unit, or change it."""
        unit = Unit(code, body.name, body.level, body.parent_code)
        (outcome,) = await desk.register_units([unit], request.state.request_id)
        return UnitView(**asdict(unit), version=_answer(outcome, response).version)

    @router.post("/units/import", responses={201: {"model": ImportAnswer}})
    async def import_units(body: ImportBody, _: Writer, request: Request, response: Response) -> ImportAnswer:
        """Register a province and its communes by the official list. 201 where any of them is new."""
        outcomes = await desk.import_units(body.province_code, request.state.request_id)
        changes = Counter(_or_raise(outcome).change for outcome in outcomes)
        response.status_code = 201 if changes["made"] else 200
        return ImportAnswer(
            province_code=body.province_code, made=changes["made"], changed=changes["changed"], same=changes["same"]
        )

    @router.get("/units/{code}")
    async def get_unit(code: CodeInPath, _: Reader) -> UnitView:
        """One unit."""
        return UnitView.model_validate(await reads.find_unit(database, code))

    @router.get("/units")
    async def get_units(_: Reader, wanted: Annotated[UnitQuery, Query()]) -> UnitPage:
        """Units in the order of their codes."""
        filters = wanted.model_dump(exclude={"limit"})
        found = await reads.list_units(database, **filters, limit=wanted.limit + 1)
        items = [UnitView.model_validate(row) for row in found[: wanted.limit]]
        return UnitPage(items=items, next=items[-1].code if len(found) > wanted.limit else None)


def _organisation_routes(router: APIRouter, database: Database, desk: RegistryDesk) -> None:
    @router.put("/organisations/{code}", responses={201: {"model": OrganisationView}})
    async def put_organisation(
        code: CodeInPath, body: OrganisationBody, _: Writer, request: Request, response: Response
    ) -> OrganisationView:
        """Register an organisation, or change it."""
        organisation = Organisation(code, body.name, body.parent_code)
        (outcome,) = await desk.register_organisations([organisation], request.state.request_id)
        return OrganisationView(**asdict(organisation), version=_answer(outcome, response).version)

    @router.get("/organisations/{code}")
    async def get_organisation(code: CodeInPath, _: Reader) -> OrganisationView:
        """One organisation."""
        return OrganisationView.model_validate(await reads.find_organisation(database, code))


def _collector_routes(router: APIRouter, database: Database, desk: RegistryDesk) -> None:
    @router.put("/collectors/{code}", responses={201: {"model": CollectorView}})
    async def put_collector(
        code: CodeInPath, body: CollectorBody, _: Writer, request: Request, response: Response
    ) -> CollectorView:
        """Register a collector, or change them."""
        collector = Collector(code, body.name, body.organisation_code)
        (outcome,) = await desk.register_collectors([collector], request.state.request_id)
        return CollectorView(**asdict(collector), version=_answer(outcome, response).version)

    @router.get("/collectors/{code}")
    async def get_collector(code: CodeInPath, principal: Reader) -> CollectorView:
        """A collector of the own organisation; the name is personal data. Who keeps the registry sees all."""
        sees_all = principal.scopes & {"registry:write", "admin"}
        row = await reads.find_collector(database, code, None if sees_all else principal.organisation_code)
        return CollectorView.model_validate(row)


def _answer(outcome: Registered[E] | DomainError, response: Response) -> Registered[E]:
    registered = _or_raise(outcome)
    response.status_code = 201 if registered.change == "made" else 200
    return registered


def _or_raise(outcome: Registered[E] | DomainError) -> Registered[E]:
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome
