"""The subject of a mail. Pure.

It begins with one of six tags, the same in every language, so that rules of a mailbox can go by them: the five here,
and that of a test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from notifications.channels.mail.facts import figures, happened, what, who, with_how_far
from notifications.channels.mail.headers import one_line
from notifications.channels.mail.view import Tone
from notifications.channels.mail.words import Words
from notifications.domain.alert import NoticeKind
from notifications.messages.outgoing_message import Notice, OutgoingMessage

ORDER: Final[tuple[NoticeKind, ...]] = (
    "worsened",
    "escalated",
    "raised",
    "timed_out",
    "remedy_missed",
    "reminded",
    "acknowledged",
    "reported",
    "resolved",
)
"""What needs somebody comes first."""
_TONES: Final[Mapping[str, Tone]] = {"CRITICAL": "critical", "WARNING": "warning", "RESOLVED": "success"}
_TAGS: Final = ("CRITICAL", "WARNING", "ACKNOWLEDGED", "REPORTED", "RESOLVED")


def subject_of(message: OutgoingMessage, words: Words) -> str:
    """Such as `[CRITICAL] Xã Cẩm Thạch: đạt 6,2%, cần đạt 27% (BHYT hộ gia đình, tỷ lệ bao phủ)`; of several alerts,
    the group and how many."""
    one = headline(message.notices[0], words) if len(message.notices) == 1 else summary(message, words)
    return f"[{tag_of(message)}] {one}"


def tag_of(message: OutgoingMessage) -> str:
    """Of what needs somebody most."""
    return min((_tag(notice) for notice in message.notices), key=_TAGS.index)


def tone_of(message: OutgoingMessage) -> Tone:
    """How it is coloured."""
    return _TONES.get(tag_of(message), "info")


def headline(notice: Notice, words: Words) -> str:
    """Such as `Xã Cẩm Thạch: đạt 6,2%, cần đạt 27% (BHYT hộ gia đình, tỷ lệ bao phủ)`."""
    return f"{who(notice.alert, words)}: {_says(notice, words)} ({what(notice.alert, words)})"


def summary(message: OutgoingMessage, words: Words) -> str:
    """Such as `BHXH cơ sở Cẩm Thủy: 60 cảnh báo (55 mới, 5 đã kết thúc)`."""
    counts = Counter(notice.change for notice in message.notices)
    named = ", ".join(f"{counts[change]} {words.changes[change]}" for change in ORDER if counts[change])
    return words.group.format(group=group_name(message), n=words.number(len(message.notices)), counts=named)


def group_name(message: OutgoingMessage) -> str:
    """The name of the group's unit, else the code of what it is."""
    return one_line(message.group_name or (message.group_code or "").partition(":")[2])


def _tag(notice: Notice) -> str:
    if notice.change in ("acknowledged", "reported", "resolved"):
        return notice.change.upper()
    return notice.alert.severity.upper()


def _says(notice: Notice, words: Words) -> str:
    if says := happened(notice, words):
        return says
    shown = figures(notice.alert, words)
    if notice.change == "resolved":
        return words.subject_resolved.format(**shown)
    return with_how_far(notice, words.way.format(**shown), words)
