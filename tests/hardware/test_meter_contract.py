"""The contract of a meter, on every driver of the catalogue and every kind of line."""

import asyncio
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from hardware.catalogue import METERS, make_meter
from hardware.errors import MeterSilent
from hardware.meters import clamps
from hardware.outlet import Fault
from hardware.ports import Meter, Part, Quality
from hardware.simulation.requests import Break
from tests.hardware.ads1115 import Ads1115
from tests.hardware.benches import here_bench
from tests.hardware.raw_meters import SILENCE, RawMeter, line_to, showing

OWN = tomllib.loads('energy = { address = 0, type = "u32", unit = "Wh" }')


@dataclass
class Metered:
    """A meter, how it is silenced and made to speak again, and the clock that its readings go by."""

    meter: Meter
    hush: Callable[[bool], None]
    now_s: Callable[[], float] = time.monotonic


Fitted = Callable[[Path, pytest.MonkeyPatch], AbstractAsyncContextManager[Metered]]


@asynccontextmanager
async def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Metered]:
    with here_bench() as bench:

        def hush(silent: bool) -> None:
            bench.do(Break(bench.outlet, Fault.SILENT_METER, broken=silent))

        yield Metered(make_meter(Part("simulated", bench.spot)), hush)


@asynccontextmanager
async def modbus(
    driver: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **more: object
) -> AsyncIterator[Metered]:
    raw = RawMeter(showing({}))
    async with line_to(kind, raw) as line:

        def hush(silent: bool) -> None:
            raw.fault = (lambda frame: SILENCE) if silent else (lambda frame: frame)
            raw.answer = (lambda *_: SILENCE) if silent else showing({})

        yield Metered(make_meter(Part(driver, {**line, **more})), hush)


@asynccontextmanager
async def clamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Metered]:
    chip = Ads1115(lambda channel, from_s, span_s: 0.0)
    monkeypatch.setattr(clamps, "I2cBus", lambda bus: chip)
    monkeypatch.setattr(clamps, "time", chip)
    settings = {"counter": str(tmp_path / "energy"), "channels": ["0-1"], "amperes_per_volt": 90.9}

    def hush(silent: bool) -> None:
        chip.stuck = silent

    yield Metered(make_meter(Part("sct-013", settings)), hush, chip.monotonic)


OTHERS = {"simulated": simulated, "sct-013": clamped, "modbus": partial(modbus, "modbus", "serial", map=OWN)}
MODELS = {name: partial(modbus, name, "serial") for name in METERS.modules if name not in OTHERS}
LINES = {f"sdm630 {kind}": partial(modbus, "sdm630", kind) for kind in ("tcp", "rtu")}
DRIVERS: dict[str, Fitted] = {**OTHERS, **MODELS, **LINES}


@pytest.fixture(params=DRIVERS)
async def metered(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Metered]:
    """Each driver with a healthy meter that has counted nothing yet."""
    async with DRIVERS[request.param](tmp_path, monkeypatch) as found:
        yield found
        await found.meter.close()


async def test_a_reading_is_whole_and_dated(metered: Metered) -> None:
    before_ms = int(metered.now_s() * 1000)
    reading = await metered.meter.read()
    assert before_ms <= reading.at_ms <= metered.now_s() * 1000 + 1
    assert reading.energy_wh == 0
    assert reading.power_w in (0, None)
    numbers = (reading.energy_wh, *reading.current_ma, *reading.voltage_mv, *reading.phase_power_w)
    assert {type(number) for number in numbers} == {int}
    assert (reading.quality is Quality.ESTIMATED) is (metered.now_s is not time.monotonic)


async def test_silence_is_said_and_ends(metered: Metered) -> None:
    await metered.meter.read()
    metered.hush(True)
    for _ in range(2):
        with pytest.raises(MeterSilent):
            await metered.meter.read()
    metered.hush(False)
    assert (await metered.meter.read()).energy_wh == 0


async def test_a_cancelled_reading_is_cancelled_and_the_next_one_is_right(metered: Metered) -> None:
    for turns in (1, 2, 5):
        reading = asyncio.create_task(metered.meter.read())
        for _ in range(turns):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait({reading})
        assert (await metered.meter.read()).energy_wh == 0
