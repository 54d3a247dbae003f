"""What is sealed opens with its key, in its place, unchanged; and no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.security.sealing import SecretBox, SecretLost

OLD, NEW = b"o" * 32, b"n" * 32
PLACE = b"table|column|1"


@given(st.binary(max_size=500), st.binary(max_size=50))
def test_what_is_sealed_opens_with_any_present_key_and_shows_nothing(plain: bytes, place: bytes) -> None:
    sealed = SecretBox([OLD], "of a test").seal(plain, place)
    assert SecretBox([NEW, OLD], "of a test").open(sealed, place) == plain
    assert len(sealed) == len(plain) + 37
    assert len(plain) < 8 or plain not in sealed


@pytest.mark.parametrize(
    ("keys", "purpose", "place"),
    [([NEW], "of a test", PLACE), ([OLD], "of another", PLACE), ([OLD], "of a test", b"table|column|2")],
    ids=["another key", "another purpose", "another row"],
)
def test_it_is_lost_to_others(keys: list[bytes], purpose: str, place: bytes) -> None:
    sealed = SecretBox([OLD], "of a test").seal(b"plain", PLACE)
    with pytest.raises(SecretLost):
        SecretBox(keys, purpose).open(sealed, place)


def test_a_change_of_any_byte_is_noticed() -> None:
    box = SecretBox([OLD], "of a test")
    sealed = box.seal(b"plain", PLACE)
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(SecretLost):
            box.open(changed, PLACE)
    with pytest.raises(SecretLost):
        box.open(b"", PLACE)


def test_the_same_is_sealed_differently_each_time() -> None:
    box = SecretBox([OLD], "of a test")
    assert len({box.seal(b"plain", PLACE) for _ in range(100)}) == 100


def test_what_bears_the_first_key_is_current() -> None:
    sealed = SecretBox([OLD], "of a test").seal(b"plain", PLACE)
    assert SecretBox([OLD, NEW], "of a test").is_current(sealed)
    assert not SecretBox([NEW, OLD], "of a test").is_current(sealed)
