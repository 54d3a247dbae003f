"""Tokens: issuer, purpose, expiry and scopes are checked."""

from __future__ import annotations

import base64
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from drive.hosting.services import known_scopes
from services.errors import Forbidden, Unauthenticated
from services.security.keys import load_secret_keys
from services.security.tokens import Tokens
from services.settings import Settings

NOW = datetime(2025, 10, 25, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND = b"first secret key".ljust(32, b"."), b"second secret key".ljust(32, b".")


def a_token(tokens: Tokens, *scopes: str) -> str:
    """A token of the post office of Cẩm Thủy."""
    return tokens.issue("CT", frozenset(scopes), NOW, HOUR)


def part(value: object) -> str:
    """A part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def parts_of(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Its header and claims."""
    header, claims, _ = (base64.urlsafe_b64decode(f"{p}==") for p in token.split("."))
    return json.loads(header), json.loads(claims)


def test_a_token_carries_its_organisation_and_its_scopes() -> None:
    tokens = Tokens([FIRST])
    principal = tokens.verify(a_token(tokens, "enrolments:write", "enrolments:read"), NOW)
    assert principal.organisation_code == "CT"
    assert principal.scopes == {"enrolments:write", "enrolments:read"}


def test_a_token_follows_the_profile_for_access_tokens() -> None:
    header, claims = parts_of(a_token(Tokens([FIRST]), "progress:read"))
    assert header["typ"] == "at+jwt"
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= claims.keys()


def test_a_token_says_which_person_acts_else_it_is_the_organisation_itself() -> None:
    tokens = Tokens([FIRST])
    person = tokens.issue("CT", frozenset(), NOW, HOUR, subject="hoa.le", name="Lê Thị Hoa")
    assert parts_of(person)[1].items() >= {"sub": "hoa.le", "name": "Lê Thị Hoa", "org": "CT"}.items()
    actor = tokens.verify(person, NOW)
    assert (actor.organisation_code, actor.subject, actor.name) == ("CT", "hoa.le", "Lê Thị Hoa")
    itself = tokens.verify(a_token(tokens), NOW)
    assert (itself.subject, itself.name) == ("CT", None)


def test_a_token_ends_when_its_time_is_over_though_it_was_seen_before() -> None:
    tokens = Tokens([FIRST])
    token = a_token(tokens, "progress:read")
    tokens.verify(token, NOW + HOUR - timedelta(seconds=1))
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="expired"):
            tokens.verify(token, NOW + HOUR)


def test_a_token_signed_by_others_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        Tokens([FIRST]).verify(a_token(Tokens([SECOND]), "admin"), NOW)


def test_while_keys_are_rotated_tokens_of_both_are_good_and_the_first_signs() -> None:
    old, new, both = Tokens([FIRST]), Tokens([SECOND]), Tokens([SECOND, FIRST])
    assert both.verify(a_token(old, "progress:read"), NOW).organisation_code == "CT"
    assert new.verify(a_token(both, "progress:read"), NOW).organisation_code == "CT"
    with pytest.raises(Unauthenticated):
        old.verify(a_token(both, "progress:read"), NOW)


def test_processes_with_the_same_secret_take_each_others_tokens() -> None:
    assert Tokens([FIRST]).verify(a_token(Tokens([FIRST]), "progress:read"), NOW)


def test_a_token_without_a_signature_is_refused() -> None:
    tokens = Tokens([FIRST])
    header, claims = parts_of(a_token(tokens, "progress:read"))
    for algorithm in ("none", "None", "HS256"):
        with pytest.raises(Unauthenticated):
            tokens.verify(f"{part(header | {'alg': algorithm})}.{part(claims)}.", NOW)


def test_a_token_that_was_changed_is_refused() -> None:
    tokens = Tokens([FIRST])
    header, claims = parts_of(token := a_token(tokens, "progress:read"))
    signature = token.rpartition(".")[2]
    with pytest.raises(Unauthenticated):
        tokens.verify(f"{part(header)}.{part(claims | {'scope': 'admin'})}.{signature}", NOW)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": "JWT"}, {}),
        ({}, {"iss": "somebody else"}),
        ({}, {"aud": "somebody else"}),
        ({}, {"org": None}),
        ({}, {"exp": "soon"}),
        ({}, {"scope": None}),
    ],
    ids=str,
)
def test_an_own_token_for_another_purpose_is_refused(header: dict[str, str], claims: dict[str, object]) -> None:
    tokens = Tokens([FIRST])
    good_header, good_claims = parts_of(a_token(tokens, "progress:read"))
    changed = {name: value for name, value in {**good_claims, **claims}.items() if value is not None}
    token = jwt.encode({**good_header, **header}, changed, tokens._keys[0], algorithms=["Ed25519"])
    with pytest.raises(Unauthenticated):
        tokens.verify(token, NOW)


def test_a_key_of_the_same_name_is_not_the_same_key() -> None:
    tokens = Tokens([FIRST])
    header, claims = parts_of(a_token(tokens, "progress:read"))
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    forged = jwt.encode(header, claims, OKPKey.import_key(pem), algorithms=["Ed25519"])
    with pytest.raises(Unauthenticated):
        tokens.verify(forged, NOW)


@given(st.text())
@example("")
@example("..")
@example("a.b.c")
@example("W10.W10.W10")
@example(f"{part([])}.{part([])}.")
@example(f"{part(1)}.{part(1)}.")
@example(f"{part({'alg': 'Ed25519', 'typ': 'at+jwt', 'kid': ['x']})}.{part({})}.AAAA")
@example(f"{part({'alg': ['Ed25519'], 'typ': 'at+jwt'})}.{part({})}.AAAA")
@example(f"{part({'alg': 'Ed25519', 'crit': 3})}.{part({})}.AAAA")
@example(f"{part({'alg': 'Ed25519', 'b64': False, 'crit': ['b64']})}.{part({})}.AAAA")
@example("é.é.é")
def test_whatever_is_no_token_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(Unauthenticated):
        Tokens([FIRST]).verify(text, NOW)


@pytest.mark.parametrize("scope", sorted(known_scopes() - {"admin"}))
def test_a_scope_grants_itself_alone_and_admin_grants_all(scope: str) -> None:
    tokens = Tokens([FIRST])
    principal = tokens.verify(a_token(tokens, scope), NOW)
    principal.require(scope)
    for other in known_scopes() - {scope}:
        with pytest.raises(Forbidden, match=other):
            principal.require(other)
    tokens.verify(a_token(tokens, "admin"), NOW).require(scope)


def test_keys_come_from_the_settings_the_first_one_signing() -> None:
    text = ",".join(base64.urlsafe_b64encode(key).decode() for key in (SECOND, FIRST))
    assert load_secret_keys(Settings(secret_keys=text)) == [SECOND, FIRST]


@pytest.mark.parametrize("text", ["c2hvcnQ", ",", "c2hvcnQ=," + "A" * 43])
def test_keys_that_are_too_short_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        load_secret_keys(Settings(secret_keys=text))


def test_a_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    [key] = load_secret_keys(settings)
    assert load_secret_keys(settings) == [key]
    assert len(key) >= 32
    assert stat.S_IMODE((tmp_path / "new" / "secret.keys").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret.keys"]
