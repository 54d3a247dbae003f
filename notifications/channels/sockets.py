"""Connections to receivers that read no more."""

from __future__ import annotations

import socket
from asyncio.trsock import TransportSocket


def end_unread(connection: socket.socket | TransportSocket, seconds: float) -> None:
    """Let the connection end where nothing is read from it for so long, also once it is closed: else what was not sent
    yet would be kept as long as the receiver likes. Systems other than Linux have no such option."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))
