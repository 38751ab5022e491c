"""The settings files of the demo's charge points: real Modbus meters, everything else a part of the simulated world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bollard.demo.folder import write_secret

MAX_KW = 25
PARTS = ("contactor", "vehicle", "limit", "lock", "indicator")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a charge point finds its central system, its world and its meters ("host:port"), and how it is configured.

    Registers run `speed` times as fast as real ones. `configuration` holds OCPP configuration keys.
    """

    csms_url: str
    authority: Path
    world: str
    meters: str
    lease_s: float = 2.0
    speed: float = 1.0
    configuration: Mapping[str, int] = field(default_factory=lambda: {"MeterValueSampleInterval": 5})


@dataclass(frozen=True, slots=True)
class Agent:
    """A charge point of the demo: its identity, the key that the central system gave it, its meter's device id."""

    identity: str
    key: str
    device_id: int

    @property
    def outlet(self) -> str:
        """The outlet of its only connector."""
        return f"{self.identity}/1"


def write_settings(folder: Path, agent: Agent, around: Surroundings) -> Path:
    """The agent's TOML file in its own folder, mode 0600 because of the key."""
    home = folder / agent.identity
    home.mkdir(exist_ok=True)
    path = home / "edge.toml"
    write_secret(path, settings(home, agent, around))
    return path


def settings(home: Path, agent: Agent, around: Surroundings) -> str:
    """The text of that file."""
    host, port = around.meters.rsplit(":", 1)
    return f"""\
identity = {_quoted(agent.identity)}
data_dir = {_quoted(home)}

[csms]
url = {_quoted(around.csms_url)}
key = {_quoted(agent.key)}
ca_file = {_quoted(around.authority)}
retry_s = 1.0

[guardian]
socket = {_quoted(home / "guardian.sock")}
lease_s = {around.lease_s}

[guardian.inputs.emergency_stop]
{_simulated(agent, around)}

[[readers]]
connectors = [1]
{_simulated(agent, around)}

[[connectors]]
id = 1
max_current_a = 32
phases = 3
max_power_kw = {MAX_KW * max(around.speed, 1.0)}

[connectors.meter]
driver = "sdm630"
host = {_quoted(host)}
port = {port}
device_id = {agent.device_id}

{_parts(agent, around)}
[configuration]
{_configuration(around)}
"""


def _parts(agent: Agent, around: Surroundings) -> str:
    return "".join(f"[connectors.{part}]\n{_simulated(agent, around)}\n\n" for part in PARTS)


def _configuration(around: Surroundings) -> str:
    return "\n".join(f"{key} = {value}" for key, value in around.configuration.items())


def _simulated(agent: Agent, around: Surroundings) -> str:
    return f'driver = "simulated"\nworld = {_quoted(around.world)}\noutlet = {_quoted(agent.outlet)}'


def _quoted(value: object) -> str:
    """A TOML basic string."""
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
