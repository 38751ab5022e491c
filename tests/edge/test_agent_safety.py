"""A weld and an over-current on the whole agent: what the technician reads, clears, and finds again after a restart."""

import json
from pathlib import Path

import pytest

from hardware.outlet import Fault
from tests.edge.central import Central
from tests.edge.workshop import OUTLETS, TAG, workshop

WELDED = "fault: The contactor does not open: switch off the mains (PowerSwitchFailure, clears by a technician)"


async def test_a_weld_outlives_a_restart_until_a_technician_clears_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Central().running() as central:
        async with workshop(tmp_path, central, capsys) as shop:
            await shop.charging()
            shop.world.break_(OUTLETS[0], Fault.WELDED)
            shop.world.tap(OUTLETS[0], TAG)
            await central.expect("StopTransaction")
            await central.expect("StatusNotification", connectorId=1, errorCode="PowerSwitchFailure")
            _, said, _ = await shop.ask("status")
            assert "connector 1: Faulted\n  The contactor does not open: switch off the mains.\n" in said
            assert WELDED in said
            world = shop.world
        async with workshop(tmp_path, central, capsys, world=world) as shop:
            await shop.sees("The contactor does not open")
            await shop.until(lambda: shop.agent.loop.station.connectors[1].stuck)
            status, _, complaint = await shop.ask("clear", "1")
            assert (status, complaint) == (
                1,
                "bollard edge: what is wrong with connector 1 still shows: `bollard edge status` says what; "
                "mend it first\n",
            )
            world.break_(OUTLETS[0], Fault.WELDED, broken=False)
            await shop.until(lambda: not shop.agent.loop.station.connectors[1].stuck)
            assert await shop.ask("clear", "1") == (0, "connector 1 works again\n", "")
            assert await shop.ask("clear", "1") == (
                1,
                "",
                "bollard edge: nothing at connector 1 waits to be cleared\n",
            )
            assert "connector 1: 0.000 kWh flowed while welded and are on no bill" in shop.lines
            _, said, _ = await shop.ask("status", "--json")
            assert json.loads(said)["connectors"][0]["faults"] == []


async def test_a_car_that_draws_too_much_is_released_and_the_log_says_how_much(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Central().running() as central, workshop(tmp_path, central, capsys) as shop:
        await shop.charging()
        car = shop.outlet().car
        assert car is not None
        car.power_w = 33_000
        shop.world.break_(OUTLETS[0], Fault.GREEDY_CAR)
        told = await central.expect("StatusNotification", connectorId=1, errorCode="OverCurrentFailure")
        assert (told["status"], told["info"]) == ("Faulted", "The car draws too much current")
        assert not shop.outlet().engaged
        assert any("(47.8 A, at most 35.7 A are tolerated); clears by replug" in line for line in shop.lines)
