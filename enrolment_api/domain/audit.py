"""The audit trail: who saw personal data in clear, chained so that no entry can be altered or removed unseen. Pure.

Each entry's hash is SHA-256 over the hash before it and the entry itself. Whoever knows a later hash can tell whether
the entries up to it are still those that were written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal, TypeAlias
from uuid import UUID

Action: TypeAlias = Literal["read", "list", "search", "export", "change", "replay", "mismatch", "probe"]
"""`read`: one was asked for by its id; `list`, `search`, `export`: many, or by what is personal; `change`: the answer
to a change showed the whole of what was changed; `replay`: to a repeated request, the first answer again.

Without clear data being shown: `mismatch`: a sign-up named another person than its personal ID is known for; `probe`: a
sign-up was cancelled whose person has others through other organisations, so that whoever sent it has learnt of their
cover."""

_FORMAT: Final = b"drive audit 1\n"
_HEAD: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be written into the trail; nothing in it is personal data of participants.

    `route` is method and template. `ids` are those of the sign-ups, or cases of identity, that it is about.
    `filters` hold by which parameters
    they were chosen; see `audit.notes` for those whose values are left out.
    """

    at: datetime
    organisation_code: str
    subject: str
    action: Action
    route: str
    ids: tuple[UUID, ...]
    filters: Mapping[str, str]
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Head:
    """An entry by its number, from 1, and its hash: all that is needed to follow the trail from there."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


BEGINNING: Final = Head(0, bytes(32))
"""What the first entry follows on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A note in its place."""

    seq: int
    note: Note
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that is not what it was, and how that shows."""

    seq: int
    why: str


def head_of(text: str) -> Head:
    """The head that somebody has kept, as `SEQ:HASH`. Raises ValueError."""
    found = _HEAD.fullmatch(text.strip())
    if not found:
        raise ValueError("a head is expected as it was printed, number and hash: 1234:9c11…, 64 digits after the colon")
    return Head(int(found[1]), bytes.fromhex(found[2]))


def canonical(seq: int, note: Note) -> bytes:
    """The one form in which an entry is hashed: JSON with sorted names, in UTF-8, times in UTC to the microsecond."""
    said = {
        "seq": seq,
        "at": note.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "organisation_code": note.organisation_code,
        "subject": note.subject,
        "action": note.action,
        "route": note.route,
        "ids": [str(each) for each in note.ids],
        "filters": dict(note.filters),
        "correlation_id": note.correlation_id,
    }
    return _FORMAT + json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def chained(notes: Iterable[Note], head: Head) -> list[Entry]:
    """The notes as entries that follow on `head`."""
    entries = []
    for note in notes:
        seq = head.seq + 1
        head = Head(seq, _hash(head, seq, note))
        entries.append(Entry(seq, note, head.hash))
    return entries


def follow(head: Head, entries: Iterable[Entry], expected: Mapping[int, bytes]) -> Head | Broken:
    """The head after these entries, which should follow on `head`; or the first of them that does not.

    `expected` are hashes that somebody kept elsewhere, by number.
    """
    for entry in entries:
        if entry.seq != head.seq + 1:
            return Broken(head.seq + 1, f"it is missing: the next one is {entry.seq}")
        if entry.hash != _hash(head, entry.seq, entry.note):
            return Broken(entry.seq, "its hash is not that of what it says and of the entry before it")
        if expected.get(entry.seq, entry.hash) != entry.hash:
            return Broken(entry.seq, "its hash is not the expected one: it, or one before it, was written anew")
        head = Head(entry.seq, entry.hash)
    return head


def ends_early(head: Head, expected: Iterable[Head]) -> Broken | None:
    """Whether entries are missing at the end, of which a head is known."""
    last = max((each.seq for each in expected), default=0)
    if last <= head.seq:
        return None
    return Broken(head.seq + 1, f"it is missing: the trail ends before it, and had {last} entries")


def by_number(heads: Sequence[Head]) -> dict[int, bytes]:
    """Heads that are expected, as `follow` takes them."""
    return {each.seq: each.hash for each in heads}


def _hash(before: Head, seq: int, note: Note) -> bytes:
    return sha256(before.hash + canonical(seq, note)).digest()
