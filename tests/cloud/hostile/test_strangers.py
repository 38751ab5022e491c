"""Strangers at the door: they learn nothing, change nothing, and cannot keep a real station out."""

import asyncio
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from cloud.db.queries import places
from cloud.domain.incidents import IncidentKind
from cloud.ocpp import knocks
from cloud.ocpp.knocks import FAILURES, VISITS
from cloud.services import access, overview, stations
from tests.cloud.hostile.raw import UPGRADE, request, status, wire
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import Charger, basic, charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.ours import OURS


@pytest.fixture(autouse=True)
def long_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine: no failure is forgotten while a test counts them."""
    monkeypatch.setattr(knocks, "FAILURES_PER_S", 86_400)


async def refused(site: Site, identity: str, key: bytes) -> Response:
    """What a handshake that must fail is told."""
    with pytest.raises(InvalidStatus) as refusal:
        async with charger(site.server.ws, identity, key):
            pass
    answer = refusal.value.response
    return answer


async def knock(site: Site, identity: str, key: bytes, forwarded: str) -> int:
    """The status that a handshake gets which a proxy says comes from elsewhere."""
    async with wire(site.server.port) as raw:
        headers = UPGRADE | basic(identity, key) | {"X-Forwarded-For": forwarded}
        await raw.send(request(f"/ocpp/{identity}", headers))
        return status(await raw.head())


async def test_guessing_is_limited_and_the_real_station_still_comes_in(site: Site, witness: Charger) -> None:
    """From the very address of the stranger: a station behind the same router keeps its place."""
    _station, key = await site.server.write(stations.add, OURS, "lab-2", "", 1)
    async with charger(site.server.ws, "lab-2", key) as known:
        await known.boot()
    statuses = [(await refused(site, "nobody", b"guess")).status_code for _ in range(FAILURES + 5)]
    assert statuses == [401] * FAILURES + [429] * 5
    answer = await refused(site, "lab-3", b"guess")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    async with charger(site.server.ws, "lab-2", key) as again:
        await again.call("Heartbeat")


async def test_wrong_keys_change_nothing_and_are_shown(site: Site, witness: Charger) -> None:
    before = await site.server.db.read(overview.stations)
    for key in (b"", b"wrong", site.key + b"x"):
        assert (await refused(site, "lab-1", key)).status_code == 401
    (incident,) = await site.server.incidents("it was refused")
    assert (incident.kind, incident.identity) == (IncidentKind.WRONG_KEY, "lab-1")
    after = await site.server.db.read(overview.stations)
    assert [(row.online, row.status) for row in after] == [(row.online, row.status) for row in before]
    await witness.call("Heartbeat")


async def test_every_stranger_costs_the_same_work_and_gets_the_same_answer(
    site: Site, witness: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So neither the words nor the time of an answer tell which stations there are, or how near a guess is."""
    _station, disabled = await site.server.write(stations.add, OURS, "disabled", "", 1)
    await site.server.write(stations.add, OURS, "elsewhere", "", 1)
    await site.server.db.write(lambda conn: access.disable(conn, OURS, "disabled", None, datetime.now(UTC)))
    await site.server.write(access.without_key, OURS, "elsewhere", "10.1.0.0/16", None)
    work: list[str] = []

    def noted(name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: work.append(name) or do(*arguments)

    monkeypatch.setattr(access, "hashed", noted("hash", access.hashed))
    monkeypatch.setattr(hmac, "compare_digest", noted("compare", hmac.compare_digest))
    monkeypatch.setattr(places, "keys_of", noted("query", places.keys_of))
    told = []
    for identity, key in (
        *(("nobody", b""), ("nobody", b"guess"), ("lab-1", b""), ("lab-1", b"guess")),
        *(("lab-1", site.key[:-1]), ("disabled", disabled), ("elsewhere", b""), ("x" * 300, b"guess")),
    ):
        answer = await refused(site, identity, key)
        headers = sorted((name, value) for name, value in answer.headers.raw_items() if name.lower() != "date")
        told.append((answer.status_code, answer.body, headers, tuple(work)))
        work.clear()
    assert set(map(str, told)) == {str(told[0])}
    assert told[0][-1] == ("query", "hash", "compare", "hash", "compare")


async def test_one_stranger_cannot_shut_a_station_out_elsewhere(sqlite_url: str) -> None:
    async with running(sqlite_url, behind_https="true") as server:
        site = await furnish(server)
        flood = [await knock(site, "lab-1", b"guess", "203.0.113.9") for _ in range(FAILURES + 3)]
        assert flood == [401] * FAILURES + [429] * 3
        assert await knock(site, "lab-1", site.key, "203.0.113.10") == 101


async def test_only_a_trusted_proxy_is_believed_who_called(sqlite_url: str) -> None:
    """Else anybody could say that he calls from a network that needs no key."""
    for proxies, expected in (("127.0.0.1,::1", 101), ("192.0.2.1", 401)):
        async with running(sqlite_url, behind_https="true", trusted_proxies=proxies) as server:
            if expected == 101:
                site = await furnish(server)
                await server.write(access.without_key, OURS, "lab-1", "10.1.0.0/16", None)
            here = Site(server, site.key)
            assert await knock(here, "lab-1", b"", "10.1.2.3") == expected
            assert await knock(here, "lab-1", b"", "10.1.2.3, 203.0.113.9") == 401
            assert await knock(here, "lab-1", b"", "nonsense") == 401


async def test_a_station_that_connects_all_the_time_is_slowed_down_and_shown(
    site: Site, witness: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knocks, "MANY_VISITS", VISITS)
    _station, key = await site.server.write(stations.add, OURS, "lab-2", "", 1)
    for _ in range(VISITS):
        async with charger(site.server.ws, "lab-2", key):
            pass
    answer = await refused(site, "lab-2", key)
    assert (answer.status_code, int(answer.headers["Retry-After"]) <= 10) == (503, True)
    (incident,) = await site.server.incidents("it connects again and again")
    assert (incident.kind, incident.identity) == (IncidentKind.FLAPPING, "lab-2")


async def test_a_flood_of_handshakes_leaves_room_for_stations(site: Site, witness: Charger) -> None:
    """Hundreds at once, of strangers with as many names: the list of who waits stays short, stations come in."""
    _station, key = await site.server.write(stations.add, OURS, "lab-2", "", 1)
    async with charger(site.server.ws, "lab-2", key) as known:
        await known.boot()

    async def stranger(number: int) -> int:
        async with wire(site.server.port) as raw:
            await raw.send(request(f"/ocpp/stranger-{number}", UPGRADE | basic(f"stranger-{number}", b"x")))
            return status(await raw.rest())

    flood = asyncio.gather(*(stranger(number) for number in range(400)))
    async with charger(site.server.ws, "lab-2", key) as connected:
        await connected.boot()
        await witness.call("Heartbeat")
    assert set(await flood) <= {401, 429}
    assert (await refused(site, "stranger-0", b"x")).status_code == 429
    assert len(await site.server.db.read(stations.pending)) <= stations.MOST_PENDING
