"""Complaints from the field about other firmwares' queues, each played to the real agent over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.frames import Call
from tests.edge.central import ACCEPTED, HABITS, Central, one_after_the_other
from tests.edge.hole import Hole
from tests.edge.workshop import TAG, Workshop, workshop

REFUSAL = CallError(ErrorCode.INTERNAL_ERROR, "the database is on fire")
TOLD = ("StartTransaction", "MeterValues", "StopTransaction")
STRANGERS = "AllowOfflineTxForUnknownId = true\n"


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central().running() as running:
        numbers = iter(range(1, 100))
        running.answers["StartTransaction"] = lambda payload: {"transactionId": next(numbers)} | ACCEPTED
        yield running


@pytest.fixture
async def shop(tmp_path: Path, central: Central, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Workshop]:
    """An agent that the central system has accepted; strangers may charge while offline."""
    async with workshop(tmp_path, central, capsys, STRANGERS) as opened:
        await central.expect("StatusNotification", connectorId=2)
        yield opened


async def configure(central: Central, **keys: int) -> None:
    for key, value in keys.items():
        assert await central.call("ChangeConfiguration", key=key, value=str(value)) == {"status": "Accepted"}


def told(central: Central, *actions: str) -> list[Call]:
    return [call for call in central.calls if call.action in (actions or TOLD)]


def moments(central: Central) -> list[str]:
    """When what was told happened, repetitions left out."""
    said = [call.payload for call in told(central)]
    return list(dict.fromkeys(p["meterValue"][0]["timestamp"] if "meterValue" in p else p["timestamp"] for p in said))


async def offline(shop: Workshop) -> None:
    shop.central.refuse_with = 503
    await shop.central.hang_up()
    await shop.until(lambda: not shop.agent.loop.station.online)


@pytest.mark.parametrize("action", TOLD)
async def test_a_callerror_to_each_transaction_message_is_met_by_the_same_message_again(
    shop: Workshop, action: str
) -> None:
    await configure(shop.central, TransactionMessageAttempts=3, TransactionMessageRetryInterval=0)
    usual, fates = shop.central.answers[action], [REFUSAL, REFUSAL]
    shop.central.answers[action] = lambda payload: fates.pop() if fates else usual(payload)
    await shop.charging()
    await shop.central.expect("MeterValues")
    await shop.stop()
    await shop.central.until(lambda: "StopTransaction" in shop.central.actions() and not fates)
    await shop.until(lambda: shop.agent.loop.station.connectors[1].session is None)
    first, second, third = told(shop.central, action)[:3]
    assert first.payload == second.payload == third.payload
    assert len({first.message_id, second.message_id, third.message_id}) == 3
    await shop.central.until(lambda: told(shop.central)[-1].action == "StopTransaction")
    assert moments(shop.central) == sorted(moments(shop.central))
    assert {call.payload["transactionId"] for call in told(shop.central, "MeterValues", "StopTransaction")} == {1}


@pytest.mark.parametrize("way", ["silence", "hang up"])
async def test_a_start_whose_answer_is_lost_is_told_again_unchanged(shop: Workshop, way: str) -> None:
    await configure(shop.central, TransactionMessageAttempts=2, TransactionMessageRetryInterval=0, MessageTimeout=1)
    shop.central.answers["StartTransaction"] = one_after_the_other(None, {"transactionId": 77} | ACCEPTED)
    first = await shop.charging()
    if way == "hang up":
        await shop.central.hang_up()
    assert await shop.central.expect("MeterValues", transactionId=77)
    assert [call.payload for call in told(shop.central, "StartTransaction")] == [first, first]


async def test_a_stop_is_told_again_after_a_boot_unchanged(
    tmp_path: Path, central: Central, capsys: pytest.CaptureFixture[str]
) -> None:
    central.answers["StopTransaction"] = one_after_the_other(None, {})
    async with workshop(tmp_path, central, capsys) as shop:
        await shop.charging()
        await shop.stop()
        first = await central.expect("StopTransaction")
    async with workshop(tmp_path, central, capsys):
        await central.expect("BootNotification")
        assert await central.expect("StopTransaction") == first
    assert after_boot(central)[:4] == ["BootNotification", *["StatusNotification"] * 3]
    assert after_boot(central).count("StopTransaction") == 1


def after_boot(central: Central) -> list[str]:
    """The actions since the latest BootNotification."""
    actions = central.actions()
    return actions[len(actions) - 1 - actions[::-1].index("BootNotification") :]


@pytest.mark.parametrize("answer", ["accepted", "refused for good"])
async def test_a_session_that_ended_offline_does_not_hold_up_the_next(shop: Workshop, answer: str) -> None:
    refused: Any = REFUSAL if answer == "refused for good" else {"transactionId": 1} | ACCEPTED
    shop.central.answers["StartTransaction"] = one_after_the_other(refused, {"transactionId": 2} | ACCEPTED)
    await offline(shop)
    await shop.charging_unheard()
    await shop.stop()
    await shop.charging_unheard("NEXT")
    shop.central.refuse_with = None
    await shop.central.expect("MeterValues", transactionId=2)
    start, following = told(shop.central, "StartTransaction")
    (stop,) = told(shop.central, "StopTransaction")
    assert (start.payload["idTag"], following.payload["idTag"]) == (TAG, "NEXT")
    assert stop.payload["transactionId"] == (1 if answer == "accepted" else -1)
    assert moments(shop.central) == sorted(moments(shop.central))
    assert [call.action for call in told(shop.central)].index("StopTransaction") < told(shop.central).index(following)


async def test_a_session_begun_offline_reset_and_finished_is_told_whole(
    tmp_path: Path, central: Central, capsys: pytest.CaptureFixture[str]
) -> None:
    central.refuse_with = 503
    async with workshop(tmp_path, central, capsys, STRANGERS) as shop:
        await shop.charging_unheard()
        await shop.until(lambda: shop.outlet().register_wh > 100)
    assert central.calls == []
    central.refuse_with = None
    async with workshop(tmp_path, central, capsys, STRANGERS, world=shop.world) as again:
        await again.until(lambda: again.outlet().engaged)
        await again.stop()
        await central.until(lambda: "StopTransaction" in central.actions())
    start, *samples, stop = told(central)
    assert (start.action, stop.action) == ("StartTransaction", "StopTransaction")
    assert {sample.action for sample in samples} <= {"MeterValues"}
    assert {call.payload["transactionId"] for call in (*samples, stop)} == {1}
    assert stop.payload["meterStop"] - start.payload["meterStart"] == shop.outlet().register_wh > 100
    assert moments(central) == sorted(moments(central))


async def test_a_pong_that_never_comes_ends_the_connection(
    tmp_path: Path, central: Central, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.link.liveness.PONG_S", 0.3)
    async with Hole(central.port).open() as hole:
        front = Central(port=hole.port)
        async with workshop(tmp_path, front, capsys, "WebSocketPingInterval = 1\n") as shop:
            await central.expect("StatusNotification", connectorId=2)
            hole.swallow = True
            await shop.until(lambda: not shop.agent.loop.station.online)
            hole.swallow = False
            await shop.until(lambda: shop.agent.loop.station.online)
    assert len(central.handshakes) == 2
    assert central.actions().count("BootNotification") == 1


async def test_calls_that_cross_block_nobody(shop: Workshop) -> None:
    shop.central.answers["StatusNotification"] = lambda payload: None
    await configure(shop.central, MessageTimeout=1)
    shop.arrive()
    await shop.central.expect("StatusNotification", connectorId=1, status="Preparing")
    asked = [shop.central.asking("GetConfiguration", key=["MessageTimeout"]) for _ in range(5)]
    started = shop.central.asking("RemoteStartTransaction", idTag=TAG, connectorId=1)
    assert all([await one for one in asked])
    assert await started == {"status": "Accepted"}
    shop.central.answers["StatusNotification"] = HABITS["StatusNotification"]
    await shop.central.expect("StartTransaction", idTag=TAG)
    await asyncio.wait_for(shop.central.call("RemoteStopTransaction", transactionId=1), 20)
