"""The contract of each port, on every driver."""

import time
from collections.abc import Callable

import pytest

from hardware import catalogue
from hardware.errors import LockStuck, MeterImplausible, MeterSilent, WorldRefused
from hardware.outlet import Fault
from hardware.ports import Meter, Part
from hardware.simulation.requests import Break, Engage, Release, Unplug
from tests.hardware.benches import Bench, ProcessBench, here_bench, plug

MakeMeter = Callable[[Bench], Meter]


def simulated(bench: Bench, **more: object) -> Part:
    return Part("simulated", {**bench.spot, **more})


def sdm630(bench: ProcessBench, **more: object) -> Part:
    settings = {"host": "127.0.0.1", "port": bench.modbus_port, "device_id": bench.device_id, "timeout_s": 0.2}
    return Part("sdm630", {**settings, **more})


@pytest.fixture(params=["here", "process", "sdm630"])
def metered(request: pytest.FixtureRequest):
    """A bench and a meter at it, for each driver."""
    if request.param == "here":
        with here_bench() as bench:
            yield bench, catalogue.make_meter(simulated(bench))
    else:
        bench = request.getfixturevalue("process_bench")
        part = sdm630(bench) if request.param == "sdm630" else simulated(bench)
        yield bench, catalogue.make_meter(part)


async def test_meter_reads_the_register_to_the_wh(metered) -> None:
    bench, meter = metered
    plug(bench, power_w=7_360, phases=1)
    bench.do(Engage(bench.outlet))
    await bench.let_flow(1_234)
    bench.do(Release(bench.outlet))
    reading = await meter.read()
    assert reading.energy_wh == bench.truth().register_wh >= 1_234
    assert (reading.power_w, reading.current_ma) == (0, (0, 0, 0))
    await meter.close()


async def test_meter_reads_power_current_and_voltage_of_each_phase(metered) -> None:
    bench, meter = metered
    plug(bench, power_w=7_360, phases=1)
    bench.do(Engage(bench.outlet))
    before_ms = time.monotonic_ns() // 1_000_000
    reading = await meter.read()
    assert (reading.power_w, reading.current_ma) == (7_360, (32_000, 0, 0))
    assert reading.voltage_mv == (230_000, 230_000, 230_000)
    assert before_ms <= reading.at_ms <= time.monotonic_ns() // 1_000_000
    await meter.close()


async def test_meter_knows_its_serial_number(metered) -> None:
    _, meter = metered
    assert (await meter.read()).serial
    await meter.close()


async def test_silent_meter_says_so_and_is_read_again_once_it_speaks(metered) -> None:
    bench, meter = metered
    bench.do(Break(bench.outlet, Fault.SILENT_METER))
    with pytest.raises(MeterSilent):
        await meter.read()
    bench.do(Break(bench.outlet, Fault.SILENT_METER, broken=False))
    assert (await meter.read()).energy_wh == 0
    await meter.close()


async def test_a_number_that_is_none_is_implausible(metered) -> None:
    bench, meter = metered
    bench.do(Break(bench.outlet, Fault.IMPLAUSIBLE_METER))
    with pytest.raises(MeterImplausible):
        await meter.read()
    await meter.close()


async def test_lock_holds_the_cable(bench: Bench) -> None:
    lock = catalogue.make_lock(simulated(bench))
    plug(bench)
    await lock.lock()
    with pytest.raises(WorldRefused, match="locked"):
        bench.do(Unplug(bench.outlet))
    await lock.unlock()
    bench.do(Unplug(bench.outlet))
    await lock.close()


async def test_stuck_lock_says_so_both_ways(bench: Bench) -> None:
    lock = catalogue.make_lock(simulated(bench))
    bench.do(Break(bench.outlet, Fault.STUCK_LOCK))
    with pytest.raises(LockStuck, match="stayed open"):
        await lock.lock()
    bench.do(Break(bench.outlet, Fault.STUCK_LOCK, broken=False))
    await lock.lock()
    bench.do(Break(bench.outlet, Fault.STUCK_LOCK))
    with pytest.raises(LockStuck, match="stayed shut"):
        await lock.unlock()
    await lock.close()
