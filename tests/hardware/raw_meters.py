"""Modbus meters of which every byte is ours: on a serial line (a pty), in TCP, and RTU frames in TCP."""

import asyncio
import csv
import os
import struct
import time
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pymodbus.framer.rtu import FramerRTU

ROWS = list(csv.DictReader((Path(__file__).parent / "meter_registers.csv").open()))
DRIVERS = {
    "SDM120": "sdm120", "SDM230": "sdm230", "SDM630": "sdm630", "B21": "abb-b21", "B23": "abb-b23", "EM340": "em340",
    "EM24_E1": "em24-e1", "EM24": "em24", "iEM3155": "iem3155", "7M.24": "finder-7m24", "7M.38": "finder-7m38",
    "PZEM-004T": "pzem-004t",
}  # fmt: skip
SILENCE = b""
TIMEOUT_S = 0.06

Answer = Callable[[int, int, int], bytes]
"""(function, address, count) -> the answer's PDU, or SILENCE."""
Fault = Callable[[bytes], bytes]
"""What becomes of an RTU frame on its way."""


def showing(words: dict[int, int], serial: int = 7) -> Answer:
    """A healthy meter with these words, zero elsewhere; both words of its serial number are `serial`."""

    def answer(function: int, address: int, count: int) -> bytes:
        data = [words.get(at, serial if at in SERIALS else 0) for at in range(address, address + count)]
        return struct.pack(f">BB{count}H", function, 2 * count, *data)

    return answer


SERIALS = {0xFC00, 0xFC01, 0x8900, 0x8901}


def words_of(row: dict[str, str]) -> dict[int, int]:
    address = int(row["address"], 16)
    return {address + at: int(word, 16) for at, word in enumerate(row["words_hex"].split())}


def kwh(value: float) -> dict[int, int]:
    """The energy of an Eastron meter."""
    return dict(zip((0x48, 0x49), struct.unpack(">HH", struct.pack(">f", value)), strict=True))


@dataclass
class RawMeter:
    """A meter and what it was asked, and when."""

    answer: Answer
    fault: Fault = lambda frame: frame
    late_s: float = 0.0
    asked: list[tuple[int, int, int]] = field(default_factory=list)
    asked_at_s: list[float] = field(default_factory=list)
    busy_until_s: float = 0.0

    def busy(self, now_s: float) -> float:
        """When the next answer is ready: one after the other."""
        self.busy_until_s = max(now_s, self.busy_until_s) + self.late_s
        return self.busy_until_s

    def reply(self, pdu: bytes) -> bytes:
        function, address, count = struct.unpack(">BHH", pdu)
        self.asked.append((function, address, count))
        self.asked_at_s.append(time.monotonic())
        return self.answer(function, address, count)

    def frame(self, request: bytes) -> bytes:
        if not (pdu := self.reply(request[1:6])):
            return SILENCE
        return self.fault(framed(request[:1] + pdu))


def framed(message: bytes) -> bytes:
    """An RTU frame."""
    return message + FramerRTU.compute_CRC(message).to_bytes(2, "big")


class SerialBus:
    """Several raw meters on one pty; whoever has no meter under an id hears nothing."""

    def __init__(self, meters: dict[int, RawMeter]) -> None:
        self.meters = meters
        self.echoes = False
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        self.port = os.ttyname(self._slave)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._master, self._hear)
        self._heard = b""

    def say(self, data: bytes) -> None:
        os.write(self._master, data)

    def close(self) -> None:
        self._loop.remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)

    def _hear(self) -> None:
        heard = os.read(self._master, 1024)
        if self.echoes:
            self.say(heard)
        self._heard += heard
        while len(self._heard) >= 8:
            request, self._heard = self._heard[:8], self._heard[8:]
            if meter := self.meters.get(request[0]):
                frame = meter.frame(request)
                self._loop.call_at(meter.busy(self._loop.time()), self.say, frame)


@asynccontextmanager
async def serial_bus(meters: dict[int, RawMeter]) -> AsyncIterator[SerialBus]:
    """Raw meters on a serial line."""
    bus = SerialBus(meters)
    yield bus
    bus.close()


@asynccontextmanager
async def line_to(kind: str, meter: RawMeter) -> AsyncIterator[dict[str, object]]:
    """One raw meter, device 1, reached as the settings given here say."""
    shared: dict[str, object] = {"device_id": 1, "timeout_s": TIMEOUT_S}
    if kind == "serial":
        async with serial_bus({1: meter}) as bus:
            yield {**shared, "serial_port": bus.port}
        return
    lines: list[asyncio.Task[None] | None] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(asyncio.current_task())
        while request := await reader.read(12):
            writer.write(meter.frame(request) if kind == "rtu" else tcp_reply(meter, request))
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield {**shared, "host": "127.0.0.1", "port": port, "rtu": kind == "rtu"}
    await asyncio.gather(*filter(None, lines))
    server.close()


def tcp_reply(meter: RawMeter, request: bytes) -> bytes:
    pdu = meter.reply(request[7:])
    return request[:4] + struct.pack(">HB", len(pdu) + 1, request[6]) + pdu if pdu else SILENCE
