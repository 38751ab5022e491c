"""The Modbus meters against register words known by hand, and against meters that misbehave; on every kind of line."""

import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from hardware.catalogue import make_meter
from hardware.errors import MeterImplausible, MeterSilent
from hardware.ports import Meter, Part, Reading
from tests.hardware.benches import ProcessBench
from tests.hardware.raw_meters import DRIVERS, ROWS, SILENCE, Answer, RawMeter, kwh, line_to, showing, words_of

MeterThat = Callable[..., AbstractAsyncContextManager[tuple[Meter, RawMeter]]]
FIELDS = {"energy_import": "energy_wh", "power": "power_w", "voltage": "voltage_mv", "current": "current_ma"}
SCALES = {"voltage": 1000, "current": 1000}


@pytest.fixture(params=["serial", "tcp", "rtu"])
def meter_that(request: pytest.FixtureRequest) -> MeterThat:
    """The driver, connected to a raw meter that answers so."""
    return lambda answer, driver="sdm630": meter_on(request.param, answer, driver)


@asynccontextmanager
async def meter_on(kind: str, answer: Answer, driver: str) -> AsyncIterator[tuple[Meter, RawMeter]]:
    raw = RawMeter(answer)
    async with line_to(kind, raw) as line:
        meter = make_meter(Part(driver, line))
        yield meter, raw
        await meter.close()


def shown(reading: Reading, row: dict[str, str]) -> int | None:
    name = FIELDS[row["quantity"]]
    if row["quantity"] == "power" and row["phase"]:
        name = "phase_power_w"
    found = getattr(reading, name)
    return found[int(row["phase"][1]) - 1] if row["phase"] else found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['meter']} {row['quantity']} {row['words_hex']}")
async def test_known_words_decode_to_their_value(row: dict[str, str]) -> None:
    async with meter_on("serial", showing(words_of(row)), DRIVERS[row["meter"]]) as (meter, raw):
        if row["expected"] != "unavailable":
            expected = float(row["expected"]) * SCALES.get(row["quantity"], 1)
            assert shown(await meter.read(), row) == round(expected)
        elif row["quantity"] == "power":
            assert (await meter.read()).power_w is None
        else:
            with pytest.raises(MeterImplausible, match="no number as its energy"):
                await meter.read()
        assert {function for function, address, _ in raw.asked if address < 0x8000} == {int(row["function"])}


@pytest.mark.parametrize("energy_wh", [1, 999, 1_001, 123_457, 9_999_999, 15_999_999])
async def test_every_wh_survives_the_float_up_to_16_mwh(energy_wh: int) -> None:
    async with meter_on("tcp", showing(kwh(energy_wh / 1000)), "sdm630") as (meter, _):
        assert (await meter.read()).energy_wh == energy_wh


async def test_the_serial_number_is_read_once_and_again_after_a_silence(meter_that: MeterThat) -> None:
    async with meter_that(showing({})) as (meter, raw):
        assert [(await meter.read()).serial for _ in range(3)] == [str(7 * 65_536 + 7)] * 3
        assert [request[0] for request in raw.asked] == [4, 3, 4, 4]
        raw.answer = lambda *_: SILENCE
        with pytest.raises(MeterSilent):
            await meter.read()
        raw.answer = showing({}, serial=8)
        assert (await meter.read()).serial == str(8 * 65_536 + 8)


@pytest.mark.parametrize("told", [SILENCE, bytes((0x83, 2))], ids=["ignores", "refuses"])
async def test_a_meter_that_does_not_tell_its_number_is_read_all_the_same(meter_that: MeterThat, told: bytes) -> None:
    async with meter_that(lambda *asked: told if asked[0] == 3 else showing(kwh(3))(*asked)) as (meter, raw):
        for _ in range(3):
            reading = await meter.read()
            assert (reading.energy_wh, reading.serial) == (3_000, None)
        assert len([function for function, _, _ in raw.asked if function == 3]) == (1 if told else 2)


@pytest.mark.parametrize("high_word", [0x7FC0, 0x7F80, 0xFF80, 0xBF80], ids=["nan", "+inf", "-inf", "-1"])
async def test_an_energy_that_cannot_be_is_refused(high_word: int) -> None:
    async with meter_on("tcp", showing({0x48: high_word}), "sdm630") as (meter, _):
        with pytest.raises(MeterImplausible):
            await meter.read()


async def test_a_phase_that_the_meter_does_not_have_shifts_no_other() -> None:
    nothing = {0x5B04: 0xFFFF, 0x5B05: 0xFFFF, 0x5B10: 0xFFFF, 0x5B11: 0xFFFF}
    volts = {0x5B01: 2300, 0x5B03: 2310}
    async with meter_on("serial", showing({**nothing, **volts}), "abb-b23") as (meter, _):
        reading = await meter.read()
        assert (reading.voltage_mv, reading.current_ma) == ((230_000, 231_000), (0, 0))


async def test_a_short_answer_is_none(meter_that: MeterThat) -> None:
    async with meter_that(lambda function, address, count: struct.pack(">BBHH", function, 4, 0, 0)) as (meter, raw):
        with pytest.raises(MeterSilent, match="something else than it is asked"):
            await meter.read()
        assert len(raw.asked) == 2


async def test_an_exception_answer_is_refused(meter_that: MeterThat) -> None:
    async with meter_that(lambda function, address, count: bytes((function | 0x80, 2))) as (meter, _):
        with pytest.raises(MeterImplausible, match=r"refused to give 74 registers at 0x0000 \(exception 2\)"):
            await meter.read()


async def test_silence_is_asked_twice_and_then_once_until_it_ends(meter_that: MeterThat) -> None:
    async with meter_that(lambda *_: SILENCE) as (meter, raw):
        for asked in (2, 3):
            with pytest.raises(MeterSilent, match="does not answer: check its supply"):
                await meter.read()
            assert len(raw.asked) == asked
        raw.answer = showing(kwh(1))
        assert (await meter.read()).energy_wh == 1_000


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"host": "127.0.0.1", "port": 1}, "check its address"),
        ({"serial_port": "/dev/ttyNONE"}, "/dev/ttyNONE is not there: check that its adapter is plugged in"),
    ],
)
async def test_a_line_that_is_not_there_says_what_to_check(line: dict[str, object], said: str) -> None:
    meter = make_meter(Part("sdm630", {**line, "device_id": 1}))
    with pytest.raises(MeterSilent, match=said):
        await meter.read()
    await meter.close()


async def test_a_device_that_the_bus_does_not_have_is_an_error(process_bench: ProcessBench) -> None:
    settings = {"host": "127.0.0.1", "port": process_bench.modbus_port, "device_id": 247}
    meter = make_meter(Part("sdm630", settings))
    with pytest.raises(MeterImplausible):
        await meter.read()
    await meter.close()


def wh(value: int) -> dict[int, int]:
    """The energy of a PZEM-004T."""
    return {0x05: value & 0xFFFF, 0x06: value >> 16}


async def test_a_register_that_wraps_is_told_as_it_is_and_where_it_wraps() -> None:
    async with meter_on("serial", showing({}), "pzem-004t") as (meter, raw):
        for register_wh in (9_999_990, 5):
            raw.answer = showing(wh(register_wh))
            reading = await meter.read()
            assert (reading.energy_wh, reading.wraps_at_wh) == (register_wh, 10_000_000)
