"""`bollard edge status` of an agent at work: reasons, faults, refusals, messages, clock, last contact."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.state import Connector, Fitting, Station
from edge.core.values import Moment
from edge.status import shown, when
from tests.edge.central import Central
from tests.edge.workshop import OUTLETS, TAG, Workshop, workshop

WALL = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
async def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Workshop]:
    """An agent that the central system has accepted."""
    async with Central().running() as central, workshop(tmp_path, central, capsys) as opened:
        await central.expect("StatusNotification", connectorId=2)
        yield opened


async def test_the_technician_reads_the_latest_refusals_with_their_time(shop: Workshop) -> None:
    for transaction in range(5):
        await shop.central.call("RemoteStopTransaction", transactionId=90 + transaction)
    await shop.central.call("TriggerMessage", requestedMessage="BootNotification")
    status, said, _ = await shop.ask("status")
    assert status == 0
    listed = said.partition("refused lately:\n")[2].splitlines()
    assert [line.split("  ")[-1] for line in listed] == [
        *(f"remote stop rejected: transaction {number} does not run here" for number in range(91, 95)),
        "TriggerMessage(BootNotification) rejected: the central system has accepted this station already",
    ]
    assert "  2026-11-21 12:00:00  " in listed[0]


async def test_the_technician_reads_what_is_wrong_since_when_and_how_the_link_is(shop: Workshop) -> None:
    shop.world.trip(OUTLETS[0], "emergency_stop")
    await shop.central.expect("StatusNotification", connectorId=0, status="Faulted")
    _, said, _ = await shop.ask("status")
    assert "\nfault: The emergency stop is pressed (OtherError)\n" in said
    assert "connector 1: Faulted\n  The emergency stop is pressed.\n  fault: The emergency stop is pressed" in said
    assert "; clock known\nmessages waiting: 0, parked: 0\n" in said
    assert "last heard from: 20" in said
    assert ", cable unlocked" in said

    _, said, _ = await shop.ask("status", "--json")
    told = json.loads(said)
    assert told["faults"] == [{"error_code": "OtherError", "info": "The emergency stop is pressed"}]
    assert told["clock_known"] is True
    assert told["last_contact"]["ago_s"] < 60
    first = told["connectors"][0]
    assert (first["error_code"], first["info"], first["cable"]) == (
        "OtherError",
        "The emergency stop is pressed",
        "unlocked",
    )
    assert first["since"]["ago_s"] >= 0
    assert TAG not in said


def test_without_a_clock_a_time_is_told_by_how_long_ago_it_was() -> None:
    now = Moment("boot", 61_500, None)
    assert when(Moment("boot", 60_000, None), now) == {"ago_s": 1.5, "at": None}
    known = Moment("boot", 61_500, WALL)
    assert when(Moment("boot", 1_500, None), known) == {
        "ago_s": 60.0,
        "at": str(WALL - timedelta(minutes=1)).replace(" ", "T"),
    }
    assert when(None, now) is None


def test_a_cable_without_a_lock_is_fixed() -> None:
    connector = Connector(1, Fitting(has_lock=False))
    assert shown(Station({1: connector}), connector, Moment("boot", 0, None))["cable"] == "fixed"
