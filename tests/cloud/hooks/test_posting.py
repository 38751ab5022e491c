"""Calls go where they may and nowhere else: attack list, a name that changes its mind, endless and silent answers."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.domain.addresses import Address, is_public
from cloud.hooks.posting import Network, Undelivered, post
from tests.cloud.hooks.receiver import receiving

INSIDE = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1
    2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2002:c0a8:101::1 fc00::1
    fd00:ec2::254 fe80::1 fec0::1 ff02::1 ff0e::1 3fff::1
"""
OUTSIDE = """
    1.1.1.1 93.184.216.34 172.32.0.1 2606:4700:4700::1111 2a00:1450:4001::1 64:ff9b::101:101 ::ffff:1.1.1.1
"""
SPELLINGS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "localhost", "[::1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::]",
)  # fmt: skip


@pytest.mark.parametrize("address", INSIDE.split())
def test_what_is_not_the_internet_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_what_is_the_internet_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_no_wrapping_makes_an_address_public(number: int) -> None:
    inner = IPv4Address(number)
    mapped, sixtofour, nat64 = (0xFFFF << 32) | number, (0x2002 << 112) | (number << 80), (0x64FF9B << 96) | number
    if not is_public(inner):
        assert not any(is_public(ip_address(each.to_bytes(16, "big"))) for each in (mapped, sixtofour, nat64))


async def refused(network: Network, url: str) -> str:
    with pytest.raises(Undelivered) as why:
        await post(network, url, {}, b"{}")
    return str(why.value)


async def test_no_spelling_reaches_this_computer() -> None:
    async with receiving() as receiver:
        for host in SPELLINGS:
            told = await refused(Network(), f"https://{host}:{receiver.port}/")
            assert "network of your own" in told, host
        assert "TLS (https://) is needed" in await refused(Network(), receiver.url())
    assert receiver.received == []


async def test_names_that_nobody_answers_for_hold_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    silent, never = threading.Event(), Network(within_s=0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent.wait(30) and [])
    try:
        calls = (refused(never, f"https://silent-{n}.test/") for n in range(40))
        assert set(await asyncio.gather(*calls)) == {"no answer within 0.05 s"}
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(lambda: "free") == "free"
    finally:
        silent.set()


async def test_a_name_with_one_inner_address_is_refused() -> None:
    async def mixed(host: str, port: int) -> Sequence[Address]:
        return [ip_address("93.184.216.34"), ip_address("10.0.0.1")]

    assert "network of your own" in await refused(Network(resolve=mixed), "https://both.test/")


async def test_a_name_is_looked_up_once_and_its_checked_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up, called = list[str](), list[tuple[str, int]]()

    async def changing(host: str, port: int) -> Sequence[Address]:
        looked_up.append(host)
        return [ip_address("93.184.216.34" if len(looked_up) == 1 else "127.0.0.1")]

    async def connect(host: str, port: int, **_: object) -> None:
        called.append((host, port))
        raise OSError("nobody there")

    monkeypatch.setattr(asyncio, "open_connection", connect)
    assert await refused(Network(resolve=changing), "https://rebinding.test/") == "nobody there"
    assert (looked_up, called) == (["rebinding.test"], [("93.184.216.34", 443)])


async def test_a_trusted_host_may_be_near_and_without_tls() -> None:
    network = Network(trusted=frozenset({"127.0.0.1"}))
    async with receiving() as receiver:
        assert await post(network, receiver.url(), {"webhook-id": "msg_1"}, b'{"a": 1}') == 204
    (got,) = receiver.received
    assert (got.line, got.body) == ("POST /hook?key=1 HTTP/1.1", b'{"a": 1}')
    assert (got.headers["host"], got.headers["webhook-id"]) == (f"127.0.0.1:{receiver.port}", "msg_1")


async def test_redirects_are_not_followed() -> None:
    network = Network(trusted=frozenset({"127.0.0.1"}))
    async with receiving() as inner, receiving() as receiver:
        receiver.answers = [f"HTTP/1.1 302 Found\r\nLocation: {inner.url()}\r\n\r\n".encode()]
        assert await refused(network, receiver.url()) == "it answered 302; redirects are not followed"
    assert inner.received == []


async def test_answers_that_are_none_are_given_up() -> None:
    network = Network(trusted=frozenset({"127.0.0.1"}), within_s=0.3)
    endless = b"HTTP/1.1 204 No Content\r\nX: " + b"x" * 200_000
    for answer in (
        b"",
        None,
        b"gibberish\r\n\r\n",
        endless,
        b"HTTP/1.1 500 Oops\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ):
        async with receiving(None, answer) as receiver:
            assert await refused(network, receiver.url())
    assert "no answer within 0.3 s" in await refused(network, f"http://127.0.0.1:{_deaf()}/")
    assert await refused(network, "http://127.0.0.1:1/")


def _deaf() -> int:
    """The port of a socket that listens and whose connections nobody ever serves."""
    listener = socket.create_server(("127.0.0.1", 0))
    _KEPT.append(listener)
    port: int = listener.getsockname()[1]
    return port


_KEPT = list[socket.socket]()


async def test_tls_is_checked_against_the_name() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("hooks.test").configure_cert(server)
    authority.configure_trust(client)

    async def here(host: str, port: int) -> Sequence[Address]:
        return [ip_address("127.0.0.1")]

    hosts = frozenset({"hooks.test", "other.test"})
    async with receiving(server) as receiver:
        assert await post(Network(hosts, here, client), receiver.url("hooks.test"), {}, b"{}") == 204
        assert "other.test" in await refused(Network(hosts, here, client), receiver.url("other.test"))
        assert "certificate" in await refused(Network(hosts, here), receiver.url("hooks.test"))
    assert len(receiver.received) == 1
