"""The SDM630 driver against register words known by hand, and against meters that misbehave."""

import asyncio
import csv
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hardware.catalogue import make_meter
from hardware.errors import MeterImplausible, MeterSilent
from hardware.meters.register_maps import SDM630, Block, Register, blocks
from hardware.ports import Meter, Part, Reading
from tests.hardware.benches import ProcessBench

ROWS = list(csv.DictReader((Path(__file__).parent / "sdm630_words.csv").open()))
SILENCE = b""

Answer = Callable[[int, int, int], bytes]
"""(function, address, count) -> the answer's PDU, or SILENCE."""


class RawMeter:
    """A Modbus TCP server of which every byte is ours."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[int, int, int]] = []
        self.lines: list[asyncio.Task[None] | None] = []

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(asyncio.current_task())
        while len(request := await reader.read(12)) == 12:
            function, address, count = struct.unpack(">BHH", request[7:])
            self.asked.append((function, address, count))
            if pdu := self.answer(function, address, count):
                writer.write(request[:4] + struct.pack(">HB", len(pdu) + 1, request[6]) + pdu)
        writer.close()


@asynccontextmanager
async def meter_that(answer: Answer) -> AsyncIterator[tuple[Meter, RawMeter]]:
    """The driver, connected to a raw meter that answers so."""
    raw = RawMeter(answer)
    server = await asyncio.start_server(raw.attend, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    meter = make_meter(Part("sdm630", {"host": "127.0.0.1", "port": port, "device_id": 1, "timeout_s": 0.1}))
    yield meter, raw
    await meter.close()
    await asyncio.gather(*filter(None, raw.lines))
    server.close()


def showing(words: dict[int, int]) -> Answer:
    """A healthy meter with these words, zero elsewhere."""

    def answer(function: int, address: int, count: int) -> bytes:
        data = [words.get(at, 0) if function == 4 else 7 for at in range(address, address + count)]
        return struct.pack(f">BB{count}H", function, 2 * count, *data)

    return answer


def words_of(row: dict[str, str]) -> dict[int, int]:
    address = int(row["address"], 16)
    return {address + at: int(word, 16) for at, word in enumerate(row["words"].split())}


def shown(reading: Reading, value: str) -> int:
    name, _, phase = value.partition(" ")
    found = getattr(reading, name)
    return found[int(phase[1]) - 1] if phase else found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['value']} {row['words']}")
async def test_known_words_decode_to_their_value(row: dict[str, str]) -> None:
    async with meter_that(showing(words_of(row))) as (meter, _):
        assert shown(await meter.read(), row["value"]) == round(float(row["expected"]))


@pytest.mark.parametrize("energy_wh", [1, 999, 1_001, 123_457, 9_999_999, 15_999_999])
async def test_every_wh_survives_the_float_up_to_16_mwh(energy_wh: int) -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", energy_wh / 1000))
    async with meter_that(showing({0x48: high, 0x49: low})) as (meter, _):
        assert (await meter.read()).energy_wh == energy_wh


async def test_the_serial_number_is_read_once() -> None:
    async with meter_that(showing({})) as (meter, raw):
        assert [(await meter.read()).serial for _ in range(3)] == [str(7 * 65_536 + 7)] * 3
        assert [request[0] for request in raw.asked] == [4, 3, 4, 4]


@pytest.mark.parametrize(
    "words", [(0x7FC0, 0), (0x7F80, 0), (0xFF80, 0), (0xBF80, 0)], ids=["nan", "+inf", "-inf", "-1"]
)
async def test_an_energy_that_cannot_be_is_refused(words: tuple[int, int]) -> None:
    async with meter_that(showing({0x48: words[0], 0x49: words[1]})) as (meter, _):
        with pytest.raises(MeterImplausible):
            await meter.read()


async def test_a_short_answer_is_refused() -> None:
    async with meter_that(lambda function, address, count: struct.pack(">BBHH", function, 4, 0, 0)) as (meter, _):
        with pytest.raises(MeterImplausible, match="refused to give"):
            await meter.read()


async def test_an_exception_answer_is_refused() -> None:
    async with meter_that(lambda function, address, count: bytes((function | 0x80, 2))) as (meter, _):
        with pytest.raises(MeterImplausible, match="refused to give"):
            await meter.read()


async def test_silence_is_asked_twice_and_then_said() -> None:
    async with meter_that(lambda *_: SILENCE) as (meter, raw):
        with pytest.raises(MeterSilent, match="does not answer"):
            await meter.read()
        assert len(raw.asked) == 2


async def test_a_meter_that_is_not_there_says_what_to_check() -> None:
    meter = make_meter(Part("sdm630", {"host": "127.0.0.1", "port": 1, "device_id": 1}))
    with pytest.raises(MeterSilent, match="check its address"):
        await meter.read()
    await meter.close()


async def test_a_meter_that_restarts_is_read_again() -> None:
    async with meter_that(showing({})) as (meter, raw):
        await meter.read()
        raw.answer = lambda *_: SILENCE
        with pytest.raises(MeterSilent):
            await meter.read()
        raw.answer = showing({0x49: 0, 0x48: 0x3F80})
        assert (await meter.read()).energy_wh == 1_000


async def test_a_device_that_the_bus_does_not_have_is_an_error(process_bench: ProcessBench) -> None:
    settings = {"host": "127.0.0.1", "port": process_bench.modbus_port, "device_id": 247}
    meter = make_meter(Part("sdm630", settings))
    with pytest.raises(MeterImplausible):
        await meter.read()
    await meter.close()


def test_one_request_reads_a_whole_sdm630() -> None:
    assert blocks(SDM630.measured, SDM630.span) == [Block(0x00, 0x4A)]


def test_a_meter_that_gives_few_registers_is_asked_in_pieces_and_no_value_is_torn() -> None:
    registers = [Register(at, 1) for at in (0, 2, 9, 4, 20)]
    assert blocks(registers, 6) == [Block(0, 6), Block(9, 2), Block(20, 2)]
