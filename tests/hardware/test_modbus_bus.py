"""A serial bus that misbehaves: late answers, noise, strangers, dead meters and several at once."""

import asyncio
import contextlib
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException

from hardware.catalogue import make_meter
from hardware.errors import MeterImplausible, MeterSilent
from hardware.meters.models import EM340
from hardware.modbus import BETWEEN_DEVICES_S
from hardware.ports import Meter, Part
from tests.hardware.raw_meters import SILENCE, TIMEOUT_S, RawMeter, SerialBus, framed, kwh, serial_bus, showing

VOLTS, AMPERES, WATTS = 0x00, 0x0C, 0x28
GAVAZZI = {VOLTS: 2300, AMPERES: 16_000, WATTS: 36_800, 0x16: 12_300, 0x34: 10}


def meter_on(bus: SerialBus, device_id: int = 1, driver: str = "sdm630") -> Meter:
    return make_meter(Part(driver, {"serial_port": bus.port, "device_id": device_id, "timeout_s": TIMEOUT_S}))


async def test_without_our_care_a_late_answer_is_taken_for_the_next_register() -> None:
    """The bug that the next test guards against does happen on this bus."""
    async with serial_bus({1: RawMeter(showing(GAVAZZI))}) as bus:
        client = AsyncModbusSerialClient(bus.port, baudrate=9600, timeout=0.2, retries=0)
        assert await client.connect()
        bus.meters[1].late_s = 0.3
        with pytest.raises(ModbusException):
            await client.read_input_registers(VOLTS, count=2, device_id=1)
        shifted = await client.read_input_registers(AMPERES, count=2, device_id=1)
        client.close()
    assert shifted.registers[0] == GAVAZZI[VOLTS]


@pytest.mark.parametrize("late_s", [TIMEOUT_S * times for times in (1.5, 3, 3.3, 6)], ids=str)
@pytest.mark.parametrize("slow", [block.address for block in EM340.map.blocks[1:4]])
async def test_a_late_answer_is_never_taken_for_another_register(slow: int, late_s: float) -> None:
    async with serial_bus({1: RawMeter(showing(GAVAZZI))}) as bus:
        raw, meter = bus.meters[1], meter_on(bus, driver="em340")
        lateness = iter([0.0, late_s, TIMEOUT_S / 2])

        def answer(function: int, address: int, count: int) -> bytes:
            raw.late_s = next(lateness, 0.0) if address == slow else 0.0
            return showing(GAVAZZI)(function, address, count)

        raw.answer = answer
        for _ in range(4):
            with contextlib.suppress(MeterSilent):
                reading = await meter.read()
                assert (reading.energy_wh, reading.power_w, reading.phase_power_w[2]) == (1_000, 3_680, 1_230)
                assert (reading.voltage_mv[0], reading.current_ma[0]) == (230_000, 16_000)
        assert (await read_soon(meter)).energy_wh == 1_000
        await meter.close()


async def read_soon(meter: Meter, tries: int = 20):
    for _ in range(tries):
        with contextlib.suppress(MeterSilent):
            return await meter.read()
    raise AssertionError("the meter was not read again")


async def test_a_late_answer_is_not_taken_for_the_next_reading_of_the_same_register() -> None:
    """Each answer counts one kWh more: one that answers the question before is behind."""
    lateness = iter([0.0, 1.5 * TIMEOUT_S, TIMEOUT_S / 2])
    asked = 0

    def answer(function: int, address: int, count: int) -> bytes:
        nonlocal asked
        asked += address == 0
        raw.late_s = next(lateness, 0.0) if address == 0 else 0.0
        return showing(kwh(asked))(function, address, count)

    raw = RawMeter(answer)
    async with serial_bus({1: raw}) as bus:
        meter = meter_on(bus, driver="sdm630")
        for _ in range(3):
            assert (await read_soon(meter)).energy_wh == asked * 1000
        await meter.close()


async def test_an_answer_that_comes_after_a_cancelled_question_answers_no_other() -> None:
    async with serial_bus({1: RawMeter(showing(GAVAZZI), late_s=TIMEOUT_S / 2)}) as bus:
        meter = meter_on(bus, driver="em340")
        asked = asyncio.create_task(meter.read())
        while not bus.meters[1].asked:
            await asyncio.sleep(0.001)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        reading = await meter.read()
        assert (reading.voltage_mv[0], reading.current_ma[0]) == (230_000, 16_000)
        await meter.close()


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "checksum": lambda frame: frame[:-1] + bytes((frame[-1] ^ 1,)),
    "bit in the data": lambda frame: frame[:5] + bytes((frame[5] ^ 4,)) + frame[6:],
    "cut short": lambda frame: frame[: len(frame) // 2],
    "wrong id": lambda frame: framed(b"\x02" + frame[1:-2]),
    "another function": lambda frame: framed(bytes((frame[0], frame[1] ^ 7)) + frame[2:-2]),
    "other length": lambda frame: framed(frame[:2] + bytes((2,)) + frame[3:5]),
    "only noise": lambda frame: b"\xff\x00\xfe" * 9,
    "silence": lambda frame: SILENCE,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_spoilt_answer_is_asked_for_again_and_never_believed(fault: Callable[[bytes], bytes]) -> None:
    async with serial_bus({1: RawMeter(showing(kwh(5)))}) as bus:
        meter = meter_on(bus)
        await meter.read()
        spoilt = iter([fault])
        bus.meters[1].fault = lambda frame: next(spoilt, lambda same: same)(frame)
        assert (await meter.read()).energy_wh == 5_000
        bus.meters[1].fault = fault
        with pytest.raises(MeterSilent):
            await meter.read()
        bus.meters[1].fault = lambda frame: frame
        assert (await meter.read()).energy_wh == 5_000
        await meter.close()


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xff\xff", b"\x55"])
async def test_noise_before_an_answer_does_no_harm(noise: bytes) -> None:
    async with serial_bus({1: RawMeter(showing(kwh(5)), lambda frame: noise + frame)}) as bus:
        meter = meter_on(bus)
        assert (await meter.read()).energy_wh == 5_000
        await meter.close()


async def test_an_adapter_that_hears_what_it_sends_does_no_harm() -> None:
    async with serial_bus({1: RawMeter(showing(kwh(5)), late_s=TIMEOUT_S / 4)}) as bus:
        bus.echoes = True
        meter = meter_on(bus)
        for _ in range(3):
            assert (await meter.read()).energy_wh == 5_000
        await meter.close()


@pytest.mark.parametrize("seed", range(3))
async def test_no_rubbish_is_ever_a_reading(seed: int) -> None:
    random = Random(seed)
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: troubles.append(context))
    async with serial_bus({1: RawMeter(showing(kwh(5)), lambda frame: random.randbytes(random.randrange(60)))}) as bus:
        meter = meter_on(bus)
        for _ in range(5):
            with pytest.raises((MeterSilent, MeterImplausible)):
                await meter.read()
        bus.meters[1].fault = lambda frame: frame
        assert (await read_soon(meter)).energy_wh == 5_000
        await meter.close()
    assert troubles == []


async def test_a_dead_meter_does_not_starve_the_others() -> None:
    """Everybody asks all the time; in each round of the dead one, each of the others is read."""
    raw = {number: RawMeter(showing(kwh(number))) for number in (1, 2, 3)}
    raw[2].answer = lambda *_: SILENCE
    counts = dict.fromkeys(raw, 0)
    async with serial_bus(raw) as bus:
        meters = {number: meter_on(bus, number) for number in raw}

        async def watch(number: int) -> None:
            while counts[2] < 4:
                with contextlib.suppress(MeterSilent):
                    assert (await meters[number].read()).energy_wh == number * 1_000
                counts[number] += 1

        await asyncio.gather(*map(watch, raw))
        for meter in meters.values():
            await meter.close()
    assert min(counts[1], counts[3]) >= 4
    assert len(raw[2].asked) == 5


async def test_between_two_devices_the_line_rests() -> None:
    raw = {number: RawMeter(showing(kwh(number))) for number in (1, 2)}
    async with serial_bus(raw) as bus:
        meters = [meter_on(bus, number) for number in raw]
        for _ in range(2):
            await asyncio.gather(*(meter.read() for meter in meters))
        for meter in meters:
            await meter.close()
    asked = sorted((at_s, number) for number, meter in raw.items() for at_s in meter.asked_at_s)
    turns = [later[0] - earlier[0] for earlier, later in pairwise(asked) if later[1] != earlier[1]]
    assert len(turns) == 3
    assert min(turns) >= BETWEEN_DEVICES_S


async def test_an_adapter_that_is_pulled_out_and_plugged_in_again_is_found(tmp_path) -> None:
    path = tmp_path / "ttyUSB0"
    meter = make_meter(Part("sdm630", {"serial_port": str(path), "device_id": 1, "timeout_s": TIMEOUT_S}))
    for energy_kwh in (1, 2):
        async with serial_bus({1: RawMeter(showing(kwh(energy_kwh)))}) as bus:
            path.symlink_to(bus.port)
            assert (await read_soon(meter)).energy_wh == energy_kwh * 1_000
            path.unlink()
        with pytest.raises(MeterSilent):
            await meter.read()
    await meter.close()
