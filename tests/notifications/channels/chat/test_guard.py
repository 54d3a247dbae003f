"""What the process that speaks to a chat service must not do."""

from __future__ import annotations

import subprocess
import sys

from notifications.channels.chat.services import ALLOWED

_PROGRAM = """
import socket, subprocess
from ipaddress import ip_network
from notifications.channels.chat.guard import Guard
Guard([ip_network("127.0.0.2/32")], public=True).install()
def outcome(act):
    try:
        act()
    except PermissionError as error:
        return "forbidden"
    except OSError:
        return "tried"
    return "done"
print(outcome(lambda: socket.create_connection(("127.0.0.1", 9), 1)))
print(outcome(lambda: socket.create_connection(("localhost", 9), 1)))
print(outcome(lambda: socket.socket(socket.AF_UNIX).connect("/nowhere")))
print(outcome(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", 9))))
print(outcome(lambda: socket.create_connection(("127.0.0.2", 9), 1)))
print(outcome(lambda: subprocess.run(["true"])))
"""


def test_only_addresses_that_may_be_called_are_and_no_program_is_started() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["forbidden"] * 4 + ["tried", "forbidden"]


def test_no_scheme_that_acts_on_this_machine_or_sends_mail_is_allowed() -> None:
    assert not ALLOWED & {
        "syslog",
        "rsyslog",
        "dbus",
        "glib",
        "gnome",
        "macosx",
        "windows",
        "mailto",
        "mailtos",
        "smtp",
    }


def test_every_allowed_scheme_is_one_of_apprise() -> None:
    listed = "import apprise,json; print(*(p for s in apprise.Apprise().details()['schemas']"
    listed += " for p in (*(s['protocols'] or ()), *(s['secure_protocols'] or ()))))"
    done = subprocess.run([sys.executable, "-c", listed], check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) >= ALLOWED
