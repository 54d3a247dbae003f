"""What a link does not allow: to whoever changes it, follows it without a person, or puts its page into another."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import OctKey

from services.security.keys import derived_key, load_secret_keys
from tests.notifications.action_links.steps import (
    ADDRESS,
    Answered,
    Page,
    a_link,
    a_visitor,
)
from tests.notifications.handling.steps import Handled
from tests.notifications.service import MakeService, an_episode

UNCHANGED = [("raised", 1)]
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


def changed(link: str, part: int, **claims: Any) -> str:
    """The link with another header (0) or other claims (1), under the signature that it had."""
    parts = link.removeprefix("/a/").split(".")
    given = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    parts[part] = base64.urlsafe_b64encode(json.dumps(given | claims).encode()).decode().rstrip("=")
    return "/a/" + ".".join(parts)


def signed_otherwise(alert: Answered, purpose: str, header: dict[str, Any], **claims: Any) -> str:
    """A token that says the same, made with the service's keys for another purpose."""
    given = json.loads(base64.urlsafe_b64decode(alert.visitor.link.split(".")[1] + "=="))
    [secret] = load_secret_keys(alert.service.runtime.settings)
    key = OctKey.import_key(derived_key(secret, purpose))
    return "/a/" + jwt.encode({"alg": "HS256"} | header, given | claims, key, algorithms=["HS256"])


async def refused(alert: Answered, link: str, status: int, title: str) -> None:
    """Neither GET nor POST takes the link, and the page says why."""
    page = await alert.visitor.open()
    for answer in (
        await alert.visitor.client.get(link),
        await alert.visitor.client.post(link, data=page.forms["report"].values),
    ):
        assert (answer.status_code, title in answer.text) == (status, True)
        assert Page(answer.text).forms == {}
    assert await alert.timeline() == UNCHANGED


async def test_a_token_that_was_changed_is_no_link(alert: Answered) -> None:
    other = await Handled(alert.service).begin(an_episode())
    link = alert.visitor.link
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"drive-answer+jwt"}').decode().rstrip("=")
    forged = [
        changed(link, 1, sub=other.id),
        changed(link, 1, exp=4_000_000_000),
        changed(link, 1, route="another"),
        changed(link, 0, alg="none"),
        f"/a/{none}.{link.split('.')[1]}.",
        link[:-4] + "AAAA",
        link.rsplit(".", 1)[0],
        "/a/x",
        "/a/" + "x" * 5000,
        "/a/%F0%9F%98%80",
        "/a/..%00",
    ]
    for each in forged:
        await refused(alert, each, 404, "Không có liên kết này")
    assert (await other.shown())["status"] == "open"


async def test_a_token_for_another_purpose_is_no_link_and_a_link_is_no_access_token(alert: Answered) -> None:
    service, link = alert.service, alert.visitor.link
    access = service.runtime.tokens.issue("OPS", frozenset({"alerts:write"}), service.clock.now(), timedelta(days=1))
    await refused(alert, f"/a/{access}", 404, "Không có liên kết này")
    header = {"typ": "drive-answer+jwt"}
    for other in (
        signed_otherwise(alert, "drive webhook secrets", header),
        signed_otherwise(alert, "drive answer links", {"typ": "at+jwt"}),
        signed_otherwise(alert, "drive answer links", header, aud="drive-unsubscribe"),
        signed_otherwise(alert, "drive answer links", header, sub="1"),
        signed_otherwise(alert, "drive answer links", header, to=1),
        signed_otherwise(alert, "drive answer links", header, exp="soon"),
        signed_otherwise(alert, "drive answer links", header, exp=10**30),
    ):
        await refused(alert, other, 404, "Không có liên kết này")
    assert (await alert.visitor.client.get(signed_otherwise(alert, "drive answer links", header))).status_code == 200
    headers = {"Authorization": f"Bearer {link.removeprefix('/a/')}"}
    assert (await alert.visitor.client.get(f"/v1/alerts/{alert.id}", headers=headers)).status_code == 401


async def test_a_link_is_over_after_its_time(alert: Answered) -> None:
    link = a_link(alert.service, alert.id, ends_at=alert.service.clock.now() + timedelta(seconds=1))
    assert (await alert.visitor.client.get(link)).status_code == 200
    alert.service.advance(seconds=2)
    await refused(alert, link, 404, "Liên kết đã hết hạn")


async def test_a_link_is_revoked_with_its_route_or_the_address_of_that(alert: Answered) -> None:
    service = alert.service
    client, link = alert.visitor.client, alert.visitor.link
    form = (await alert.visitor.open()).forms["report"].values
    await service.put_route("ops", "others@buudien.example", min_severity="warning")
    for answer in (await client.get(link), await client.post(link, data=form)):
        assert (answer.status_code, "Liên kết không còn hiệu lực" in answer.text) == (404, True)
    await service.put_route("ops", ADDRESS, min_severity="critical")
    assert (await alert.visitor.open()).forms
    assert (await service.client.delete("/v1/routes/ops")).status_code == 204
    assert (await alert.visitor.client.get(alert.visitor.link)).status_code == 404
    assert await alert.timeline() == UNCHANGED


async def test_links_outlive_a_rotation_of_keys_while_the_old_key_is_there(make_service: MakeService) -> None:
    old, new = b"o" * 32, b"n" * 32
    texts = [base64.urlsafe_b64encode(each).decode() for each in (new, old)]
    service = await make_service(public_url="http://test", secret_keys=",".join(texts))
    await service.put_route("ops", ADDRESS, min_severity="warning")
    alert = await Handled(service).begin()
    statuses = {}
    for name, key in {"old": old, "new": new, "other": b"x" * 32}.items():
        async with a_visitor(service, a_link(service, alert.id, keys=[key])) as visitor:
            statuses[name] = (await visitor.client.get(visitor.link)).status_code
    assert statuses == {"old": 200, "new": 200, "other": 404}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_whatever_follows_links_changes_nothing(alert: Answered, method: str) -> None:
    for query in ("", "?do=acknowledge&name=Scanner&version=1", "?utm_source=mail&lang=xx"):
        answer = await alert.visitor.client.request(method, alert.visitor.link + query)
        assert answer.status_code == (405 if method == "OPTIONS" else 200)
    assert await alert.timeline() == UNCHANGED


async def test_a_form_that_comes_without_the_cookie_of_its_page_is_refused(alert: Answered) -> None:
    page = await alert.visitor.open()
    async with a_visitor(alert.service, alert.visitor.link) as scanner:
        answer = await scanner.refused(page, "acknowledge", 403, name="Scanner")
        assert "phải giữ cookie" in answer.text
        assert answer.forms["acknowledge"].values["name"] == "Scanner"
        await scanner.refused(page, "acknowledge", 403, name="Scanner")  # with a cookie, of another form
    await alert.visitor.refused(page, "acknowledge", 403, name="A", proof="")
    await alert.visitor.refused(page, "acknowledge", 403, name="A", proof="é")
    assert await alert.timeline() == UNCHANGED


async def test_the_form_of_one_link_is_not_taken_by_another(alert: Answered) -> None:
    other = await Handled(alert.service).begin(an_episode())
    page = await alert.visitor.open()
    cookie = next(iter(alert.visitor.client.cookies.values()))
    link = a_link(alert.service, other.id)
    alert.visitor.link = link
    await alert.visitor.open()
    name = next(each for each in alert.visitor.client.cookies if alert.visitor.client.cookies[each] != cookie)
    alert.visitor.client.cookies.set(name, cookie)
    await alert.visitor.refused(page, "acknowledge", 403, name="A")


async def test_what_is_sent_is_no_form_of_the_page(alert: Answered) -> None:
    await alert.visitor.open()
    for body in (b"\xff\xfe", b"do=report&name=%ff", b"&".join([b"cause=%d" % n for n in range(1_100)])):
        answer = await alert.visitor.client.post(alert.visitor.link, content=body)
        assert answer.status_code == 400
    answer = await alert.visitor.client.post(alert.visitor.link, json={"do": "acknowledge"})
    assert answer.status_code == 403
    assert await alert.timeline() == UNCHANGED


async def test_the_cookie_goes_to_no_other_site_and_no_script(make_service: MakeService) -> None:
    for public_url, secure in (("http://test", False), ("https://test", True)):
        service = await make_service(public_url=public_url)
        await service.put_route("ops", ADDRESS, min_severity="warning")
        alert = await Handled(service).begin()
        async with a_visitor(service, a_link(service, alert.id)) as visitor:
            [cookie] = (await visitor.client.get(visitor.link)).headers.get_list("set-cookie")
        assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
        assert ("Secure" in cookie.split("; ")) is secure
        assert visitor.link.removeprefix("/a/") not in cookie


def headers_of(answer: httpx.Response) -> dict[str, str]:
    """Those that a browser obeys."""
    names = ("x-frame-options", "cache-control", "referrer-policy", "x-robots-tag", "x-content-type-options")
    return {name: answer.headers[name] for name in names}


async def test_no_answer_may_be_framed_kept_found_or_named_elsewhere(alert: Answered) -> None:
    page = await alert.visitor.open()
    answers = [
        await alert.visitor.client.get(alert.visitor.link),
        await alert.visitor.client.get("/a/x"),
        await alert.visitor.post(page, "acknowledge", name=""),
        await alert.visitor.post(page, "acknowledge", name="A"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 422, 303]
    for answer in answers:
        assert headers_of(answer) == {
            "x-frame-options": "DENY",
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-robots-tag": "noindex, nofollow",
            "x-content-type-options": "nosniff",
        }
        policy = answer.headers["content-security-policy"]
        assert {"default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(
            policy.split("; ")
        )
        assert "unsafe" not in policy
    assert ("meta", {"name": "robots", "content": "noindex, nofollow"}) in page.tags


async def test_markup_in_names_and_notes_is_shown_as_it_is(make_service: MakeService) -> None:
    service = await make_service(public_url="http://test")
    await service.put_route("ops", ADDRESS, min_severity="warning")
    answer = await service.client.put("/v1/causes/local", json={"name": {"vi": MARKUP, "en": "x"}})
    assert answer.status_code == 201
    alert = Answered(service)
    await alert.begin(an_episode(unit_name=MARKUP, name=MARKUP))
    async with a_visitor(service, a_link(service, alert.id)) as visitor:
        page = await visitor.open()
        typed = alert.report_form(name=MARKUP, note__cost=MARKUP, what__1=MARKUP, who__1="")
        wrong = await visitor.refused(page, "report", 422, **typed)
        after = await visitor.sent(page, "report", **typed | {"who__1": MARKUP})
    for each in (page, wrong, after):
        assert MARKUP in each.text
        assert {tag for tag, _ in each.tags} & {"script", "img"} == set()
        assert not any(name.startswith("on") for _, attributes in each.tags for name in attributes)
    assert wrong.forms["report"].values["what-1"] == MARKUP


async def test_inputs_are_as_long_as_they_may_be_and_no_longer(alert: Answered) -> None:
    page = await alert.visitor.open()
    longest = alert.report_form(name="ă" * 200, what__1="ă" * 1000, who__1="ă" * 200, note__cost="ă" * 1000)
    page = await alert.visitor.sent(page, "report", **longest)
    too_long = alert.report_form(name="ă" * 401, what__1="ă" * 1001, who__1="ă" * 201, note__cost="ă" * 1001)
    wrong = await alert.visitor.refused(page, "report", 422, **too_long)
    assert wrong.text.count("quá dài, hãy viết ngắn hơn") == 2 * 4
    lengths = {a["name"]: a["maxlength"] for tag, a in page.tags if tag == "input" and "maxlength" in a}
    assert (lengths["name"], lengths["what-1"], lengths["who-1"], lengths["note-cost"]) == (
        "200",
        "1000",
        "200",
        "1000",
    )


async def test_a_token_is_in_no_log_line_and_no_answer_points_elsewhere(alert: Answered) -> None:
    token = alert.visitor.link.removeprefix("/a/")
    with structlog.testing.capture_logs() as lines:
        page = await alert.visitor.open()
        await alert.visitor.post(page, "acknowledge", name="")
        await alert.visitor.post(page, "acknowledge", name="A")
        await alert.visitor.client.get(alert.visitor.link[:-4] + "AAAA")
        await alert.visitor.client.put(alert.visitor.link)
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/a/{token}"] * 5
    assert [line for line in lines if token[:60] in str(line)] == []
    metrics = (await alert.visitor.client.get("/metrics")).text
    assert "/a/{token}" in metrics
    assert token[:60] not in metrics
    assert token not in page.html
    targets = {a.get(name) for _, a in page.tags for name in ("href", "src", "action") if a.get(name)}
    assert targets == {"?lang=en"}


async def test_the_documents_for_partners_leave_the_page_out(alert: Answered) -> None:
    document = (await alert.visitor.client.get("/openapi.json")).json()
    assert not [path for path in document["paths"] if path.startswith("/a")]
