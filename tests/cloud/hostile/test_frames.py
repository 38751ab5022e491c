"""Frames that no honest station sends: the connection bears them or ends, its neighbour never notices."""

import asyncio
import json

import pytest

from cloud import protocols, server
from cloud.services import stations
from tests.cloud.hostile.raw import BINARY, CONTINUED, PING, TEXT, frame, station
from tests.cloud.ocpp.charger import BOOT, PATIENCE_S, Charger, charger
from tests.cloud.ocpp.conftest import Site
from tests.ours import OURS


@pytest.fixture
async def key(site: Site) -> bytes:
    """The key of the station that attacks, `evil`."""
    _station, key = await site.server.write(stations.add, OURS, "evil", "", 1)
    return key


BROKEN: list[tuple[str, bytes, int]] = [
    ("not UTF-8", frame(TEXT, b'[2,"1","Heartbeat",{"a":"\xff"}]'), 1007),
    ("longer than 128 KiB", frame(TEXT, b" " * (128 * 1024 + 1)), 1009),
    ("longer than 128 KiB", frame(TEXT, b" " * 70_000, final=False) + frame(CONTINUED, b" " * 70_000), 1009),
    ("against the rules", frame(0xB, b""), 1002),
    ("against the rules", frame(TEXT, b"[]", masked=False), 1002),
]


@pytest.mark.parametrize(("summary", "sent", "code"), BROKEN)
async def test_a_broken_frame_ends_its_connection_and_is_shown(
    site: Site, witness: Charger, key: bytes, summary: str, sent: bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with station(site.server.port, "evil", key) as raw:
        await raw.send(sent)
        assert await raw.closed_with() == code
    assert await site.server.incidents(summary)
    assert [record for record in caplog.records if record.exc_info and server.is_worth_a_line(record)] == []


async def test_a_message_in_countless_fragments_ends_its_connection(site: Site, witness: Charger, key: bytes) -> None:
    async with station(site.server.port, "evil", key) as raw:
        await raw.send(frame(TEXT, b"[", final=False))
        await raw.send(frame(CONTINUED, b"", final=False) * (protocols.MOST_FRAGMENTS + 10))
        await raw.rest()


async def test_who_pings_without_end_and_reads_nothing_is_dropped(site: Site, witness: Charger, key: bytes) -> None:
    """Else the answers would heap up here."""
    async with station(site.server.port, "evil", key) as raw:
        raw.writer.transport.pause_reading()
        with pytest.raises(ConnectionError):
            for _ in range(100_000):
                await raw.send(frame(PING, b"x" * 125) * 100)
        await witness.call("Heartbeat")


async def test_who_asks_without_end_and_reads_nothing_is_not_listened_to(
    site: Site, witness: Charger, key: bytes
) -> None:
    """The server stops reading: what it holds for this station stays within its queue and two socket buffers."""
    ask = frame(TEXT, json.dumps([2, "x" * 10_000, "MakeCoffee", {}]).encode())
    async with station(site.server.port, "evil", key) as raw:
        raw.writer.transport.pause_reading()
        sent = 0
        with pytest.raises((TimeoutError, ConnectionError)):
            while sent < 200_000_000:
                await asyncio.wait_for(raw.send(ask), 1)
                sent += len(ask)
        await witness.call("Heartbeat")
    assert sent < 50_000_000


async def test_message_ids_come_back_as_they_were(site: Site, witness: Charger, key: bytes) -> None:
    """Numbers, as some stations count them, ids that are too long, and ids that start again after each boot."""
    ids = [1, 1, 0, -5, 2**53, "", "x" * 400, "1", "\u00fc\n"]
    async with charger(site.server.ws, "evil", key) as connected:
        for each in (*ids, *ids):
            heard = connected.answers[each] = asyncio.get_running_loop().create_future()
            await connected.send([2, each, "BootNotification", BOOT])
            assert (await asyncio.wait_for(heard, PATIENCE_S))["status"] == "Accepted"


async def test_a_number_is_refused_until_a_station_has_shown_that_it_counts(
    site: Site, witness: Charger, key: bytes
) -> None:
    """OCPP wants text; but no boot, no driver, no session and no status is lost for a number."""
    async with station(site.server.port, "evil", key) as raw:
        for sent, answer in (
            ([2, 1, "Heartbeat", {}], '[4,1,"ProtocolError"'),
            ([2, 2, "BootNotification", BOOT], "[3,2,{"),
            ([2, 3, "Heartbeat", {}], "[3,3,{"),
        ):
            await raw.send(frame(TEXT, json.dumps(sent).encode()))
            await asyncio.wait_for(raw.reader.readuntil(answer.encode()), PATIENCE_S)


@pytest.mark.parametrize("id", [True, None, 1.5, [], {}])
async def test_what_is_no_message_id_is_shown(site: Site, witness: Charger, key: bytes, id: object) -> None:
    async with charger(site.server.ws, "evil", key) as connected:
        await connected.send([2, id, "Heartbeat", {}])
        assert await site.server.incidents("this is no OCPP-J frame")
        await connected.boot()


async def test_calls_sent_at_once_are_each_answered_in_order(site: Site, witness: Charger, key: bytes) -> None:
    heard: list[object] = []
    async with charger(site.server.ws, "evil", key) as connected:
        await connected.boot()
        for number in range(4):
            answer = connected.answers[f"n{number}"] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(lambda _done, number=number: heard.append(number))
        last = connected.answers["n3"]
        for number in range(4):
            await connected.send([2, f"n{number}", "Heartbeat", {}])
        await asyncio.wait_for(last, PATIENCE_S)
        await asyncio.sleep(0)
    assert heard == [0, 1, 2, 3]


async def test_answers_to_nothing_are_never_answered(site: Site, witness: Charger, key: bytes) -> None:
    async with charger(site.server.ws, "evil", key) as connected:
        for _ in range(500):
            await connected.send([3, "unasked", {"status": "Accepted"}])
            await connected.send([4, "unasked", "InternalError", "", {}])
        await connected.boot()
        assert connected.asked.empty()


async def test_binary_frames_are_shown_and_too_many_end_the_connection(
    site: Site, witness: Charger, key: bytes
) -> None:
    async with station(site.server.port, "evil", key) as raw:
        await raw.send(frame(BINARY, b'[2,"1","Heartbeat",{}]') * 60)
        assert await raw.closed_with() == 1008
    (incident,) = await site.server.incidents("a binary frame")
    assert incident.identity == "evil"
