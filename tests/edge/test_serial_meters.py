"""The agent as a process with two meters on one serial line, of which one dies."""

from pathlib import Path

from tests.edge.central import Central
from tests.edge.workshop import OUTLETS, write_settings
from tests.hardware.benches import world_process
from tests.hardware.raw_meters import SILENCE, RawMeter, SerialBus, kwh, serial_bus, showing
from tests.hardware.running import running


def with_serial_meters(settings: str, bus: SerialBus) -> str:
    """The same station with its meters on that line."""
    before, *rest = settings.split("[connectors.meter]\n")
    tables = (f'driver = "sdm630"\nserial_port = "{bus.port}"\ndevice_id = {1 + n}\n' for n in range(len(rest)))
    parts = ("[" + part.partition("[")[2] for part in rest)
    return before + "".join(f"[connectors.meter]\n{table}{part}" for table, part in zip(tables, parts, strict=True))


async def test_a_dead_meter_on_a_line_faults_its_own_connector_alone(tmp_path: Path) -> None:
    raw = {number: RawMeter(showing(kwh(number))) for number in (1, 2)}
    async with Central().running() as central, serial_bus(raw) as bus:
        with world_process(*OUTLETS, speed=1) as world:
            path = write_settings(tmp_path, central.url, world.address)
            path.write_text(with_serial_meters(path.read_text(), bus))
            with running("-m", "bollard", "edge", "run", "--config", str(path)):
                await central.expect("StatusNotification", connectorId=2, status="Available")
                raw[2].answer = lambda *_: SILENCE
                await central.expect("StatusNotification", connectorId=2, errorCode="PowerMeterFailure")
                raw[2].answer = showing(kwh(2))
                await central.expect("StatusNotification", connectorId=2, status="Available")
    told = [call.payload for call in central.calls if call.action == "StatusNotification"]
    assert {payload["errorCode"] for payload in told if payload["connectorId"] == 1} == {"NoError"}
    assert len(raw[1].asked) >= 3
