"""Checksums of facts: one for each sign-up, and sums that do not know order or batches."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.checksums import MODULUS, checksum_of, checksums_of
from services.contracts.identities import pace_event_id, registry_event_id

ID = UUID("019a1a2b-3c4d-7e5f-8a9b-000000000001")


@dataclass(frozen=True)
class Facts:
    """What a listener keeps of a sign-up."""

    enrolment_id: UUID = ID
    unit_code: str = "15142"
    organisation_code: str = "CT"
    collector_code: str = "CT-07"
    scheme: str = "household_health"
    kind: str = "new"
    signed_on: date = date(2025, 10, 25)
    covered_from: date = date(2025, 11, 24)
    covered_to: date = date(2026, 11, 23)
    cancelled: bool = False


codes = st.text(max_size=8)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
facts = st.builds(
    Facts,
    st.uuids(),
    codes,
    codes,
    codes,
    st.sampled_from(["a", "b"]),
    st.sampled_from(["new", "renewal"]),
    days,
    days,
    st.booleans(),
)


@given(st.lists(facts, max_size=30), st.randoms(use_true_random=False), st.integers(1, 10))
def test_the_sum_is_the_same_in_any_order_and_in_any_split_into_batches(
    sign_ups: list[Facts], random: object, size: int
) -> None:
    shuffled = list(sign_ups)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    batches = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
    of_batches = sum(sum(map(checksum_of, batch)) % MODULUS for batch in batches) % MODULUS
    assert of_batches == sum(map(checksum_of, sign_ups)) % MODULUS


@given(facts, facts)
def test_a_checksum_differs_exactly_where_a_fact_differs(one: Facts, other: Facts) -> None:
    assert (checksum_of(one) == checksum_of(other)) == (one == other)


@given(st.lists(facts, max_size=10))
def test_the_checksums_of_columns_are_those_of_the_sign_ups(sign_ups: list[Facts]) -> None:
    columns = [[getattr(each, field.name) for each in sign_ups] for field in fields(Facts)]
    assert checksums_of(columns[0], *columns[1:]) == [checksum_of(each) for each in sign_ups]


@given(facts)
def test_a_checksum_fits_a_bigint(sign_up: Facts) -> None:
    assert 0 <= checksum_of(sign_up) < MODULUS == 2**63


@pytest.mark.parametrize(
    "changes",
    [
        {"enrolment_id": UUID("019a1a2b-3c4d-7e5f-8a9b-000000000002")},
        {"unit_code": "15143"},
        {"organisation_code": "NL"},
        {"collector_code": "CT-08"},
        {"scheme": "voluntary_social"},
        {"kind": "renewal"},
        {"signed_on": date(2025, 10, 26)},
        {"covered_from": date(2025, 11, 25)},
        {"covered_to": date(2026, 11, 24)},
        {"cancelled": True},
        {"unit_code": "15142CT", "organisation_code": ""},
    ],
)
def test_every_fact_counts(changes: dict[str, object]) -> None:
    assert checksum_of(replace(Facts(), **changes)) != checksum_of(Facts())  # type: ignore[arg-type]


def test_a_checksum_is_what_it_always_was() -> None:
    assert checksum_of(Facts()) == GOLDEN


GOLDEN = 1153022966335944423
"""Processes of several versions compare their sums: it may change only together with a new type of summary."""


def test_sums_of_neighbouring_ids_do_not_cancel_out() -> None:
    """Ids of the same millisecond differ in few bits: swapping some for others must not leave the sum as it was."""
    first = UUID("019a1a2b-3c4d-7e5f-8a9b-000000000000").int
    of_id = [checksum_of(replace(Facts(), enrolment_id=UUID(int=first + n))) for n in range(200)]
    pairs = {(a + b) % MODULUS for i, a in enumerate(of_id) for b in of_id[i + 1 :]}
    assert len(pairs) == 200 * 199 // 2


def test_every_bit_of_a_checksum_is_even_odds() -> None:
    n = 4000
    sums = [checksum_of(replace(Facts(), signed_on=date(2020, 1, 1) + timedelta(days=d))) for d in range(n)]
    assert all(abs(sum(value >> bit & 1 for value in sums) - n / 2) < 250 for bit in range(63))


def test_event_ids_are_derived_from_the_content() -> None:
    target = UUID("019a1a2b-3c4d-7e5f-8a9b-000000000002")
    ids = [
        *(pace_event_id(target, revision) for revision in (1, 2)),
        *(registry_event_id(kind, "15142", version) for kind in ("unit", "collector") for version in (1, 2)),
    ]
    assert len(set(ids)) == len(ids)
    assert pace_event_id(target, 1) == UUID("4d153ada-5ae7-558e-ab48-c949cdd4a117")
