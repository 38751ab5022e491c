"""Handshakes that no honest station makes: each gets an answer or an end, and real stations still get in."""

import socket
import ssl
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import trustme

from cloud import protocols, server
from cloud.services import stations
from tests.cloud.hostile.raw import UPGRADE, request, status, wire
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import Charger, basic, charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.ours import OURS

MALFORMED: list[tuple[dict[str, str], int]] = [
    ({"Sec-WebSocket-Protocol": ",,;;\x01"}, 400),
    ({"Sec-WebSocket-Protocol": "\x7f"}, 400),
    ({"Sec-WebSocket-Protocol": "ocpp1.6 ocpp1.5"}, 400),
    ({"Sec-WebSocket-Protocol": '"ocpp1.6"'}, 400),
    ({"Sec-WebSocket-Protocol": "\xe9"}, 400),
    ({"Sec-WebSocket-Protocol": ""}, 400),
    ({"Sec-WebSocket-Protocol": "OCPP1.6"}, 400),
    ({"Sec-WebSocket-Protocol": "ocpp0.1"}, 400),
    ({"Sec-WebSocket-Protocol": "ocpp2.0.1"}, 400),
    ({"Sec-WebSocket-Key": "short"}, 400),
    ({"Sec-WebSocket-Version": "8"}, 400),
    ({"X-Long": "a" * 9000}, 431),
    ({f"X-{number}": "1" for number in range(200)}, 431),
]


async def test_every_malformed_handshake_is_answered(site: Site, witness: Charger, subtests: pytest.Subtests) -> None:
    for changes, expected in MALFORMED:
        with subtests.test(changes=str(changes)[:60]):
            async with wire(site.server.port) as raw:
                raw.writer.write(request("/ocpp/lab-1", UPGRADE | basic("lab-1", site.key) | changes))
                assert status(await raw.rest()) == expected
                await witness.call("Heartbeat")


async def test_ours_is_found_among_other_subprotocols(site: Site) -> None:
    for offered in (("ocpp0.1", "ocpp1.6"), ("ocpp2.0.1", "ocpp1.6", "ocpp1.5")):
        async with site.charger(subprotocols=offered) as connected:
            assert connected.ws.subprotocol == "ocpp1.6"
            await connected.boot()


PATHS = ["/ocpp", "/ocpp/", "/ocpp/%FF", "/ocpp/%00", "/ocpp/a%0Ab", "/ocpp/" + "x" * 5000, "/", "/ocppx", "/ocpp//"]


async def test_a_path_that_names_no_station_gets_no_upgrade(
    site: Site, witness: Charger, subtests: pytest.Subtests
) -> None:
    for path in PATHS:
        with subtests.test(path=path[:20]):
            async with wire(site.server.port) as raw:
                await raw.send(request(path, UPGRADE | basic("lab-1", site.key)))
                assert status(await raw.rest()) in {401, 403}


ODD_IDENTITIES = ["../lab-1", "lab-1/..", "a/b", "RDAM 123", "Ladesäule 7", "100%25", "%2e%2e", "?x=1#y"]


async def test_an_odd_identity_is_a_station_of_its_own(site: Site, witness: Charger) -> None:
    """Decoded once; neither a path that leads elsewhere nor another name for the witness."""
    for identity in ODD_IDENTITIES:
        _station, key = await site.server.write(stations.add, OURS, identity, "", 1)
        async with charger(site.server.ws, identity, key) as connected:
            await connected.boot()
        found = await site.server.db.read(partial(stations.find, organisation_id=OURS, identity=identity))
        assert found.registration == "Accepted"


async def test_requests_that_never_end_are_ended(site: Site, witness: Charger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "REQUEST_WITHIN_S", 0.5)
    head = request("/ocpp/lab-1", UPGRADE)[:-2]
    form = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nname="
    starts = (b"", b"G", head, head + b"X: " + b"a" * 99_999, form)
    async with AsyncExitStack() as stack:
        for start in starts:
            raw = await stack.enter_async_context(wire(site.server.port))
            raw.writer.write(start)
            assert status(await raw.rest() or b"HTTP/1.1 0 ended") in {0, 400, 403}


async def test_a_second_request_that_never_ends_is_ended_too(
    site: Site, witness: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocols, "REQUEST_WITHIN_S", 0.5)
    async with wire(site.server.port) as raw:
        await raw.send(request("/healthz", {"Host": "x"}))
        assert status(await raw.head()) == 200
        await raw.send(b"GET /hea")
        assert await raw.rest() == b"ok"


async def test_thousands_of_idle_sockets_make_room_for_stations(
    site: Site, witness: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocols, "MOST_UNFINISHED", 300)
    idle = [socket.create_connection(("127.0.0.1", site.server.port)) for _ in range(2000)]
    try:
        for each in idle[::2]:
            each.send(b"GET /ocpp/lab-1 HTTP/1.1\r\n")
        _station, key = await site.server.write(stations.add, OURS, "lab-2", "", 1)
        async with charger(site.server.ws, "lab-2", key) as connected:
            await connected.boot()
            await witness.call("Heartbeat")
    finally:
        for each in idle:
            each.close()


async def test_tls_handshakes_that_never_end_are_ended(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "TLS_WITHIN_S", 1)
    authority, pem, trusting = trustme.CA(), tmp_path / "all.pem", ssl.create_default_context()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(pem)
    authority.configure_trust(trusting)
    async with running(sqlite_url, tls_cert=str(pem), tls_key=str(pem)) as secure, AsyncExitStack() as stack:
        site = await furnish(secure)
        silent = [await stack.enter_async_context(wire(secure.port)) for _ in range(200)]
        async with site.charger(ssl=trusting) as connected:
            await connected.boot()
            assert [await each.rest() for each in silent] == [b""] * 200
            await connected.call("Heartbeat")
