"""What a message says that tests its route. Pure."""

from __future__ import annotations

from typing import Final

from notifications.channels.mail.headers import one_line
from notifications.channels.mail.view import View
from notifications.channels.mail.words import Words
from notifications.messages.outgoing_message import OutgoingMessage

_TAG: Final = "TEST"
"""As those of other subjects, the same in every language."""


def view_of_test(message: OutgoingMessage, words: Words) -> View:
    """A title and a sentence: there is no alert, and nothing to do."""
    opening = words.test_opening.format(route=one_line(message.route_name))
    title = words.test_title.format(route=one_line(message.route_name))
    return View(
        words=words,
        tag=_TAG,
        tone="info",
        title=title,
        opening=opening,
        rows=(),
        lines=(opening,),
        reference="",
        chart=None,
        sections=(),
        left=0,
        more="",
        next_heading="",
        steps=(),
        href=None,
        note="",
    )
