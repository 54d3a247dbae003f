"""Webhook secrets at rest."""

from __future__ import annotations

import base64

import pytest

from notifications.channels.webhook.secret import new_secret
from services.security.sealing import SecretBox, SecretLost

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_secret_survives_the_rotation_of_keys() -> None:
    sealed = SecretBox([OLD]).seal("whsec_x", "ops")
    assert SecretBox([NEW, OLD]).open(sealed, "ops") == "whsec_x"


def test_a_secret_is_lost_without_its_key() -> None:
    with pytest.raises(SecretLost):
        SecretBox([NEW]).open(SecretBox([OLD]).seal("whsec_x", "ops"), "ops")


def test_a_secret_is_of_no_use_to_another_route() -> None:
    box = SecretBox([OLD])
    with pytest.raises(SecretLost):
        box.open(box.seal("whsec_x", "ops"), "others")


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    box = SecretBox([OLD])
    assert box.seal("whsec_x", "ops") != box.seal("whsec_x", "ops")


def test_a_new_secret_has_the_form_of_standard_webhooks() -> None:
    prefix, _, key = new_secret().partition("_")
    assert (prefix, len(base64.b64decode(key))) == ("whsec", 32)
