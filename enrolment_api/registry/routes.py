"""The registry over HTTP: idempotent PUTs, 201 when made, 200 when changed or the same."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Final, TypeAlias, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response

from enrolment_api.access import RegistryReader, RegistryWriter, sees_all_collectors
from enrolment_api.domain.registry import (
    Collector,
    Organisation,
    OrganisationInCircle,
    OrganisationTooDeep,
    ParentRequired,
    Unit,
    UnitHasLowerUnits,
    UnknownOrganisation,
    UnknownUnit,
    WrongParentLevel,
)
from enrolment_api.domain.stays import MoveBeforeLast, MoveInFuture, MoveWithoutDay
from enrolment_api.domain.succession import (
    UnitAlreadyEnded,
    UnitEnded,
    UnitInSuccession,
    WrongSuccessor,
    WrongValidity,
)
from enrolment_api.registry import queries, usecases
from enrolment_api.registry.file_import import answer_of, register_rows
from enrolment_api.registry.file_rows import COLUMNS, MOST_ROWS, read_rows
from enrolment_api.registry.schemas import (
    CollectorBody,
    CollectorView,
    FileAnswer,
    FileQuery,
    ImportAnswer,
    ImportBody,
    OrganisationBody,
    OrganisationView,
    StayView,
    SuccessionBody,
    UnitBody,
    UnitPage,
    UnitQuery,
    UnitView,
)
from enrolment_api.registry.usecases import Registered
from services.errors import DomainError, NotFound, accepted
from services.web.answers import refuses, refuses_items
from services.web.fields import Code
from services.web.lists import cut
from services.web.openapi import table_body_of
from services.web.problems import base_of
from services.web.strict_route import StrictRoute
from services.web.table_body import table_body
from services.web.transactions import act, read

router = APIRouter(prefix="/v1", tags=["registry"], route_class=StrictRoute)

UnitInPath: TypeAlias = Annotated[Code, Path(description="Code of the unit", examples=["15142"])]
OrganisationInPath: TypeAlias = Annotated[Code, Path(description="Code of the organisation", examples=["BD-CAM-THUY"])]
CollectorInPath: TypeAlias = Annotated[Code, Path(description="Code of the collector", examples=["CT-07"])]
E = TypeVar("E", Unit, Organisation, Collector)
FILE: Final = table_body_of(
    "RegistryFile",
    f"columns in any order: {', '.join(COLUMNS.names)}; `kind` is unit, organisation or collector",
    "kind,code,name,level,parent_code\r\nunit,15142-01,Thôn 1,village,15142\r\n",
)


class _NothingIsKept(Exception):
    pass


@router.put(
    "/units/{code}",
    responses={
        201: {"model": UnitView},
        **refuses(
            ParentRequired,
            UnknownUnit,
            WrongParentLevel,
            UnitHasLowerUnits,
            UnitEnded,
            UnitInSuccession,
            WrongValidity,
        ),
    },
)
async def put_unit(
    code: UnitInPath, body: UnitBody, _: RegistryWriter, request: Request, response: Response
) -> UnitView:
    """Register a unit, or change it."""
    async with act(request) as (work, context):
        unit = Unit(code, body.name, body.level, body.parent_code, body.valid_from)
        (outcome,) = await usecases.register_units(work, context, [unit])
        registered = _accepted(outcome, response)
    return UnitView(**asdict(registered.entry), version=registered.version)


@router.post(
    "/units/{code}/succession",
    responses={
        201: {"model": UnitView},
        **refuses(NotFound, UnitAlreadyEnded, UnknownUnit, WrongSuccessor, WrongValidity),
    },
)
async def end_unit(
    code: UnitInPath, body: SuccessionBody, _: RegistryWriter, request: Request, response: Response
) -> UnitView:
    """End a unit: from the day `on` its successors take its place. 200 where it has ended that way already."""
    async with act(request) as (work, context):
        ended = await usecases.end_unit(work, context, code, body.on, body.successors)
        response.status_code = 201 if ended.result == "made" else 200
    return UnitView(**asdict(ended.entry), version=ended.version)


@router.post("/units/import", responses={201: {"model": ImportAnswer}})
async def import_units(body: ImportBody, _: RegistryWriter, request: Request, response: Response) -> ImportAnswer:
    """Register a province and its communes by the official list. 201 where any of them is new."""
    async with act(request) as (work, context):
        outcomes = await usecases.import_units(work, context, body.province_code)
        results = Counter(accepted(outcome).result for outcome in outcomes)
    response.status_code = 201 if results["made"] else 200
    return ImportAnswer(
        province_code=body.province_code, made=results["made"], changed=results["changed"], same=results["same"]
    )


@router.post(
    "/registry/imports",
    responses={201: {"model": FileAnswer}, 207: {"model": FileAnswer, **refuses_items(MoveWithoutDay)}},
    openapi_extra=FILE,
)
async def import_file(
    _: RegistryWriter, wanted: Annotated[FileQuery, Query()], request: Request, response: Response
) -> FileAnswer:
    """Register the rows of a CSV or XLSX file, in whatever order; 207 where some were refused, 201 where any is new."""
    outcomes: dict[int, str | DomainError] = {}
    with suppress(_NothingIsKept):
        async with table_body(request, COLUMNS, MOST_ROWS) as rows:
            read = await read_rows(rows)
        async with act(request) as (work, context):
            outcomes = await register_rows(work, context, read)
            if wanted.dry_run:
                raise _NothingIsKept
    answer = answer_of(outcomes, base_of(request), dry_run=wanted.dry_run)
    response.status_code = 207 if answer.refused else 201 if answer.made and not answer.dry_run else 200
    return answer


@router.get("/units/{code}", responses=refuses(NotFound))
async def get_unit(code: UnitInPath, _: RegistryReader, request: Request) -> UnitView:
    """One unit."""
    async with read(request) as session:
        return UnitView.model_validate(await queries.find_unit(session, code))


@router.get("/units")
async def list_units(_: RegistryReader, wanted: Annotated[UnitQuery, Query()], request: Request) -> UnitPage:
    """Units in the order of their codes."""
    filters = queries.Filters(**wanted.model_dump(exclude={"limit"}))
    async with read(request) as session:
        page = cut(await queries.list_units(session, filters, wanted.limit + 1), wanted.limit, lambda unit: unit.code)
    return UnitPage(items=[UnitView.model_validate(row) for row in page.rows], next=page.next)


@router.put(
    "/organisations/{code}",
    responses={
        201: {"model": OrganisationView},
        **refuses(UnknownOrganisation, OrganisationInCircle, OrganisationTooDeep),
    },
)
async def put_organisation(
    code: OrganisationInPath, body: OrganisationBody, _: RegistryWriter, request: Request, response: Response
) -> OrganisationView:
    """Register an organisation, or change it."""
    async with act(request) as (work, context):
        organisation = Organisation(code, body.name, body.parent_code)
        (outcome,) = await usecases.register_organisations(work, context, [organisation])
        registered = _accepted(outcome, response)
    return OrganisationView(**asdict(registered.entry), version=registered.version)


@router.get("/organisations/{code}", responses=refuses(NotFound))
async def get_organisation(code: OrganisationInPath, _: RegistryReader, request: Request) -> OrganisationView:
    """One organisation."""
    async with read(request) as session:
        return OrganisationView.model_validate(await queries.find_organisation(session, code))


@router.put(
    "/collectors/{code}",
    responses={201: {"model": CollectorView}, **refuses(UnknownOrganisation, MoveBeforeLast, MoveInFuture)},
)
async def put_collector(
    code: CollectorInPath, body: CollectorBody, _: RegistryWriter, request: Request, response: Response
) -> CollectorView:
    """Register a collector, or change them: another organisation is a move, on the day `from`."""
    async with act(request) as (work, context):
        collector = Collector(code, body.name, body.organisation_code, body.from_on)
        (outcome,) = await usecases.register_collectors(work, context, [collector])
        registered = _accepted(outcome, response)
    return CollectorView(**asdict(registered.entry), version=registered.version)


@router.get("/collectors/{code}", responses=refuses(NotFound))
async def get_collector(code: CollectorInPath, actor: RegistryReader, request: Request) -> CollectorView:
    """A collector of the own organisation; the name is personal data. Whoever keeps the registry sees all."""
    organisation_code = None if sees_all_collectors(actor) else actor.organisation_code
    async with read(request) as session:
        row, stays = await queries.find_collector(session, code, organisation_code)
    return CollectorView(**row.model_dump(), stays=[StayView.model_validate(stay) for stay in stays])


def _accepted(outcome: Registered[E] | DomainError, response: Response) -> Registered[E]:
    registered = accepted(outcome)
    response.status_code = 201 if registered.result == "made" else 200
    return registered
