"""Quotes over HTTP, for whoever asks: no token is needed."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter

from enrolment_api.domain.known_codes import UnitTooLarge
from enrolment_api.domain.rates import NoRatesYet, Rates
from enrolment_api.domain.registry import UnknownUnit
from enrolment_api.domain.succession import UnitEnded, UnitNotYetValid
from enrolment_api.domain.terms import IncomeOutOfRange, UnknownSupportGroup, UnsupportedMonths
from enrolment_api.quotes.schemas import (
    QUOTE_EXAMPLES,
    HealthQuote,
    Quote,
    QuoteBody,
    QuoteQuery,
    VoluntaryQuote,
    view_of_quote,
)
from enrolment_api.quotes.usecases import WantedQuote, quote, units_of
from services.web.answers import refuses
from services.web.json_body import json_body, validated
from services.web.openapi import body_of
from services.web.strict_route import StrictRoute
from services.web.transactions import read, request_context

router = APIRouter(prefix="/v1/quotes", tags=["quotes"], route_class=StrictRoute)

_BODY: Final[TypeAdapter[HealthQuote | VoluntaryQuote]] = TypeAdapter(QuoteBody)
_OF_UNITS: Final = (UnknownUnit, UnitEnded, UnitNotYetValid, UnitTooLarge)
_REFUSES: Final = refuses(UnsupportedMonths, IncomeOutOfRange, UnknownSupportGroup, NoRatesYet, *_OF_UNITS)


@router.get("", responses=_REFUSES)
async def quote_person(wanted: Annotated[QuoteQuery, Query()], request: Request) -> Quote:
    """What one person would pay, line by line. Nothing is recorded."""
    return await _quoted(request, wanted.wanted(request_context(request).today))


@router.post("", responses=_REFUSES, openapi_extra=body_of(_BODY, examples=QUOTE_EXAMPLES))
async def quote_household(request: Request) -> Quote:
    """What each of those who join together would pay, line by line, and all of them. Nothing is recorded."""
    async with json_body(request) as raw:
        body = validated(raw, _BODY)
    return await _quoted(request, body.wanted(request_context(request).today))


async def _quoted(request: Request, wanted: WantedQuote) -> Quote:
    units: tuple[str, ...] = ()
    if wanted.unit_code:
        async with read(request) as session:
            units = await units_of(session, wanted, wanted.unit_code)
    rates: Rates = request.app.state.rates
    return view_of_quote(wanted.on, quote(wanted, units, rates))
