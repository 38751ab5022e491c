"""The agent with a real EVSE board beside simulated parts: it falls silent during a session, and comes back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge import devices
from hardware.world import World
from tests.edge.central import Central
from tests.edge.workshop import OUTLETS, TAG, Workshop, workshop
from tests.hardware.raw_evse import EvseLine, RawEvse


@pytest.fixture
async def evse() -> AsyncIterator[tuple[World, EvseLine]]:
    """A board in front of the first outlet of a world."""
    world = World(OUTLETS)
    board = RawEvse(lambda: world.outlet(OUTLETS[0]).vehicle, lambda limit_ma: world.offer(OUTLETS[0], limit_ma))
    line = EvseLine(board)
    yield world, line
    line.close()


def table(line: EvseLine) -> str:
    """The settings of both of its parts."""
    settings = "".join(f"{key} = {value!r}\n" for key, value in line.settings.items())
    return f'driver = "openwb-evse"\n{settings}'


async def test_a_board_that_falls_silent_stops_the_energy_and_says_so_until_it_is_back(
    evse: tuple[World, EvseLine], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "OFFER_AGAIN_S", 0.1)
    world, line = evse
    real = {"vehicle": table(line), "limit": table(line)}
    async with Central().running() as central, workshop(tmp_path, central, capsys, world=world, real=real) as shop:
        await central.expect("StatusNotification", connectorId=2)
        assert line.evse.current == 0
        await shop.charging()
        assert (line.evse.current, shop.outlet().limit_ma) == (32, 32_000)
        await silent_and_back(shop, line)
        world.tap(OUTLETS[0], TAG)
        await central.expect("StopTransaction")
        await shop.until(lambda: line.evse.current == 0)


async def silent_and_back(shop: Workshop, line: EvseLine) -> None:
    line.evse.silent = True
    told = await shop.central.expect("StatusNotification", connectorId=1, errorCode="EVCommunicationError")
    assert told["status"] == "SuspendedEV"
    assert not shop.outlet().engaged
    assert any("the EVSE board 1 at /dev/pts/" in text and "check its supply" in text for text in shop.lines)
    line.evse.silent = False
    line.evse.reboot()
    await shop.central.expect("StatusNotification", connectorId=1, status="Charging")
    await shop.until(lambda: line.evse.current == 32)


async def test_an_offer_that_the_board_does_not_hear_is_made_until_it_does(
    evse: tuple[World, EvseLine], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "OFFER_AGAIN_S", 0.1)
    world, line = evse
    async with (
        Central().running() as central,
        workshop(tmp_path, central, capsys, world=world, real={"limit": table(line)}) as shop,
    ):
        await central.expect("StatusNotification", connectorId=2)
        line.evse.silent = True
        shop.arrive()
        await central.expect("StatusNotification", connectorId=1, status="Preparing")
        world.tap(OUTLETS[0], TAG)
        told = await central.expect("StatusNotification", connectorId=1, status="Faulted")
        assert told["info"].startswith("the EVSE board 1 at")
        line.evse.silent = False
        await central.expect("StatusNotification", connectorId=1, status="Charging")
        await shop.until(lambda: (line.evse.current, shop.outlet().limit_ma) == (32, 32_000))
        assert line.evse.writes == [0, 32]
