"""Every real driver, with its part missing or wrongly wired: one sentence that names it and says what to check."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edge import trying
from edge.checking import SHELVES
from edge.cli import main
from edge.trying import tried_once
from hardware import catalogue
from hardware.meters import clamps
from hardware.ports import Part
from hardware.readers import mfrc522
from tests.edge.workshop import write_settings
from tests.hardware.ads1115 import Ads1115
from tests.hardware.benches import world_process
from tests.hardware.raw_meters import SILENCE, RawMeter, serial_bus, showing
from tests.hardware.reader_benches import Mfrc522Bench
from tests.hardware.running import running

Patch = pytest.MonkeyPatch
ALL = {**SHELVES, "reader": catalogue.READERS, "input": catalogue.INPUTS}
NOWHERE = "/dev/ttyUSB77"
NO_PORT = (
    "/dev/ttyUSB77 is not there: check that its adapter is plugged in, and its name (ls /dev/serial/by-id); for the"
    " Pi's own, that config.txt has enable_uart=1"
)
NO_I2C = "/dev/i2c-31 is not there: check that config.txt has dtparam=i2c_arm=on, and that the Pi was restarted since"
NO_SPI = "/dev/spidev9.1 is not there: check that config.txt has dtparam=spi=on, and that the Pi was restarted since"
NO_PI = "GPIO pins need a Raspberry Pi: This module can only be run on a Raspberry Pi!"
UNHEARD = "the card reader cannot be heard: "
SILENT = "does not answer: check its supply, its wiring (A and B), baud rate and parity and its address"
CLAMPS: dict[str, object] = {"counter": "/tmp/never.wh", "channels": ["0-1"], "amperes_per_volt": 30}


def no_spidev(patch: Patch) -> None:
    patch.setitem(sys.modules, "spidev", None)


def no_spi(patch: Patch) -> None:
    """The package as it behaves where there is no such device."""

    class SpiDev:
        def open(self, bus: int, device: int) -> None:
            raise FileNotFoundError(2, "No such file or directory")

    spidev = ModuleType("spidev")
    spidev.SpiDev = SpiDev  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "spidev", spidev)


def unwired_spi(patch: Patch) -> None:
    Mfrc522Bench(patch).unplug()
    patch.setattr(mfrc522, "amiss", lambda path, kind: None)


def no_ads1x15(patch: Patch) -> None:
    patch.setitem(sys.modules, "adafruit_ads1x15.ads1115", None)


def no_rpi(patch: Patch) -> None:
    patch.setitem(sys.modules, "RPi", ModuleType("RPi"))
    patch.setitem(sys.modules, "RPi.GPIO", None)


def other_address(patch: Patch) -> None:
    chip = Ads1115(lambda *_: 0.0, address=0x49)
    patch.setattr(clamps, "I2cBus", lambda bus: chip)
    patch.setattr(clamps, "amiss", lambda path, kind: None)


@dataclass(frozen=True)
class Case:
    """A part, what is wrong around it, and the sentence."""

    port: str
    driver: str
    settings: dict[str, object]
    sentence: str
    around: Callable[[Patch], None] = field(default=lambda patch: None)


SERIAL: dict[str, object] = {"serial_port": NOWHERE}
LINE = {**SERIAL, "device_id": 3}
OWN = {"energy": {"address": 0, "type": "u32", "unit": "Wh"}}
NAMES = {"modbus": "the meter"}
METERS = [name for name in catalogue.METERS.modules if name not in ("simulated", "sct-013")]


def meter_name(driver: str) -> str:
    module, _, name = catalogue.METERS.modules[driver].partition(":")
    return getattr(sys.modules[module], name).name if name else NAMES[driver]


CASES = [
    Case(
        "reader", "mfrc522", {},
        "the reader mfrc522 needs the package spidev (import of spidev halted; None in sys.modules): type `make pi`",
        no_spidev,
    ),
    Case("reader", "mfrc522", {"bus": 9, "device": 1}, f"the MFRC522 cannot be read: {NO_SPI}", no_spi),
    Case(
        "reader", "mfrc522", {"bus": 0, "device": 1},
        "the MFRC522 cannot be read: /dev/spidev0.1 does not answer: check its wiring, its 3.3 V and its RST on 3.3 V",
        unwired_spi,
    ),
    *(Case("reader", name, SERIAL, UNHEARD + NO_PORT) for name in ("pn532", "rdm6300", "serial-lines")),
    Case(
        "reader", "keyboard", {"device": "/dev/input/by-id/none"},
        UNHEARD + "/dev/input/by-id/none is not there: check that the reader is plugged in, and its name"
        " (ls /dev/input/by-id)",
    ),
    Case(
        "reader", "keyboard", {"device": "/dev/zero"},
        UNHEARD + "/dev/zero is no keyboard, or taken: check its name (ls /dev/input/by-id)",
    ),
    *(
        Case("meter", name, {**LINE, **({"map": OWN} if name == "modbus" else {})}, f"{{name}} 3 at {NOWHERE} cannot be"
             f" reached: {NO_PORT}")
        for name in METERS
    ),
    Case(
        "meter", "sdm630", {"device_id": 1, "host": "127.0.0.1", "port": 1},
        "Eastron SDM630 1 at 127.0.0.1:1 refuses the connection: check its address and its cable",
    ),
    Case(
        "meter", "sct-013", CLAMPS,
        "CT clamps need the package adafruit-circuitpython-ads1x15 (import of adafruit_ads1x15.ads1115 halted; None in"
        " sys.modules): type `make pi`",
        no_ads1x15,
    ),
    Case("meter", "sct-013", {**CLAMPS, "bus": 31}, NO_I2C),
    Case(
        "meter", "sct-013", CLAMPS,
        "no ADS1115 at 0x48 that measures (No I2C device at address: 0x48): check its supply, SDA and SCL, its ADDR"
        " pin, and that config.txt has dtparam=i2c_arm_baudrate=400000",
        other_address,
    ),
    *(
        Case(port, "openwb-evse", LINE, f"the EVSE board 3 at {NOWHERE} cannot be reached: {NO_PORT}")
        for port in ("vehicle", "limit")
    ),
    *(Case(port, "gpio", {"pin": 22}, NO_PI) for port in ("vehicle", "contactor", "input")),
    Case(
        "contactor", "gpio", {"pin": 22},
        "GPIO pins need the package rpi-lgpio (import of RPi.GPIO halted; None in sys.modules): type `make pi`",
        no_rpi,
    ),
    Case(
        "contactor", "gpio", {"pin": 5},
        "GPIO5 floats high until the guardian runs, which would engage this contactor: choose one of GPIO9 to 27, or"
        " add a resistor that holds it released and say pulled = true",
    ),
    Case("indicator", "lights", {"green": 25}, NO_PI),
    Case("indicator", "buzzer", {"pin": 12}, NO_PI),
    Case("indicator", "hd44780", {"bus": 31}, f"I2C device 0x27: {NO_I2C}"),
    Case("indicator", "ssd1306", {"bus": 31}, f"I2C device 0x3c: {NO_I2C}"),
    Case(
        "indicator", "several", {"parts": [{"driver": "ssd1306", "bus": 31}, {"driver": "hd44780", "bus": 31}]},
        f"I2C device 0x3c: {NO_I2C}; I2C device 0x27: {NO_I2C}",
    ),
    Case(
        "input", "temperature", {"file": "/sys/bus/w1/devices/28-none*/temperature"},
        "no temperature from /sys/bus/w1/devices/28-none*/temperature: is it the only one of that name, wired, and its"
        " dtoverlay loaded?",
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _quick(monkeypatch: Patch) -> None:
    monkeypatch.setattr(trying, "LISTEN_S", 0.2)


async def said(port: str, driver: str, settings: dict[str, object]) -> str:
    sentence, well = await tried_once(ALL[port], Part(driver, settings))
    assert not well
    return sentence


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.port} {case.driver}")
async def test_it_says_in_one_sentence_what_to_check(case: Case, monkeypatch: Patch, tmp_path: Path) -> None:
    case.around(monkeypatch)
    settings: dict[str, Any] = {**case.settings}
    if "counter" in settings:
        settings["counter"] = str(tmp_path / "counter.wh")
    sentence = await said(case.port, case.driver, settings)
    name = meter_name(case.driver) if "{name}" in case.sentence else ""
    assert sentence == case.sentence.replace("{name}", name)


def test_the_table_has_every_real_driver() -> None:
    real = {(port, name) for port, shelf in ALL.items() for name in shelf.modules if name != "simulated"}
    assert real == {(case.port, case.driver) for case in CASES}


@contextmanager
def nobody_special() -> Iterator[None]:
    """What root may open is no test."""
    root = os.geteuid() == 0
    os.seteuid(65_534) if root else None
    try:
        yield
    finally:
        os.seteuid(0) if root else None


@pytest.mark.parametrize("driver", ["pn532", "rdm6300"])
async def test_a_port_that_one_may_not_open_names_the_group(driver: str, tmp_path_factory: Any) -> None:
    port = Path("/tmp") / f"bollard-port-{os.getpid()}"  # a folder of pytest's would itself be closed to others
    port.touch(mode=0o600)
    try:
        if os.geteuid() != 0:
            port.chmod(0)
        ALL["reader"].check(Part(driver, {"serial_port": str(port)}))  # imported while everything may be read
        with nobody_special():
            sentence = await said("reader", driver, {"serial_port": str(port)})
    finally:
        port.unlink()
    assert sentence == UNHEARD + (
        f"{port} may not be opened by this user: check that it is in the group dialout (groups)"
    )


async def test_a_silent_bus_and_a_meter_of_another_model() -> None:
    raw = RawMeter(lambda *_: SILENCE)
    async with serial_bus({3: raw}) as bus:
        line = {"serial_port": bus.port, "device_id": 3, "timeout_s": 0.06}
        assert await said("meter", "sdm630", line) == f"Eastron SDM630 3 at {bus.port} {SILENT}"
        assert await said("vehicle", "openwb-evse", line) == f"the EVSE board 3 at {bus.port} {SILENT}"
        raw.answer = lambda function, address, count: bytes((function | 0x80, 2))
        refused = "refused to give 74 registers at 0x0000 (exception 2): is it this model?"
        assert await said("meter", "sdm630", line) == f"Eastron SDM630 3 at {bus.port} {refused}"
        raw.answer = showing({})
        assert await tried_once(ALL["meter"], Part("sdm630", line)) == ("0.000 kWh, 0 W, number 458759", True)


def test_a_contactor_that_cannot_be_had_ends_the_agent_with_a_sentence(tmp_path: Path) -> None:
    with world_process("lab/1", "lab/2") as world:
        real = {"contactor": 'driver = "gpio"\npin = 17\n'}
        path = write_settings(tmp_path, "ws://127.0.0.1:1", world.address, real=real)
        words = [sys.executable, "-m", "bollard", "edge", "run", "--config", str(path)]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        f"bollard edge: connector 1: {NO_PI}",
        f"bollard edge run: no guardian answers at {tmp_path}/guardian.sock: is it running?",
    ]


BROKEN = {
    "meter": f'driver = "sdm630"\nserial_port = "{NOWHERE}"\ndevice_id = 3\n',
    "vehicle": f'driver = "openwb-evse"\nserial_port = "{NOWHERE}"\ndevice_id = 4\n',
    "indicator": 'driver = "ssd1306"\nbus = 31\n',
}
BROKEN_READER = f'[[readers]]\ndriver = "pn532"\nserial_port = "{NOWHERE}"\n'
SENTENCES = (
    UNHEARD + NO_PORT,
    f"Eastron SDM630 3 at {NOWHERE} cannot be reached: {NO_PORT}",
    f"the EVSE board 4 at {NOWHERE} cannot be reached: {NO_PORT}",
    f"I2C device 0x3c: {NO_I2C}",
)


def test_the_check_and_the_agent_say_the_same_of_a_station_with_many_parts_amiss(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with world_process("lab/1", "lab/2") as world:
        path = write_settings(tmp_path, "ws://127.0.0.1:1", world.address, more=BROKEN_READER, real=BROKEN)
        assert main(["check", "--parts", "--config", str(path)]) == 1
        checked = capfd.readouterr().out.splitlines()[1:]
        assert len(checked) == 2 + 1 + 2 * 6
        amiss = [line for line in checked if line.startswith("AMISS")]
        assert sorted(line.partition(": ")[2].partition(": ")[2] for line in amiss if "readers" not in line) == sorted(
            SENTENCES[1:]
        )
        assert f"AMISS  readers: reader pn532: {SENTENCES[0]}" in amiss
        with running("-m", "bollard", "edge", "run", "--config", str(path)) as agent:
            heard, wanted = "", set(SENTENCES)
            while wanted:
                line = agent.line_with("")
                heard += line
                wanted -= {sentence for sentence in wanted if sentence in line}
            assert main(["check", "--parts", "--config", str(path)]) == 2
    captured = capfd.readouterr()
    assert "the parts are at work: stop the agent and its guardian before they are tried" in captured.err
    assert "Traceback" not in heard + captured.err
