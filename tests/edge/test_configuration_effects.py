"""What some configuration keys change that no other test shows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.values import Vehicle
from edge.store import Save, Store
from hardware.outlet import Outlet
from hardware.ports import Signal
from tests.edge.central import PATIENCE_S, Central
from tests.edge.scene import BAD, TAG, Scene
from tests.edge.workshop import OUTLETS, Workshop, workshop


@pytest.fixture
async def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Workshop]:
    """An agent that the central system has accepted; what an earlier build stored is still on its disk."""
    (tmp_path / "data").mkdir()
    store = await Store.open(tmp_path / "data" / "edge.db")
    await store.save([Save({"configuration/OfAnotherBuild": b'"1"', "configuration/LightIntensity": b'"101"'})])
    await store.close()
    async with Central().running() as central, workshop(tmp_path, central, capsys) as opened:
        await central.expect("StatusNotification", connectorId=2)
        yield opened


async def shows(shop: Workshop, true: Callable[[Outlet], bool]) -> None:
    """Wait until the indicator of connector 1 shows what is looked for."""
    async with asyncio.timeout(PATIENCE_S):
        while not true(shop.outlet()):
            shop.told.clear()
            await shop.told.wait()


async def changed(shop: Workshop, key: str, value: str) -> str:
    status: str = (await shop.central.call("ChangeConfiguration", key=key, value=value))["status"]
    return status


async def test_the_light_has_the_intensity_that_is_configured_at_once(shop: Workshop) -> None:
    await shows(shop, lambda outlet: outlet.signal is Signal.READY)
    assert shop.outlet().light_percent == 100
    assert await changed(shop, "LightIntensity", "40") == "Accepted"
    await shows(shop, lambda outlet: outlet.light_percent == 40)
    assert shop.outlet().signal is Signal.READY
    assert "configuration: LightIntensity was '100' and is now '40'" in shop.lines


async def test_a_signal_blinks_as_often_as_configured(shop: Workshop) -> None:
    shop.central.answers["Authorize"] = lambda payload: {"idTagInfo": {"status": "Blocked"}}
    assert await changed(shop, "BlinkRepeat", "7") == "Accepted"
    shop.arrive()
    await shows(shop, lambda outlet: outlet.signal is Signal.PRESENT_TAG)
    assert shop.outlet().blinks == 0
    shop.world.tap(OUTLETS[0], TAG)
    await shows(shop, lambda outlet: outlet.signal is Signal.REFUSED)
    assert shop.outlet().blinks == 7


async def test_what_an_earlier_build_stored_and_this_one_does_not_take_is_said(shop: Workshop) -> None:
    ignored = [line for line in shop.lines if line.startswith("a stored setting is ignored: ")]
    assert len(ignored) == 2
    assert any("'OfAnotherBuild' is no configuration key" in line for line in ignored)
    assert any("LightIntensity does not take '101': expected a whole number from 0 to 100" in line for line in ignored)


def test_what_goes_on_for_long_does_not_blink() -> None:
    scene = Scene(BlinkRepeat=2)
    assert (scene.shown().signal, scene.shown().blinks) == (Signal.READY, 0)
    scene.see(1, Vehicle.ASKING)
    scene.present(TAG)
    assert (scene.shown().signal, scene.shown().blinks) == (Signal.CHECKING, 2)
    scene.answer(lost=False)
    scene.advance(3_000)
    assert (scene.shown().signal, scene.shown().blinks) == (Signal.CHARGING, 0)


def test_where_there_is_no_indicator_nothing_is_dimmed_and_nothing_blinks() -> None:
    scene = Scene()
    scene.fitting = replace(scene.fitting, has_indicator=False)
    scene.crash()
    scene.configure("LightIntensity", "40")
    assert scene.reply() == "NotSupported"
    scene.tap(BAD)
    assert (scene.shown().signal, scene.shown().light_percent, scene.shown().blinks) == (Signal.REFUSED, 100, 0)


def test_a_listed_card_is_known_only_while_the_list_is_in_use() -> None:
    for used in ("true", "false"):
        scene = Scene(LocalAuthListEnabled=used)
        scene.knows(TAG)
        scene.see(1, Vehicle.ASKING)
        scene.online(False)
        scene.present(TAG)
        scene.advance(3_000)
        assert scene.outlets[1].closed is (used == "true")
