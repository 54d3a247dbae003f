"""A server as messages name it: by its address and the setting that holds it, never with its password."""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """`kind` is what runs there, `address` its host and port, `setting` the variable that names it."""

    kind: str
    address: str
    setting: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.address} ({self.setting})"

    def unreachable(self, error: BaseException) -> str:
        """The sentence for an operator."""
        return f"cannot reach {self}: {reason(error)}"


def address(host: str | None, port: int) -> str:
    """Such as db.example:5432 or [::1]:5432."""
    return f"[{host}]:{port}" if host and ":" in host else f"{host}:{port}"


def reason(error: BaseException) -> str:
    """Why a connection did not come about, in the words of the operating system; it repeats nothing that was sent."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "there is no host of this name"
    if isinstance(error, ssl.SSLError):
        return (
            f"TLS failed: {error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason}"
        )
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__
