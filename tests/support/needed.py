"""What `make test` asks for before it begins: a line for each program that is missing and may not be installed by the
tests, instead of an error in each test that needs it."""

from __future__ import annotations

import sys

from tests.support import alertmanager, chromium, prometheus, rabbitmq_node
from tests.support.debian import found, may_install

HOW_TO_GET_NGINX = (
    "the tests of the proxy need nginx: install it (apt-get install nginx, brew install nginx), or run as root on"
    " Debian, where it is installed for you"
)


def missing() -> list[str]:
    """What to do, for each of them."""
    if may_install():
        return []
    needed = {
        rabbitmq_node.HOW_TO_GET_ONE: rabbitmq_node.is_there(),
        prometheus.HOW_TO_GET_ONE: found("prometheus") and found("promtool"),
        alertmanager.HOW_TO_GET_ONE: found("prometheus-alertmanager"),
        chromium.HOW_TO_GET_ONE: found("chromium"),
        HOW_TO_GET_NGINX: found("nginx"),
    }
    return [remedy for remedy, is_there in needed.items() if not is_there]


if __name__ == "__main__":
    sys.exit("\n".join(missing()) or None)
