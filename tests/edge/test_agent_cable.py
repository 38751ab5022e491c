"""The whole agent and a lock in the world: what really happens to the plug, and what the central system hears of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bollard.wire.frames import Call, Result
from hardware.outlet import Fault
from tests.edge.central import Central
from tests.edge.workshop import OUTLETS, TAG, Workshop, workshop

DEEDS = ("cable locked", "cable unlocked", "contactor engaged", "contactor released")


@pytest.fixture
async def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Workshop]:
    """An agent that the central system has accepted."""
    async with Central().running() as central, workshop(tmp_path, central, capsys) as opened:
        await central.expect("StatusNotification", connectorId=2)
        yield opened


@pytest.fixture
def deeds(shop: Workshop) -> list[str]:
    """What lock and contactor of connector 1 did, in order."""
    done: list[str] = []

    def told(at_ms: int, outlet: str, what: str) -> None:
        if outlet == OUTLETS[0] and what in DEEDS:
            done.append(what)
        shop.told.set()

    shop.world.told = told
    return done


def since(central: Central, frames: int) -> list[str]:
    """The station's frames: actions, statuses, answers."""
    words = []
    for direction, frame in central.frames[frames:]:
        if direction == "in" and isinstance(frame, Call):
            words.append(frame.payload.get("status", frame.action))
        elif direction == "in" and isinstance(frame, Result):
            words.append(f"conf {frame.payload['status']}")
    return [word for word in words if word != "MeterValues"]


async def test_the_plug_is_locked_around_everything_that_flows(shop: Workshop, deeds: list[str]) -> None:
    await shop.charging()
    shop.world.tap(OUTLETS[0], TAG)
    await shop.central.expect("StopTransaction")
    await shop.until_unlocked()
    assert deeds == ["cable locked", "contactor engaged", "contactor released", "cable unlocked"]


async def test_an_unlocking_is_answered_before_anything_that_follows(shop: Workshop, deeds: list[str]) -> None:
    await shop.charging()
    await shop.central.expect("MeterValues", connectorId=1)
    frames = len(shop.central.frames)
    assert await shop.central.call("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
    stop = await shop.central.expect("StopTransaction")
    assert stop["reason"] == "UnlockCommand"
    await shop.central.until(lambda: "Finishing" in since(shop.central, frames))
    said = since(shop.central, frames)
    assert said[0] == "conf Unlocked"
    assert sorted(said[1:]) == ["Finishing", "StopTransaction"]
    assert deeds[-2:] == ["contactor released", "cable unlocked"]
    shop.world.unplug(OUTLETS[0])
    await shop.central.expect("StatusNotification", connectorId=1, status="Available")


async def test_a_bolt_that_stays_open_starts_nothing_until_the_next_car(shop: Workshop, deeds: list[str]) -> None:
    shop.world.break_(OUTLETS[0], Fault.STUCK_LOCK)
    shop.arrive()
    await shop.central.expect("StatusNotification", connectorId=1, status="Preparing")
    shop.world.tap(OUTLETS[0], TAG)
    told = await shop.central.expect("StatusNotification", connectorId=1, status="Faulted")
    assert told["errorCode"] == "ConnectorLockFailure"
    shop.world.unplug(OUTLETS[0])
    await shop.central.expect("StatusNotification", connectorId=1, status="Available")
    shop.world.break_(OUTLETS[0], Fault.STUCK_LOCK, broken=False)
    assert "StartTransaction" not in shop.central.actions()
    assert deeds == []
    await shop.charging()
    assert deeds == ["cable locked", "contactor engaged"]


async def test_a_cable_pulled_at_the_car_waits_for_its_owner(shop: Workshop, deeds: list[str]) -> None:
    order = {"key": "UnlockConnectorOnEVSideDisconnect", "value": "false"}
    assert await shop.central.call("ChangeConfiguration", **order) == {"status": "Accepted"}
    await shop.charging()
    shop.world.unplug(OUTLETS[0], at_car=True)
    stop = await shop.central.expect("StopTransaction")
    assert stop["reason"] == "EVDisconnected"
    assert shop.outlet().locked
    shop.world.tap(OUTLETS[0], TAG)
    await shop.central.expect("StatusNotification", connectorId=1, status="Available")
    assert not shop.outlet().locked
    assert deeds[-1] == "cable unlocked"
