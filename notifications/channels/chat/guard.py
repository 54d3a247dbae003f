"""Forbids this process what a message needs not: other addresses than those that may be called, and programs.

Python's audit events are raised for each connection, with the very address: no look-up can be answered differently
later, and no redirect leads elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Final

from notifications.domain.addresses import Network, may_be_called

_PROGRAMS: Final = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn"})
_CALLS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class Guard:
    """`refused` and `called` are the addresses to which a connection was forbidden, or begun."""

    def __init__(self, allowed: Sequence[Network], *, public: bool) -> None:
        self._allowed = allowed
        self._public = public
        self.refused: set[str] = set()
        self.called: set[str] = set()

    def install(self, add: Callable[[Callable[[str, tuple[Any, ...]], None]], None] = sys.addaudithook) -> None:
        """From now on, and for good: an audit hook cannot be taken away."""
        add(self.check)

    def check(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises PermissionError where it is forbidden."""
        if event in _PROGRAMS:
            raise PermissionError("a message starts no program")
        if event in _CALLS and arguments[1] is not None:
            self._check_call(arguments[1])

    def _check_call(self, address: Any) -> None:
        host = str(address[0]) if isinstance(address, tuple) else str(address)
        try:
            is_permitted = may_be_called(ip_address(host), self._allowed, public=self._public)
        except ValueError:
            is_permitted = False
        (self.called if is_permitted else self.refused).add(host)
        if not is_permitted:
            raise PermissionError(f"{host} is no address that may be called")
