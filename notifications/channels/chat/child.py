"""The process that speaks to a chat service by Apprise. It reads a question and writes the answer, both as JSON.

`check` answers what is wrong with the URL, or which host it names, as `Checked`; `send` answers what
became of the message, as `Tried`.
"""

from __future__ import annotations

import io
import json
import logging
import re
import resource
import signal
import sys
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from typing import Any, Final

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, OverflowMode
from apprise.plugins import NotifyBase

from notifications.channels.chat import services
from notifications.channels.chat.guard import Guard

_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 20.0
_LATER_SECONDS: Final = 2
"""Whoever asked ends this process before; whoever was killed does not."""
_STATUS: Final = re.compile(r"error=(\d{3})\b")
_MOST_MEMORY: Final = 256 * 1024 * 1024
"""Bytes of data; it needs a sixth. Answers are read whole, however long they are."""
_SILENCE: Final = re.compile(
    r"raised an exception|Read timed out|Connection aborted|Connection broken|RemoteDisconnected|IncompleteRead"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """`fault`: what is wrong with a URL; it repeats nothing of it. `host`: the one that the URL names, if any."""

    fault: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """`status`: the HTTP status that was no success; `silent`: the message went out, and no answer came."""

    sent: bool = False
    status: int | None = None
    silent: bool = False
    refused: str | None = None


def plugin_of(url: str) -> NotifyBase | None:
    """The recipient, where Apprise takes the URL for one. Redirects are not followed, long texts are cut."""
    asset = AppriseAsset(http_redirects=False, async_mode=False, pem_autogen=False)
    parsed = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if parsed is None:
        return None
    parsed.redirects = False
    parsed.overflow_mode = OverflowMode.TRUNCATE
    parsed.socket_connect_timeout, parsed.socket_read_timeout = _CONNECT_SECONDS, _ANSWER_SECONDS
    return parsed


def checked(url: str) -> Checked:
    """Whether this is one recipient."""
    plugin = plugin_of(url)
    if plugin is None:
        return Checked("Apprise does not take this URL: compare it with the service's page of its documentation")
    if not plugin.verify_certificate:
        return Checked("a URL must not switch off the check of certificates (verify=no)")
    if len(plugin) != 1:
        return Checked("give one recipient: a route for each")
    return Checked(host=None if services.scheme_of(url) in services.FIXED else plugin.host)


def send(question: dict[str, Any], guard: Guard) -> Tried:
    """Make one attempt."""
    plugin = plugin_of(question["url"])
    if plugin is None:
        return Tried(refused="Apprise does not take the address any more: put the route anew")
    log = io.StringIO()
    _listen(log)
    apprise = Apprise()
    apprise.add(plugin)
    kind = NotifyType(question["type"])
    sent = apprise.notify(question["text"], question["title"], kind, body_format=NotifyFormat.TEXT)
    return judged(bool(sent), log.getvalue(), guard)


def judged(sent: bool, log: str, guard: Guard) -> Tried:
    """What Apprise's log says beside its yes or no."""
    if sent:
        return Tried(sent=True)
    if guard.refused and not guard.called:
        return Tried(refused="the address leads to none that may be called")
    if status := _STATUS.search(log):
        return Tried(status=int(status[1]))
    return Tried(silent=bool(guard.called and _SILENCE.search(log)))


def _listen(log: io.StringIO) -> None:
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(logging.StreamHandler(log))
    logger.propagate = False


def main() -> None:
    """Answer one question."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
    question = json.load(sys.stdin)
    signal.alarm(question["seconds"] + _LATER_SECONDS)
    is_public = services.scheme_of(question["url"]) not in services.INSECURE
    guard = Guard([ip_network(each) for each in question["allowed"]], public=is_public)
    guard.install()
    answer = checked(question["url"]) if question["do"] == "check" else send(question, guard)
    json.dump(asdict(answer), sys.stdout)


if __name__ == "__main__":
    main()
