"""Register maps: our tables, and a technician's own in the settings file."""

import tomllib

import pytest

from hardware.catalogue import METERS, make_meter
from hardware.errors import BadPartSettings
from hardware.meters import models
from hardware.meters.modbus import Model
from hardware.meters.register_maps import Block, Register, blocks, distinct
from hardware.ports import Part
from tests.hardware.raw_meters import DRIVERS, RawMeter, line_to, showing

MODELS = {name: model for name, model in vars(models).items() if isinstance(model, Model)}
OWN = """
function = 3
low_word_first = true
most_registers = 10
energy = { address = 0x100, type = "u32", unit = "0.01 kWh" }
power = { address = 0x110, type = "i32", unit = "kW" }
voltage = [{ address = 0x120, type = "u16", unit = "0.1 V" }]
current = [{ address = 0x130, type = "u16", unit = "mA" }]
serial = { address = 0x140, type = "u32" }
"""


def test_every_model_of_the_table_of_words_has_a_driver() -> None:
    assert set(DRIVERS.values()) <= set(METERS.modules)
    named = {place.partition(":")[2] for place in METERS.modules.values()}
    assert MODELS.keys() <= named


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_no_two_answers_of_a_meter_have_the_same_length(model: Model) -> None:
    counts = [block.count for block in model.map.blocks]
    if model.map.serial is not None and model.map.function == 3:
        counts.append(model.map.serial.words)
    assert len(counts) == len(set(counts))
    assert max(counts) <= model.map.most_registers


def test_one_request_reads_a_whole_sdm630() -> None:
    assert models.SDM630.map.blocks == [Block(0x00, 0x4A)]


def test_a_meter_that_gives_few_registers_is_asked_in_pieces_and_no_value_is_torn() -> None:
    registers = [Register(at, "f32", "kWh") for at in (0, 2, 9, 4, 20)]
    assert blocks(registers, 6) == [Block(0, 6), Block(9, 2), Block(20, 2)]
    assert distinct(blocks(registers, 6), {2}) == [Block(0, 6), Block(9, 4), Block(20, 8)]


async def test_a_technicians_own_map_is_read() -> None:
    words = {0x100: 12_345, 0x110: 7, 0x120: 2305, 0x130: 31_750, 0x140: 9}
    async with line_to("serial", RawMeter(showing(words))) as line:
        meter = make_meter(Part("modbus", {**line, "map": tomllib.loads(OWN)}))
        reading = await meter.read()
        await meter.close()
    assert (reading.energy_wh, reading.power_w, reading.serial) == (123_450, 7_000, "9")
    assert (reading.voltage_mv, reading.current_ma) == ((230_500,), (31_750,))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("0.01 kWh", "kW", "energy: Expected a unit such as Wh, kWh, MWh"),
        ("0.01 kWh", "0 kWh", "energy: Expected a unit such as"),
        ("0.01 kWh", "many kWh", "energy: Expected a unit such as"),
        ('"0.1 V"', '"A"', "voltage: Expected a unit such as mV, V"),
        ('"u32"', '"u33"', r"Invalid enum value 'u33' - at `\$.map.energy.type`"),
        ("0x110", "0x11000", r"Expected `int` <= 65535 - at `\$.map.power.address`"),
        ("most_registers = 10", "most_registers = 200", r"Expected `int` <= 125 - at `\$.map.most_registers`"),
        ("function = 3", "function = 6", r"Invalid enum value 6 - at `\$.map.function`"),
        ("current =", "currents =", "unknown field `currents`"),
        ("energy =", "energie =", "unknown field `energie`|missing required field `energy`"),
    ],
)
def test_a_map_that_cannot_be_says_what_was_expected(before: str, after: str, said: str) -> None:
    settings = {"host": "h", "device_id": 1, "map": tomllib.loads(OWN.replace(before, after))}
    with pytest.raises(BadPartSettings, match=f"meter, driver 'modbus': .*({said})"):
        make_meter(Part("modbus", settings))


@pytest.mark.parametrize("where", [{}, {"host": "h", "serial_port": "/dev/ttyUSB0"}])
def test_a_meter_is_reached_in_one_way(where: dict[str, object]) -> None:
    with pytest.raises(BadPartSettings, match="Expected either `host` or `serial_port`"):
        make_meter(Part("sdm630", {"device_id": 1, **where}))


async def test_meters_on_one_line_agree_about_it() -> None:
    first = make_meter(Part("sdm630", {"device_id": 1, "serial_port": "/dev/ttyX"}))
    with pytest.raises(BadPartSettings, match="the devices on /dev/ttyX differ in baud, parity"):
        make_meter(Part("sdm120", {"device_id": 2, "serial_port": "/dev/ttyX", "baud": 19_200}))
    await first.close()
