"""How personal data is stored: sealed, bound to its row; and the indexes by which a person is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson

from enrolment_api.domain.sign_up import Participant
from services.security.blind_index import BlindIndexes
from services.security.sealing import SecretBox

_PURPOSE: Final = "drive personal data"
_INDEX_PURPOSE: Final = "drive blind indexes"
_PERSONAL_ID: Final = "personal_id"
_PARTICIPANT: Final = b"participants|sealed|"
_SIGN_UP: Final = b"enrolments|sealed|"
_CLAIM: Final = b"identity_cases|sealed|"


class PeopleKeys:
    """The keys of personal data. Rows are sealed under the first; a person has an index under each of them."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._box = SecretBox(secret_keys, _PURPOSE)
        self._indexes = BlindIndexes(secret_keys, _INDEX_PURPOSE)
        self.are_verified = False
        """Whether they were seen to be those of the database: see `people.queries`."""

    @property
    def index_key_ids(self) -> Sequence[bytes]:
        """Of the keys of indexes, in the order of `indexes_of`."""
        return self._indexes.key_ids

    def indexes_of(self, personal_id: str) -> list[bytes]:
        """By which the person is found, under each present key."""
        return self._indexes.of(_PERSONAL_ID, personal_id)

    @property
    def prefix(self) -> bytes:
        """With which all begins that was sealed with the first key."""
        return self._box.prefix

    def has_key_of(self, sealed: bytes) -> bool:
        """Whether the key that it was sealed with is present."""
        return self._box.has_key_of(sealed)

    def seal_participant(self, participant_id: UUID, person: Participant) -> bytes:
        """The person as stored in this row of `participants`."""
        return self._box.seal(orjson.dumps(_stored(person)), _PARTICIPANT + participant_id.bytes)

    def open_participant(self, participant_id: UUID, sealed: bytes) -> Participant:
        """The person in a row of `participants`. Raises SecretLost."""
        return _person_of(orjson.loads(self._box.open(sealed, _PARTICIPANT + participant_id.bytes)))

    def seal_sign_up(self, enrolment_id: UUID, person: Participant, fingerprint: bytes) -> bytes:
        """The person as this row of `enrolments` names them, and the fingerprint of what was sent, by which whoever has
        a guess could see whether it is right."""
        plain = orjson.dumps({"participant": _stored(person), "fingerprint": fingerprint.hex()})
        return self._box.seal(plain, _SIGN_UP + enrolment_id.bytes)

    def open_sign_up(self, enrolment_id: UUID, sealed: bytes) -> tuple[Participant, bytes]:
        """The person, and the fingerprint, in a row of `enrolments`. Raises SecretLost."""
        plain = orjson.loads(self._box.open(sealed, _SIGN_UP + enrolment_id.bytes))
        return _person_of(plain["participant"]), bytes.fromhex(plain["fingerprint"])

    def seal_claim(self, case_id: UUID, person: Participant) -> bytes:
        """The person as claimed by the sign-up of this row of `identity_cases`."""
        return self._box.seal(orjson.dumps(_stored(person)), _CLAIM + case_id.bytes)

    def open_claim(self, case_id: UUID, sealed: bytes) -> Participant:
        """The person in a row of `identity_cases`. Raises SecretLost."""
        return _person_of(orjson.loads(self._box.open(sealed, _CLAIM + case_id.bytes)))


def _stored(person: Participant) -> dict[str, Any]:
    """As orjson reads it five times as fast as a dataclass."""
    return {
        "full_name": person.full_name,
        "born_on": person.born_on,
        "sex": person.sex,
        "personal_id": person.personal_id,
        "social_insurance_code": person.social_insurance_code,
        "phone": person.phone,
    }


def _person_of(stored: Mapping[str, Any]) -> Participant:
    return Participant(
        full_name=stored["full_name"],
        born_on=date.fromisoformat(stored["born_on"]),
        sex=stored["sex"],
        personal_id=stored["personal_id"],
        social_insurance_code=stored["social_insurance_code"],
        phone=stored["phone"],
    )
