"""Which addresses may be called."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.addresses import may_be_called

LOOPBACK = [ip_network("127.0.0.0/8")]


@pytest.mark.parametrize("address", ["1.1.1.1", "203.162.4.191", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert may_be_called(ip_address(address), [])
    assert not may_be_called(ip_address(address), [], public=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - to be refused, not bound
        "255.255.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2002:a00:1::",
    ],
)
def test_internal_addresses_may_not_be_called(address: str) -> None:
    assert not may_be_called(ip_address(address), [])


def test_an_allowed_network_may_be_called_as_ipv4_or_ipv4_in_ipv6() -> None:
    assert may_be_called(ip_address("127.0.0.1"), LOOPBACK, public=False)
    assert may_be_called(ip_address("::ffff:127.0.0.1"), LOOPBACK, public=False)
    assert not may_be_called(ip_address("::1"), LOOPBACK)


@given(st.ip_addresses(v=4))
def test_no_private_address_is_ever_called(address: object) -> None:
    parsed = ip_address(str(address))
    assert not (parsed.is_private and may_be_called(parsed, []))
