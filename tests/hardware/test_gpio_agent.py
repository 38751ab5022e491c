"""`bollard edge run` with real and simulated parts mixed: plug contact, relay, emergency stop and display on a chip."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from hardware.gpio import Level
from hardware.simulation.requests import Tap
from tests.hardware.benches import ProcessBench
from tests.hardware.chip import Chip
from tests.hardware.lcd import Lcd
from tests.hardware.running import PATIENCE_S, running

RELAY, MIRROR, STOP, PLUG, BACKPACK = 17, 23, 22, 16, 0x27
SETTINGS = """
identity = "site"
data_dir = "data"
[csms]
url = "ws://127.0.0.1:1/"
[guardian]
socket = "guardian.sock"
[guardian.inputs.emergency_stop]
driver = "gpio"
pin = {stop}
[[readers]]
{simulated}
[[connectors]]
id = 1
[connectors.meter]
{simulated}
[connectors.contactor]
driver = "gpio"
pin = {relay}
feedback_pin = {mirror}
[connectors.vehicle]
driver = "gpio"
pin = {plug}
[connectors.indicator]
driver = "several"
parts = [{{ driver = "hd44780", columns = 20, rows = 4 }}, {{ driver = "lights", green = 25 }}]
[configuration]
AllowOfflineTxForUnknownId = true
"""


def soon(condition: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until_s:
        time.sleep(0.02)
    return condition()


def reads(pins: Chip) -> str:
    """The text on the display."""
    display = Lcd()
    for _, message in list(pins.written):
        display.take(message)
    return " ".join(display.rows(20))


def settings(folder: Path, bench: ProcessBench) -> Path:
    simulated = f'driver = "simulated"\nworld = "{bench.world}"\noutlet = "{bench.outlet}"'
    path = folder / "edge.toml"
    path.write_text(SETTINGS.format(simulated=simulated, stop=STOP, relay=RELAY, mirror=MIRROR, plug=PLUG))
    return path


def test_a_whole_charge_point_on_the_pins(pins: Chip, process_bench: ProcessBench, tmp_path: Path) -> None:
    pins.devices.add(BACKPACK)
    pins.hold(STOP, Level.LOW)
    pins.hold(MIRROR, Level.LOW)
    pins.follow(RELAY, lambda level: pins.hold(MIRROR, None))  # its main contacts close, and never open again
    words = ("-m", "bollard", "edge", "run", "--config", str(settings(tmp_path, process_bench)))
    with running(*words, environment=pins.environment) as agent:
        assert soon(lambda: reads(pins).startswith("Ready"))
        pins.hold(PLUG, Level.LOW)
        assert soon(lambda: reads(pins).startswith("Present a card"))
        process_bench.do(Tap(process_bench.outlet, "04A1B2C3D4E5F6"))
        assert soon(lambda: pins.level(RELAY) is Level.HIGH)
        assert soon(lambda: reads(pins).startswith("Charging: 0.0 kWh"))
        pins.hold(STOP, None)
        assert soon(lambda: pins.level(RELAY) is Level.LOW)
        assert soon(lambda: reads(pins).startswith("The emergency stop"))
        pins.hold(STOP, Level.LOW)
        assert soon(lambda: reads(pins).startswith("The contactor does not open"))
        agent.signal(signal.SIGTERM)
        assert agent.ended() == 0
