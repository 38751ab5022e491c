"""The two builds of PARTS.md as a technician would begin them: every part real, each on its emulated chip or bus."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hardware.gpio import Level
from hardware.ports import Vehicle
from tests.hardware.chip import Chip
from tests.hardware.lcd import Lcd
from tests.hardware.pn532 import Card, Pn532
from tests.hardware.raw_evse import EvseLine, RawEvse
from tests.hardware.raw_meters import RawMeter, kwh, serial_bus, showing
from tests.hardware.running import PATIENCE_S, Running, running
from tests.hardware.test_documents import EXAMPLES

RELAY, MIRROR, STOP, PLUG, BACKPACK, OLED = 17, 23, 22, 16, 0x27, 0x3C
UID = "04A1B2C3D4E5F6"
OFFLINE = "\n[configuration]\nAllowOfflineTxForUnknownId = true\n"
BUILD = {name: text for text in EXAMPLES for name in ("shed-1", "depot-2") if name in text}


def settings(folder: Path, name: str, **ports: str) -> Path:
    """A build's settings as the document has them, but for the folders and the ports of this machine."""
    text = BUILD[name].replace('key_file = "/etc/bollard/key"\n', "").replace("spawn = false\n", "")
    here = {"/var/lib/bollard-edge": "data", "/run/bollard/guardian.sock": "guardian.sock"}
    here |= {"wss://csms.example.org:8443/ocpp": "ws://127.0.0.1:1/"} | ports
    for there, instead in here.items():
        assert there in text
        text = text.replace(there, instead)
    path = folder / "edge.toml"
    path.write_text(text + OFFLINE)
    return path


@dataclass
class Station:
    """A build on the pins, with a contactor that follows its relay and takes its mirror contact along."""

    pins: Chip
    path: Path
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pin in (STOP, MIRROR):
            self.pins.hold(pin, Level.LOW)
        self.pins.follow(RELAY, lambda level: self.pins.hold(MIRROR, None if level is Level.HIGH else Level.LOW))

    async def check(self) -> str:
        """What `bollard edge check --parts` says."""
        words = (sys.executable, "-m", "bollard", "edge", "check", "--parts", "--config", str(self.path))
        environment = {**os.environ, **self.pins.environment, **self.more}
        done = await asyncio.to_thread(subprocess.run, words, env=environment, capture_output=True, text=True)
        return str(done.stdout)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[Running]:
        """`bollard edge run`, which ends in order."""
        words = ("-m", "bollard", "edge", "run", "--config", str(self.path))
        with running(*words, environment={**self.pins.environment, **self.more}) as agent:
            yield agent
            agent.signal(signal.SIGTERM)
            assert await asyncio.to_thread(agent.ended) == 0

    async def soon(self, level: Level) -> None:
        """Wait until the relay is driven so."""
        await soon(lambda: self.pins.level(RELAY) is level)


async def soon(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)


async def test_build_1_relay_only(pins: Chip, tmp_path: Path) -> None:
    pins.devices.add(BACKPACK)
    reader = Pn532(tmp_path / "ttyS0")
    async with serial_bus({1: RawMeter(showing(kwh(12.5)))}) as bus:
        ports = {"/dev/serial0": str(tmp_path / "ttyS0"), "/dev/ttyUSB0": bus.port}
        station = Station(pins, settings(tmp_path, "shed-1", **ports))
        said = await station.check()
        assert [line.split()[0] for line in said.splitlines()[1:]] == ["well"] * 6, said
        assert "meter sdm120: 12.500 kWh" in said
        async with station.run() as agent:
            await soon(lambda: text(pins).startswith("Ready"))
            pins.hold(PLUG, Level.LOW)
            await soon(lambda: text(pins).startswith("Present a card"))
            reader.hold(Card(bytes.fromhex(UID)))
            await station.soon(Level.HIGH)
            await asyncio.to_thread(agent.line_with, "engaged")
            pins.hold(STOP, None)
            await station.soon(Level.LOW)
            await soon(lambda: text(pins).startswith("The emergency"))
    reader.unplug()


def text(pins: Chip) -> str:
    """The text on the display of 16x2."""
    display = Lcd()
    for _, message in list(pins.written):
        display.take(message)
    return " ".join(row.strip() for row in display.rows(16))


class SharedLine(EvseLine):
    """The board under id 1, and a meter under id 2 of the same line."""

    def __init__(self, evse: RawEvse, meter: RawMeter) -> None:
        super().__init__(evse)
        self._meter = meter

    def others(self, request: bytes) -> bytes:
        """The meter's answer."""
        return self._meter.frame(request) if request[0] == 2 else b""


async def test_build_2_with_an_evse_controller(pins: Chip, tmp_path: Path) -> None:
    pins.devices.add(OLED)
    cars = [Vehicle.ABSENT]
    board = RawEvse(lambda: cars[-1], lambda limit_ma: None)
    line = SharedLine(board, RawMeter(showing(kwh(7.25))))
    card = tmp_path / "card"
    path = settings(tmp_path, "depot-2", **{"/dev/ttyUSB0": str(line.settings["serial_port"])})
    modules = os.pathsep.join((str(Path(__file__).parent / "pi"), str(Path(__file__).parents[2])))
    station = Station(pins, path, {"PYTHONPATH": modules, "CARD_FILE": str(card)})
    said = await station.check()
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["well"] * 7, said
    assert "meter sdm630: 7.250 kWh" in said
    async with station.run() as agent:
        await asyncio.to_thread(agent.line_with, "agent depot-2")
        cars.append(Vehicle.CONNECTED)
        await asyncio.to_thread(agent.line_with, "Present a card")
        card.write_text(UID)
        await soon(lambda: board.current == 32)
        cars.append(Vehicle.ASKING)
        await station.soon(Level.HIGH)
        await asyncio.to_thread(agent.line_with, "Charging")
        cars.append(Vehicle.ABSENT)
        await station.soon(Level.LOW)
    assert board.current == 0
    line.close()
