"""Signing secrets of routes at rest."""

from __future__ import annotations

import base64

import pytest

from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.webhook.secret import new_secret
from services.security.sealing import SecretLost

OLD, NEW = b"o" * 32, b"n" * 32
SEALED_BEFORE = "v1.AAECAwQFBgcICQoLVe6iSV79jGxO36iNf3LGZpy7xKyIsOY="
"""The secret `whsec_x` of the route `ops` under OLD, as versions stored it that named no key."""


def test_a_secret_survives_the_rotation_of_keys() -> None:
    sealed = SigningSecrets([OLD]).seal("whsec_x", "ops")
    assert SigningSecrets([NEW, OLD]).open(sealed, "ops") == "whsec_x"


@pytest.mark.parametrize("keys", [[OLD], [NEW, OLD]], ids=["its key", "a newer key first"])
def test_a_secret_of_the_version_before_is_opened(keys: list[bytes]) -> None:
    secrets = SigningSecrets(keys)
    assert secrets.open(SEALED_BEFORE, "ops") == "whsec_x"
    assert not secrets.is_current(SEALED_BEFORE)
    with pytest.raises(SecretLost, match="secret of others"):
        secrets.open(SEALED_BEFORE, "others")


def test_a_secret_is_lost_without_its_key() -> None:
    for sealed in (SigningSecrets([OLD]).seal("whsec_x", "ops"), SEALED_BEFORE):
        with pytest.raises(SecretLost, match="put the route anew"):
            SigningSecrets([NEW]).open(sealed, "ops")


def test_a_secret_is_of_no_use_to_another_route() -> None:
    secrets = SigningSecrets([OLD])
    with pytest.raises(SecretLost):
        secrets.open(secrets.seal("whsec_x", "ops"), "others")


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    secrets = SigningSecrets([OLD])
    assert secrets.seal("whsec_x", "ops") != secrets.seal("whsec_x", "ops")


def test_only_what_the_first_key_has_sealed_is_current() -> None:
    sealed = SigningSecrets([OLD]).seal("whsec_x", "ops")
    assert SigningSecrets([OLD, NEW]).is_current(sealed)
    assert not SigningSecrets([NEW, OLD]).is_current(sealed)


def test_a_new_secret_has_the_form_of_standard_webhooks() -> None:
    prefix, _, key = new_secret().partition("_")
    assert (prefix, len(base64.b64decode(key))) == ("whsec", 32)
