"""What no central system should send: the connection survives it or ends cleanly, and the agent goes on."""

import json

import pytest

from bollard.wire.frames import Result
from edge.core import events as ev
from tests.edge.central import Central
from tests.edge.link.bench import Bench

NONSENSE = [
    "",
    "{}",
    "[]",
    "null",
    "[2]",
    '[2,"x"]',
    '[2,5,"Reset",{}]',
    '[2,"x","Reset",[]]',
    '[9,"x",{}]',
    '[3,"nobody asked",{}]',
    '[3,"x"]',
    '[4,"nobody asked","Odd","",{}]',
    '[4,"x"]',
    '{"not": "closed"',
    "[" * 100_000,
    '[2,"' + "x" * 500_000 + '","Reset",{"type":"Soft"}]',
    "😀 not json",
    b"\xff\xfe\x00",
    b"[2,1]",
]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
async def test_nonsense_does_no_harm(bench: Bench, central: Central, nonsense: str | bytes) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        await central.send_raw(nonsense)
        assert await central.call("ClearCache") == {"status": "Accepted"}
    assert len(central.handshakes) == 1


async def test_a_null_payload_is_an_empty_one_and_a_binary_frame_is_read(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        for message_id, frame in (("n", '[2,"n","ClearCache",null]'), ("b", b'[2,"b","ClearCache",{}]')):
            answer = await central.answer_to(message_id, frame)
            assert isinstance(answer, Result)
            assert answer.payload == {"status": "Accepted"}


@pytest.mark.parametrize("kind", ["text", "binary"])
async def test_a_huge_frame_ends_the_connection_cleanly(bench: Bench, central: Central, kind: str) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        huge = json.dumps([2, "x", "DataTransfer", {"vendorId": "x" * 1_000_001}])
        await central.send_raw(huge if kind == "text" else huge.encode())
        await bench.saw(ev.WentOffline)
        await central.until(lambda: central.ended == [1009])
        await bench.timer.pass_by(10)
        await bench.saw(ev.WentOnline, 2)


async def test_answers_that_are_none_are_met_like_silence(bench: Bench, central: Central) -> None:
    bench.configure(MessageTimeout=1)
    central.answers["StatusNotification"] = lambda payload: None
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=0)
        await central.send_raw(json.dumps([3, central.calls[-1].message_id, "fine"]))
        await central.expect("StatusNotification", connectorId=1)
    assert any("no answer to StatusNotification" in line for line in bench.lines)
