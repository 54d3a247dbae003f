"""Whatever a token says, it is one of a client or it is refused, with the reason, and costs no more than others."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jws

from services.context import Actor
from services.errors import Unauthenticated
from services.security import tokens as tokens_module
from services.security.claims import CLOCKS_DIFFER_SECONDS
from services.security.tokens import LONGEST_TOKEN, Tokens
from tests.support.cost import least_seconds

NOW = datetime(2025, 10, 25, 2, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
TOKENS = Tokens([b"first secret key".ljust(32, b".")])
HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": TOKENS._keys[0].kid}
CLAIMS: dict[str, Any] = {
    "iss": "drive",
    "aud": "drive",
    "sub": "CT",
    "client_id": "CT",
    "org": "CT",
    "scope": "progress:read",
    "iat": SECOND,
    "exp": SECOND + 3600,
    "jti": "1",
}


def signed(payload: bytes, header: dict[str, Any] = HEADER) -> str:
    """A token of this installation that says this."""
    return jws.serialize_compact(header, payload, TOKENS._keys[0], algorithms=["Ed25519"])


def saying(header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A good token but for these; what is `...` is left out."""
    said = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    return signed(json.dumps(said).encode(), {**HEADER, **(header or {})})


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+JWT"])
def test_the_type_is_that_of_access_tokens_in_any_case(kind: str) -> None:
    assert TOKENS.verify(saying({"typ": kind}), NOW).organisation_code == "CT"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["drive"]},
        {"aud": ["others", "drive"]},
        {"aud": [None, 1, "drive"]},
        {"nbf": SECOND},
        {"nbf": SECOND + CLOCKS_DIFFER_SECONDS},
        {"iat": SECOND + CLOCKS_DIFFER_SECONDS},
        {"iat": ...},
        {"exp": SECOND + 0.5},
        {"client_id": ..., "sub": "CT"},
        {"scope": ""},
        {"name": None},
        {"name": "Nguyễn Văn An"},
        {"org": "a" * 64},
        {"more": {"a": [1, None]}},
    ],
    ids=str,
)
def test_a_token_is_good_with(claims: dict[str, Any]) -> None:
    assert isinstance(TOKENS.verify(saying(**claims), NOW), Actor)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nbf": SECOND + CLOCKS_DIFFER_SECONDS + 1}, "not good yet"),
        ({"nbf": "soon"}, "claim nbf"),
        ({"iat": SECOND + CLOCKS_DIFFER_SECONDS + 1}, "not good yet"),
        ({"iat": []}, "claim iat"),
        ({"exp": SECOND}, "expired"),
        ({"exp": ...}, "claim exp"),
        ({"exp": None}, "claim exp"),
        ({"exp": True}, "claim exp"),
        ({"exp": str(SECOND + 9)}, "claim exp"),
        ({"exp": float("inf")}, "claim exp"),
        ({"exp": float("nan")}, "claim exp"),
        ({"exp": SECOND * 1000}, "claim exp"),
        ({"exp": 10**4000}, "claim exp"),
        ({"exp": {}}, "claim exp"),
        ({"aud": ["others"]}, "not for this service"),
        ({"aud": []}, "not for this service"),
        ({"aud": {"drive": 1}}, "not for this service"),
        ({"aud": ...}, "not for this service"),
        ({"aud": [["drive"]]}, "not for this service"),
        ({"iss": ["drive"]}, "another issuer"),
        ({"org": ["CT"]}, "claim org"),
        ({"org": None}, "claim org"),
        ({"org": ""}, "claim org"),
        ({"org": "a" * 65}, "claim org"),
        ({"org": "CT\u0000"}, "claim org"),
        ({"org": "CT\n"}, "claim org"),
        ({"org": 1}, "claim org"),
        ({"scope": ["progress:read"]}, "claim scope"),
        ({"scope": None}, "claim scope"),
        ({"scope": "a " * 1001}, "claim scope"),
        ({"client_id": 5}, "claim client_id"),
        ({"client_id": ..., "sub": ...}, "claim sub"),
        ({"sub": ["CT"], "client_id": None}, "claim sub"),
        ({"name": ["An"]}, "claim name"),
        ({"name": "An\u0000"}, "claim name"),
        ({"name": "\ud800"}, "claim name"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_token_is_refused_with_the_reason(claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unauthenticated, match=reason):
        TOKENS.verify(saying(**claims), NOW)


@pytest.mark.parametrize("kind", ["JWT", "", "at+jwt ", "application/at", None, 1, ["at+jwt"]], ids=repr)
def test_a_token_of_another_type_is_refused(kind: object) -> None:
    header = {name: value for name, value in {**HEADER, "typ": kind}.items() if value is not None}
    with pytest.raises(Unauthenticated, match="typ"):
        TOKENS.verify(_unchecked(header), NOW)


def _unchecked(header: dict[str, Any]) -> str:
    """A good token but for its header, which is signed whatever it says."""
    text = f"{_part(header)}.{_part(CLAIMS)}"
    key = TOKENS._keys[0].get_op_key("sign")
    assert isinstance(key, Ed25519PrivateKey)
    signature = key.sign(text.encode())
    return f"{text}.{_base64(signature)}"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"exp": 1e400}',
        b'{"exp": NaN}',
        b"[" * 6000,
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b"1" * 6000,
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_claims_that_are_no_json_object_are_refused(payload: bytes) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS.verify(signed(payload), NOW)


@pytest.mark.parametrize("text", ["a" * 1_000_000, "." * 1_000_000, "eyJ" * 300_000, "é" * LONGEST_TOKEN * 2])
def test_a_token_that_is_too_long_is_not_looked_at(text: str) -> None:
    def verify() -> None:
        with pytest.raises(Unauthenticated, match="too long"):
            TOKENS.verify(text, NOW)

    assert least_seconds(verify) < 0.01


def test_a_good_token_may_be_as_long_as_is_said_and_no_longer() -> None:
    room = LONGEST_TOKEN - len(saying(more=""))
    assert TOKENS.verify(saying(more="a" * (room * 3 // 4 - 3)), NOW)
    with pytest.raises(Unauthenticated, match="too long"):
        TOKENS.verify(saying(more="a" * room), NOW)


def test_a_token_that_was_remembered_is_still_refused_before_its_time_and_after() -> None:
    token = saying(nbf=SECOND + 100, exp=SECOND + 200)
    assert TOKENS.verify(token, NOW + timedelta(seconds=150))
    for seconds in (0, 200):
        with pytest.raises(Unauthenticated):
            TOKENS.verify(token, NOW + timedelta(seconds=seconds))


def test_what_is_remembered_of_tokens_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens_module, "REMEMBERED_BYTES", 100_000)
    tokens = Tokens([b"first secret key".ljust(32, b".")])
    for number in range(60):
        tokens.verify(saying(more="a" * 5000, jti=str(number)), NOW)
        assert sum(map(len, tokens._verified)) <= 100_000
    assert tokens._verified


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["drive", "CT", SECOND + 9]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["iss", "aud", "sub", "client_id", "org", "scope", "iat", "nbf", "exp", "name"]


@given(anything | st.dictionaries(st.sampled_from(NAMES), anything).map(lambda some: {**CLAIMS, **some}))
@example(CLAIMS)
def test_any_json_as_claims_is_a_client_or_refused(claims: Any) -> None:
    try:
        actor = TOKENS.verify(signed(json.dumps(claims).encode()), NOW)
    except Unauthenticated:
        return
    assert all(isinstance(text, str) and text for text in (actor.organisation_code, actor.subject, *actor.scopes))


@given(st.dictionaries(st.sampled_from([*HEADER, "crit", "b64", "jwk", "x5c", "jku", "zip"]), anything))
@example({"alg": "none"})
@example({"crit": ["exp"], "exp": 1})
def test_any_json_in_the_header_is_a_client_or_refused(header: dict[str, Any]) -> None:
    try:
        actor = TOKENS.verify(_unchecked({**HEADER, **header}), NOW)
    except Unauthenticated:
        return
    assert actor.organisation_code == "CT"


def _part(value: object) -> str:
    return _base64(json.dumps(value).encode())


def _base64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
