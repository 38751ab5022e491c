"""What a whole agent with two connectors keeps in memory: which modules, and how much."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from tests.edge.central import Central
from tests.edge.workshop import OUTLETS, write_settings
from tests.hardware.benches import world_process
from tests.hardware.running import Running, running

MOST_KB = 60 * 1024
PROGRAM = """
import json, sys
from bollard.cli import main
status = main(sys.argv[1:])
print("modules", json.dumps(sorted(sys.modules)))
"""
# Slow or large, and needed by others only: the cloud, drivers that the settings do not name, the tools of tests.
STRANGERS = {"cloud", "jsonschema", "ocpp", "pymodbus", "pytest", "serial", "sqlalchemy", "starlette", "uvicorn"}
SDM630 = 'driver = "sdm630"\nhost = "127.0.0.1"\nport = {port}\ndevice_id = {number}\n'


def resident_kb(process: Running) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.parametrize("driver", ["simulated", "sdm630"])
async def test_a_whole_agent_is_small_and_imports_what_it_uses(driver: str, tmp_path: Path) -> None:
    async with Central().running() as central:
        with world_process(*OUTLETS, speed=1) as world:
            path = write_settings(tmp_path, central.url, world.address)
            if driver == "sdm630":
                path.write_text(with_sdm630(path.read_text(), world.ready.modbus_port))
            with running("-c", PROGRAM, "edge", "run", "--config", str(path)) as agent:
                await central.expect("StatusNotification", connectorId=2)
                assert resident_kb(agent) <= MOST_KB
                agent.signal(signal.SIGTERM)
                said = await asyncio.to_thread(agent.line_with, "modules ")
    packages = {name.partition(".")[0] for name in json.loads(said.removeprefix("modules "))}
    assert packages & STRANGERS == ({"pymodbus", "serial"} if driver == "sdm630" else set())
    assert {"asyncio", "edge", "msgspec", "websockets"} <= packages


def with_sdm630(settings: str, port: int) -> str:
    """The same station, its meters on Modbus TCP."""
    before, *rest = settings.split("[connectors.meter]\n")
    others = [part.partition("[")[1:] for part in rest]
    meters = [SDM630.format(port=port, number=number) for number in range(1, len(rest) + 1)]
    return before + "".join(f"[connectors.meter]\n{m}{''.join(o)}" for m, o in zip(meters, others, strict=True))
