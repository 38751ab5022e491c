"""Real processes on a bench: a world with two outlets, a guardian, the agent; and the settings that join them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

OUTLETS = ("bench/1", "bench/2")
TAG = "04A1B2C3D4E5F6"
_PARTS = ("contactor", "vehicle", "limit", "lock", "indicator")
_STATION = """
identity = "bench"
data_dir = "data"
[csms]
url = "{url}"
retry_s = 0.5
[guardian]
socket = "guardian.sock"
[guardian.inputs.emergency_stop]
{spot}
{connectors}
[[readers]]
{spot}
[configuration]
LocalPreAuthorize = true
"""


@dataclass(frozen=True)
class World:
    """A world's process, at real speed."""

    port: int
    modbus_port: int

    @property
    def address(self) -> str:
        """What simulated parts take as their setting `world`."""
        return f"127.0.0.1:{self.port}"


def settings(folder: Path, url: str, world: World, *, modbus: bool) -> Path:
    """A settings file of a station with two whole connectors, whose meters are simulated or SDM630 over Modbus TCP."""
    spots = [f'driver = "simulated"\nworld = "{world.address}"\noutlet = "{outlet}"\n' for outlet in OUTLETS]
    connectors = ""
    for number, spot in enumerate(spots, start=1):
        sdm630 = f'driver = "sdm630"\nhost = "127.0.0.1"\nport = {world.modbus_port}\ndevice_id = {number}\n'
        parts = "".join(f"[connectors.{name}]\n{spot}" for name in _PARTS)
        connectors += f"[[connectors]]\nid = {number}\n{parts}[connectors.meter]\n{sdm630 if modbus else spot}"
    folder.mkdir(exist_ok=True)
    path = folder / "edge.toml"
    path.write_text(_STATION.format(url=url, spot=spots[0], connectors=connectors))
    return path


@contextmanager
def world() -> Iterator[World]:
    """`bollard world` for as long as the block."""
    outlets = [word for outlet in OUTLETS for word in ("--outlet", outlet)]
    with process("-m", "bollard", "world", "--json", "--port", "0", *outlets, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        ready = json.loads(running.stdout.readline())
        Thread(target=running.stdout.read, daemon=True).start()
        yield World(ready["port"], ready["modbus_port"])


@contextmanager
def guardian(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A guardian as systemd starts it: before the agent, and staying."""
    with process("-m", "bollard", "edge", "guardian", "--config", str(path)) as running:
        yield running


@contextmanager
def agent(path: Path) -> Iterator[subprocess.Popen[str]]:
    """The agent."""
    with process("-m", "bollard", "edge", "run", "--config", str(path)) as running:
        yield running


@contextmanager
def process(*arguments: str, stdout: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    """A Python process that does not outlive the block."""
    running = subprocess.Popen([sys.executable, *arguments], stdout=stdout, text=True)
    try:
        yield running
    finally:
        running.terminate()
        running.wait()
