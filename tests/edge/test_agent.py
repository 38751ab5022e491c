"""The whole agent over real sockets: from a card at the reader to StopTransaction, and what the technician sees."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bollard.wire.errors import CallError, ErrorCode
from edge.app import Restarted
from edge.core.events import ResetAsked
from tests.edge.central import ACCEPTED, Central, one_after_the_other
from tests.edge.workshop import OUTLETS, TAG, Workshop, workshop

REFUSAL = CallError(ErrorCode.INTERNAL_ERROR, "the database is on fire")


@pytest.fixture
async def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Workshop]:
    """An agent that the central system has accepted."""
    async with Central().running() as central, workshop(tmp_path, central, capsys) as opened:
        await central.expect("StatusNotification", connectorId=2)
        yield opened


async def test_from_tap_to_stop(shop: Workshop) -> None:
    start = await shop.charging()
    assert (start["connectorId"], start["idTag"], start["meterStart"]) == (1, TAG, 0)
    await shop.central.expect("MeterValues", connectorId=1, transactionId=1)

    status, said, _ = await shop.ask("status")
    assert status == 0
    assert said.startswith("lab: ") and "accepted by the central system" in said
    assert "connector 1: Charging\n  Charging with at most 32 A a phase: the limit of this charger." in said
    assert "card …E5F6" in said
    assert TAG not in said
    assert "connector 2: Available\n  No card has been presented." in said

    _, said, _ = await shop.ask("status", "--json")
    first, second = json.loads(said)["connectors"]
    assert (first["status"], first["engaged"], first["transaction_id"]) == ("Charging", True, 1)
    assert first["energy_wh"] == first["meter_wh"] > 0
    assert (second["status"], second["engaged"], second["tag"]) == ("Available", False, None)

    shop.world.tap(OUTLETS[0], TAG)
    stop = await shop.central.expect("StopTransaction")
    assert (stop["idTag"], stop.get("reason", "Local"), stop["transactionId"]) == (TAG, "Local", 1)
    assert stop["meterStop"] == shop.outlet().register_wh > 0
    assert not shop.outlet().engaged
    assert TAG not in "".join(shop.lines)


async def test_the_technician_presents_a_card_and_stops(shop: Workshop) -> None:
    assert await shop.ask("tap", TAG, "--connector", "2") == (0, "card …E5F6 presented\n", "")
    await shop.central.expect("StatusNotification", connectorId=2, status="Preparing")
    shop.arrive(2)
    await shop.central.expect("StatusNotification", connectorId=2, status="Charging")
    assert shop.outlet(2).engaged
    assert await shop.ask("stop", "2") == (0, "session on connector 2 stopped\n", "")
    assert not shop.outlet(2).engaged
    stop = await shop.central.expect("StopTransaction")
    assert stop.get("reason", "Local") == "Local"
    assert await shop.ask("stop", "2") == (1, "", "bollard edge: no session runs on connector 2\n")
    status, said, complaint = await shop.ask("stop", "2", "--json")
    assert (status, json.loads(said), complaint) == (1, {"error": "no session runs on connector 2"}, "")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("tap", TAG, "--connector", "7"), "there is no connector 7; there are [1, 2]"),
        (("tap", "123456789012345678901"), "a card's idTag has 1 to 20 characters"),
        (("tap", ""), "a card's idTag has 1 to 20 characters"),
        (("stop", "7"), "there is no connector 7; there are [1, 2]"),
        (("retry", "5"), "there is no parked message 5; `bollard edge parked` lists them"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_plain_words(
    shop: Workshop, words: tuple[str, ...], complaint: str
) -> None:
    assert await shop.ask(*words) == (1, "", f"bollard edge: {complaint}\n")


async def test_a_refused_message_is_parked_shown_and_tried_again(shop: Workshop) -> None:
    shop.central.answers["StartTransaction"] = one_after_the_other(REFUSAL, {"transactionId": 7} | ACCEPTED)
    assert (await shop.ask("parked"))[1] == "nothing is parked\n"
    first = await shop.charging()
    shop.world.tap(OUTLETS[0], TAG)
    await shop.central.expect("StopTransaction", transactionId=-1)
    _, said, _ = await shop.ask("parked", "--json")
    parked = json.loads(said)["parked"][0]
    assert (parked["kind"], parked["why"]) == ("SessionStarted", str(REFUSAL))
    _, said, _ = await shop.ask("parked")
    assert said.split()[:2] == [str(parked["seq"]), "SessionStarted"]
    assert "parked: 2" in (await shop.ask("status"))[1], "the start, and the stop that went with it"
    done = (0, f"message {parked['seq']} is queued again\n", "")
    assert await shop.ask("retry", str(parked["seq"])) == done
    assert await shop.central.expect("StartTransaction") == first
    await shop.central.expect("StopTransaction", transactionId=7)


async def test_the_reason_is_one_sentence_in_every_state(shop: Workshop) -> None:
    async def reason() -> str:
        _, said, _ = await shop.ask("status", "--json")
        return str(json.loads(said)["connectors"][0]["reason"])

    shop.world.trip(OUTLETS[0], "emergency_stop")
    await shop.central.expect("StatusNotification", connectorId=1, status="Faulted")
    assert await reason() == "The emergency stop is pressed."
    shop.world.trip(OUTLETS[0], "emergency_stop", tripped=False)
    await shop.central.expect("StatusNotification", connectorId=1, status="Available")
    assert await shop.central.call("ChangeAvailability", connectorId=1, type="Inoperative") == {"status": "Accepted"}
    assert await reason() == "The operator has taken it out of service."
    assert await shop.central.call("ChangeAvailability", connectorId=1, type="Operative") == {"status": "Accepted"}
    shop.central.answers["Authorize"] = lambda payload: {"idTagInfo": {"status": "Blocked"}}
    shop.world.tap(OUTLETS[0], TAG)
    await shop.sees("The central system says of the card: Blocked")
    assert await reason() == "No card has been presented."


async def test_while_the_central_system_is_away_the_technician_sees_what_waits(shop: Workshop) -> None:
    await shop.charging()
    shop.central.refuse_with = 503
    before = len(shop.central.handshakes)
    await shop.central.hang_up()
    await shop.central.until(lambda: len(shop.central.handshakes) > before)
    shop.world.tap(OUTLETS[0], TAG)
    await shop.sees("Finished: take the cable out")
    said = "messages waiting: 0"
    async with asyncio.timeout(20):
        while "messages waiting: 0" in said:
            _, said, _ = await shop.ask("status")
    assert "lab: the central system is not available at the moment (HTTP 503)" in said
    assert "connector 1: Finishing\n  Stopped at the charger." in said
    shop.central.refuse_with = None
    stop = await shop.central.expect("StopTransaction")
    assert stop["meterStop"] == shop.outlet().register_wh


async def test_a_reset_is_answered_and_the_session_ended_before_the_agent_ends(shop: Workshop) -> None:
    await shop.charging()
    assert await shop.central.call("Reset", type="Soft") == {"status": "Accepted"}
    ended = await shop.ended()
    assert isinstance(ended, BaseExceptionGroup)
    assert ended.subgroup(Restarted) is not None
    assert not shop.outlet().engaged
    stop = await shop.central.expect("StopTransaction", reason="SoftReset")
    assert stop["meterStop"] == shop.outlet().register_wh
    assert await shop.agent.store.waiting() == (0, 0)


async def test_a_reset_without_network_does_not_wait_for_it(shop: Workshop) -> None:
    await shop.charging()
    shop.central.refuse_with = 503
    await shop.central.hang_up()
    shop.agent.loop.take(ResetAsked(shop.agent.clock.now(), "test", True))
    await shop.ended()
    assert "StopTransaction" not in shop.central.actions()
    assert (await shop.agent.store.waiting())[0] > 0


async def test_a_reset_does_not_wait_for_a_central_system_that_answers_nothing(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.app.FAREWELL_MS", 300)
    shop.central.answers["StopTransaction"] = lambda payload: None
    await shop.charging()
    assert await shop.central.call("Reset", type="Hard") == {"status": "Accepted"}
    await shop.central.expect("StopTransaction", reason="HardReset")
    await shop.ended()
    assert (await shop.agent.store.waiting())[0] > 0
