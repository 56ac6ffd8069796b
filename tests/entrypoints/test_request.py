"""The address under which a request is counted: headers count only if a trusted proxy wrote them."""

from __future__ import annotations

from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest
from sanic.compat import Header

from oneapi.entrypoints.http.request import ClientAddress
from oneapi.entrypoints.settings import Settings

PROXY, CLIENT, ELSE = "10.0.0.1", "203.0.113.7", "198.51.100.1"
FORWARDED, REAL = "X-Forwarded-For", "X-Real-IP"


def address(peer: str, *headers: tuple[str, str], trusted: Any = None) -> str:
    networks = Settings().trusted_proxies if trusted is None else trusted
    request: Any = SimpleNamespace(conn_info=SimpleNamespace(client_ip=peer), headers=Header(headers))
    return ClientAddress(networks)(request)


@pytest.mark.parametrize(
    "headers",
    [[], [(FORWARDED, ELSE)], [(REAL, ELSE)], [(FORWARDED, f"{ELSE}, {PROXY}"), (REAL, "127.0.0.1")]],
)
def test_headers_of_untrusted_clients_do_not_count(headers: list[tuple[str, str]]) -> None:
    assert address(CLIENT, *headers) == CLIENT
    assert address("2001:db8::7", *headers) == "2001:db8::7"


@pytest.mark.parametrize(
    "headers",
    [
        [(FORWARDED, CLIENT)],
        [(REAL, CLIENT)],
        [(FORWARDED, f"{ELSE}, {CLIENT}")],
        [(FORWARDED, f"{ELSE}, 10.9.9.9, {CLIENT}")],
        [(FORWARDED, f"{ELSE},{CLIENT} , 192.168.0.3, 10.0.0.2")],
        [(FORWARDED, ELSE), (FORWARDED, CLIENT)],
        [(FORWARDED, f"{ELSE}, 127.0.0.1"), (FORWARDED, f"{CLIENT}, 10.0.0.2")],
        [(FORWARDED, CLIENT), (REAL, ELSE)],
        [(FORWARDED, f"nonsense, {CLIENT}")],
        [(FORWARDED, f"{CLIENT}:51234")],
        [(FORWARDED, f"::ffff:{CLIENT}")],
        [(FORWARDED, f"[::ffff:{CLIENT}]:51234")],
    ],
)
def test_a_trusted_proxy_names_the_client_whatever_the_client_claims(headers: list[tuple[str, str]]) -> None:
    assert address(PROXY, *headers) == CLIENT
    assert address(f"::ffff:{PROXY}", *headers) == CLIENT


@pytest.mark.parametrize("text", ["", " ", "nonsense", "203.0.113.999", f"{CLIENT},", "a, unknown", "[::1"])
def test_an_unreadable_header_counts_as_the_proxys_own_address(text: str) -> None:
    assert address(PROXY, (FORWARDED, text)) == PROXY


def test_if_all_addresses_are_trusted_the_first_is_the_caller() -> None:
    assert address(PROXY, (FORWARDED, "192.168.7.7, 10.0.0.2")) == "192.168.7.7"
    assert address(PROXY, (FORWARDED, "2001:db8::1, fd00::1")) == "2001:db8::1"


def test_no_proxy_is_trusted_if_the_operator_says_so() -> None:
    assert address("127.0.0.1", (FORWARDED, ELSE), trusted=()) == "127.0.0.1"
    assert address(PROXY, (FORWARDED, f"{ELSE}, {CLIENT}"), trusted=(ip_network(CLIENT),)) == PROXY
    assert address(CLIENT, (FORWARDED, ELSE), trusted=(ip_network(CLIENT),)) == ELSE


def test_an_address_of_ipv4_is_the_same_on_a_socket_of_ipv6() -> None:
    assert address(f"::ffff:{CLIENT}") == CLIENT
