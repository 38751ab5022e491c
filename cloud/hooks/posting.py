"""One POST to an address that somebody else chose: never into our own network, never for long, never redirected."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from ipaddress import ip_address
from urllib.parse import urlsplit

import h11

from cloud.domain.addresses import Address, is_public
from cloud.domain.webhooks import NEEDS_TLS, NOT_PUBLIC

WITHIN_S = 10.0
MOST_READ = 64 * 1024
_CHUNK = 16 * 1024
_NAMES = ThreadPoolExecutor(8, "webhook-names")

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


class Undelivered(Exception):
    """Why a call did not arrive; `status` is what was answered, if anything was."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


async def resolved(host: str, port: int) -> list[Address]:
    """The addresses of a host. Raises OSError.

    Looked up by threads of their own: names that nobody answers for must not hold up what else the server looks up.
    """
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_NAMES, look_up)
    return list(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in found))


@dataclass(frozen=True)
class Network:
    """How we call: `trusted` hosts may be anywhere and without TLS."""

    trusted: frozenset[str] = frozenset()
    resolve: Resolve = resolved
    tls: ssl.SSLContext = field(default_factory=cache(ssl.create_default_context))
    within_s: float = WITHIN_S


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    path: str
    tls: bool


async def post(network: Network, url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Sends it and returns the status, which is 2xx. Raises Undelivered."""
    try:
        async with asyncio.timeout(network.within_s):
            target = _target(network, url)
            status = await _exchange(network, target, await _checked(network, target), headers, body)
    except TimeoutError as error:
        raise Undelivered(f"no answer within {network.within_s:g} s") from error
    except (OSError, h11.ProtocolError, UnicodeError) as error:
        raise Undelivered(str(error) or type(error).__name__) from error
    if not 200 <= status < 300:
        moved = f"it answered {status}; redirects are not followed"
        raise Undelivered(moved if 300 <= status < 400 else f"it answered {status}", status)
    return status


def _target(network: Network, url: str) -> _Target:
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    if not tls and host not in network.trusted:
        raise Undelivered(NEEDS_TLS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(host, parts.port or (443 if tls else 80), path, tls)


async def _checked(network: Network, target: _Target) -> Address:
    """The address to connect to; what is looked up again after a check may be another one, so nothing is."""
    found = await network.resolve(target.host, target.port)
    if not found:
        raise Undelivered("its name has no address")
    if target.host not in network.trusted and not all(map(is_public, found)):
        raise Undelivered(NOT_PUBLIC)
    return found[0]


async def _exchange(
    network: Network, target: _Target, address: Address, headers: Mapping[str, str], body: bytes
) -> int:
    tls, name = (network.tls, target.host) if target.tls else (None, None)
    reader, writer = await asyncio.open_connection(
        str(address), target.port, limit=_CHUNK, ssl=tls, server_hostname=name
    )
    try:
        http = h11.Connection(h11.CLIENT)
        writer.write(_request(http, target, headers, body))
        await writer.drain()
        return await _status(http, reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _request(http: h11.Connection, target: _Target, headers: Mapping[str, str], body: bytes) -> bytes:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = target.port == (443 if target.tls else 80)
    told = {
        "Host": host if usual else f"{host}:{target.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": "Bollard",
        "Connection": "close",
        **headers,
    }
    head = http.send(h11.Request(method="POST", target=target.path, headers=list(told.items()))) or b""
    return head + (http.send(h11.Data(data=body)) or b"") + (http.send(h11.EndOfMessage()) or b"")


async def _status(http: h11.Connection, reader: asyncio.StreamReader) -> int:
    """The answer's status; of its body nothing is read."""
    read = 0
    while True:
        event = http.next_event()
        if isinstance(event, h11.Response):
            return event.status_code
        if event is h11.NEED_DATA:
            data = await reader.read(_CHUNK)
            read += len(data)
            if read > MOST_READ:
                raise Undelivered("its answer never comes to an end")
            http.receive_data(data)
        elif not isinstance(event, h11.InformationalResponse):
            raise Undelivered("it closed the connection without an answer")
