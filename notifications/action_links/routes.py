"""The page behind the link of a mail, over HTTP: GET shows it and changes nothing, POST takes its forms."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from notifications.action_links import queries
from notifications.action_links.forgery import FormProofs, cookie_name
from notifications.action_links.form import EMPTY, Form, WrongFields, parsed
from notifications.action_links.language import Shown, language_of
from notifications.action_links.page import HEADERS, Filled, alert_page, refusal_page
from notifications.action_links.usecases import Answering, answer
from notifications.channels.answer_links import AnswerLinks
from notifications.domain.answer_link import AnswerLink
from notifications.domain.route import Language
from services.errors import DomainError, Invalid
from services.runtime import AnyRuntime
from services.web.problems import status_of
from services.web.transactions import act, read, request_context

_LANGUAGE: Final = "lang"


class PageRoute(APIRoute):
    """Answers an error as a page for people. It takes any query, since what watches mails adds to links."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, in front of the page."""
        handle = super().get_route_handler()

        async def paged(request: Request) -> Response:
            try:
                return await handle(request)
            except DomainError as error:
                return _page(request, refusal_page(error, _language(request, None)), error)

        return paged


router = APIRouter(prefix="/a", route_class=PageRoute, include_in_schema=False)


@router.get("/{token}")
async def show_alert(token: str, request: Request) -> HTMLResponse:
    """The alert, and the forms by which it is answered."""
    return await _shown(request, token, _links(request).read(token, request_context(request).at))


@router.post("/{token}")
async def answer_alert(token: str, request: Request) -> Response:
    """Acknowledge the alert, or report on it; then the page is shown as it is by then."""
    link = _links(request).read(token, request_context(request).at)
    form = parsed(await request.body())
    try:
        _proofs(request).check(token, request.cookies.get(cookie_name(token)), form.typed("proof"))
        given = form.given()
        async with act(request) as (work, context):
            await answer(work, context, link, given, Answering(_links(request), _terms(request)))
    except WrongFields as wrong:
        return await _shown(request, token, link, form, wrong)
    except Invalid as error:
        return await _shown(request, token, link, form, WrongFields(form.mistakes_in(error.errors)))
    except DomainError as error:
        return await _shown(request, token, link, form, error)
    return Response(status_code=303, headers={**HEADERS, "Location": _again(request, token)})


async def _shown(
    request: Request, token: str, link: AnswerLink, form: Form = EMPTY, wrong: Exception | None = None
) -> HTMLResponse:
    """The page. Raises NoSuchLink, LinkRevoked."""
    async with read(request) as session:
        route = await queries.route_of_link(session, link, _links(request))
        found = await queries.find_answered(session, link)
    cookie = _proofs(request).cookie(request.cookies.get(cookie_name(token)))
    mistakes = wrong.mistakes if isinstance(wrong, WrongFields) else {}
    filled = Filled(_proofs(request).proof(token, cookie), request_context(request).today, form, mistakes)
    refused = wrong if isinstance(wrong, DomainError) else Invalid("fields are wrong") if wrong else None
    shown = alert_page(found, filled, _language(request, route.language), None if mistakes else refused)
    response = _page(request, shown, refused)
    response.set_cookie(
        cookie_name(token), cookie, path=None, secure=_is_secure(request), httponly=True, samesite="strict"
    )
    return response


def _page(request: Request, html: str, refused: DomainError | None) -> HTMLResponse:
    if refused is None:
        return HTMLResponse(html, 200, HEADERS)
    request.state.problem = refused.code  # for the log and the metrics
    after = {"Retry-After": str(refused.retry_after)} if refused.retry_after is not None else {}
    return HTMLResponse(html, status_of(refused), {**HEADERS, **after})


def _language(request: Request, route: Language | None) -> Shown:
    accepted = request.headers.get("accept-language", "")
    return language_of(request.query_params.get(_LANGUAGE), route, accepted)


def _again(request: Request, token: str) -> str:
    """Relative, since a proxy may have a path of its own before it."""
    asked = request.query_params.get(_LANGUAGE)
    return quote(token) + (f"?{_LANGUAGE}={asked}" if asked in ("vi", "en") else "")


def _is_secure(request: Request) -> bool:
    runtime: AnyRuntime = request.app.state.runtime
    return (runtime.settings.public_url or "").startswith("https:")


def _links(request: Request) -> AnswerLinks:
    links: AnswerLinks = request.app.state.answer_links
    return links


def _proofs(request: Request) -> FormProofs:
    proofs: FormProofs = request.app.state.form_proofs
    return proofs


def _terms(request: Request) -> Any:
    return request.app.state.runtime.settings.terms
