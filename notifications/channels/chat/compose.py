"""A chat message: a title, and a few lines, by the templates `subject.txt` and `chat.txt`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from notifications.channels.mail.compose import Sender, views_of
from notifications.channels.mail.headers import one_line
from notifications.channels.mail.view import Tone
from notifications.messages.outgoing_message import OutgoingMessage

Kind: TypeAlias = Literal["info", "success", "warning", "failure"]
"""Apprise's words for what a message says; services show them by a sign or a colour."""
_KINDS: Final[dict[Tone, Kind]] = {
    "critical": "failure", "warning": "warning", "info": "info", "success": "success",
}  # fmt: skip

_MEANT: Final = re.compile(r"(?<=[@<])(?=\S)|(?<=\])(?=\()")
"""Where a mention (`@everyone`, `<!channel>`, `<@U123>`) or a link under another text (`[x](http://…)`,
`<http://…|x>`) would begin, by the rules of any service."""
_NOTHING: Final = "\N{ZERO WIDTH SPACE}"


@dataclass(frozen=True, slots=True)
class Chat:
    """A message, ready to be sent."""

    title: str
    text: str
    kind: Kind


def compose(message: OutgoingMessage, sender: Sender) -> Chat:
    """The message in the language of its route; in both, the title is Vietnamese."""
    views = views_of(message, replace(sender, links=None))
    text = "\n".join(sender.render("chat.txt", view, message) for view in views)
    title = one_line(sender.render("subject.txt", views[0], message))
    return Chat(as_it_is(title), as_it_is(text.rstrip()), _KINDS[views[0].tone])


def as_it_is(text: str) -> str:
    """The text as it is shown by services that take some signs for more: names of units must call nobody, and lead
    nowhere."""
    return _MEANT.sub(_NOTHING, text)
