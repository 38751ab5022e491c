"""The stations' door: who gets in, what everybody else is told, and how a connection ends."""

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response

from cloud.services import overview, stations
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.ours import OURS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The door is the same on every database."""
    return sqlite_url


async def refusal(site: Site, identity: str, key: bytes, **options: Any) -> Response:
    """What a handshake that must fail is told."""
    with pytest.raises(InvalidStatus) as refused:
        async with charger(site.server.ws, identity, key, **options):
            pass
    answer = refused.value.response
    return answer


async def test_strangers_and_wrong_keys_get_the_same_answer(site: Site) -> None:
    wrong_key = await refusal(site, "lab-1", b"wrong")
    unknown = await refusal(site, "nobody", site.key)
    no_key = await refusal(site, "lab-1", b"")
    assert {answer.status_code for answer in (wrong_key, unknown, no_key)} == {401}
    assert wrong_key.headers["WWW-Authenticate"] == 'Basic realm="OCPP"'
    assert wrong_key.body == unknown.body == no_key.body
    assert set(wrong_key.headers) == set(unknown.headers) == set(no_key.headers)


async def test_no_credentials_at_all_are_refused(site: Site) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(
            f"{site.server.http}/ocpp/lab-1",
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Protocol": "ocpp1.6",
            },
        )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="OCPP"'


async def test_only_unknown_stations_are_listed_as_pending(site: Site) -> None:
    await refusal(site, "lab-1", b"wrong")
    await refusal(site, "nobody", b"x")
    await refusal(site, "nobody", b"x")
    found = await site.server.eventually(stations.pending, lambda rows: [row.count for row in rows] == [2])
    assert [row.identity for row in found] == ["nobody"]


async def test_a_flood_of_strangers_does_not_fill_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bollard.cloud")
    for number in range(15):
        await refusal(site, f"stranger-{number}", b"x")
    assert len([line for line in caplog.messages if "refused: unknown station" in line]) == 10


async def test_a_refused_handshake_does_not_displace_the_station(site: Site) -> None:
    async with site.charger() as connected:
        await connected.boot()
        await refusal(site, "lab-1", b"wrong")
        await connected.call("Heartbeat")


async def test_no_common_subprotocol_is_refused_but_never_before_the_key(site: Site) -> None:
    assert (await refusal(site, "lab-1", site.key, subprotocols=())).status_code == 400
    assert (await refusal(site, "lab-1", site.key, subprotocols=("ocpp2.0.1", "ocpp1.5"))).status_code == 400
    assert (await refusal(site, "lab-1", b"wrong", subprotocols=())).status_code == 401


async def test_the_common_one_of_several_subprotocols_is_chosen(site: Site) -> None:
    async with site.charger(subprotocols=("ocpp2.0.1", "ocpp1.6")) as connected:
        assert connected.ws.subprotocol == "ocpp1.6"


async def test_nothing_is_compressed(site: Site) -> None:
    async with site.charger() as connected:
        assert connected.ws.protocol.extensions == []


async def test_identities_arrive_percent_encoded(site: Site) -> None:
    for identity in ("RDAM 123", "Ladesäule/7?x#y", "100%25"):
        _station, key = await site.server.write(stations.add, OURS, identity, "odd", 1)
        async with charger(site.server.ws, identity, key) as connected:
            await connected.boot()


async def test_a_dead_predecessor_does_not_hold_up_its_successor(site: Site) -> None:
    """The old socket never reads, never answers a close: the new one is served at once all the same."""
    async with AsyncExitStack() as stack:
        old = await stack.enter_async_context(site.charger())
        await old.boot()
        old.ws.transport.pause_reading()
        new = await stack.enter_async_context(site.charger())
        await new.call("Heartbeat")
        (row,) = await site.server.db.read(overview.stations)
        assert row.online


async def test_a_station_that_answers_no_ping_is_offline_soon(database_url: str) -> None:
    async with running(database_url, ping_interval_s=0.2, ping_timeout_s=0.3) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            connected.ws.transport.pause_reading()
            await server.eventually(overview.stations, lambda rows: not rows[0].online)


async def test_an_oversized_frame_ends_only_its_own_connection(site: Site) -> None:
    _station, key = await site.server.write(stations.add, OURS, "lab-2", "other", 1)
    async with site.charger() as big, charger(site.server.ws, "lab-2", key) as other:
        await other.boot()
        with pytest.raises(ConnectionClosed):
            await big.call("DataTransfer", {"vendorId": "x", "data": "x" * 140_000})
        assert await big.closed() == 1009
        await other.call("Heartbeat")


async def test_stations_are_told_to_come_back_at_shutdown(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        async with running(database_url) as server:
            site = await furnish(server)
            connected = await stack.enter_async_context(site.charger())
            await connected.boot()
        assert await connected.closed() == 1012


async def test_sockets_that_never_say_anything_disturb_nobody(site: Site) -> None:
    idle = [socket.create_connection(("127.0.0.1", site.server.port)) for _ in range(50)]
    try:
        async with asyncio.timeout(10), site.charger() as connected:
            await connected.boot()
    finally:
        for each in idle:
            each.close()
