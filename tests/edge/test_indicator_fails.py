"""A display that cannot be told: the operator is warned, and it is tried until it shows."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from edge import devices
from hardware.ports import Signal
from hardware.simulation.client import here
from hardware.world import World
from tests.edge.central import Central
from tests.edge.workshop import OUTLETS, TAG, spot, workshop

GLASS = "glass/1"


async def test_an_indicator_that_fails_is_a_warning_until_it_shows_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "SHOW_AGAIN_S", 0.05)
    room = World((GLASS,))
    with ExitStack() as away:
        address = away.enter_context(here("room", room))
        real = {"indicator": spot(address, GLASS)}
        async with Central().running() as central, workshop(tmp_path, central, capsys, real=real) as shop:
            await central.expect("StatusNotification", connectorId=2)
            away.close()
            shop.arrive()
            told = await central.expect("StatusNotification", connectorId=0, errorCode="OtherError")
            assert (told["status"], told["info"]) == ("Available", "no world named 'room' is open in this process")
            with here("room", room):
                await central.expect("StatusNotification", connectorId=0, errorCode="NoError")
                assert room.outlet(GLASS).signal is Signal.PRESENT_TAG
                shop.world.tap(OUTLETS[0], TAG)
                await shop.until(lambda: room.outlet(GLASS).signal is Signal.CHARGING)
    said = [line for line in shop.lines if "connector 1: the indicator" in line]
    assert [line.partition("the indicator ")[2][:11] for line in said] == ["shows nothi", "shows again"]
