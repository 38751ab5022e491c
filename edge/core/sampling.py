"""What is measured while a session runs, and what of it the central system is told."""

from dataclasses import replace

from edge.core.configuration import items, number
from edge.core.effects import Effect, Record, Say
from edge.core.facts import MeterSampled
from edge.core.sessions import Step
from edge.core.state import Connector, Session, Station
from edge.core.values import Moment, Reading

CHECKPOINT_MS = 60_000
CHECKPOINT_WH = 100


def measured(station: Station, connector: Connector, reading: Reading, at: Moment) -> Step:
    """A reading taken in: checkpoint when worth it, a `MeterSampled` when one is due."""
    connector = replace(connector, reading=reading)
    session = connector.session
    if session is None:
        return station.having(connector), []
    if _worth_a_checkpoint(session, reading):
        session = replace(session, checkpoint=reading, checkpoint_at=at)
    connector, effects = _sampled(station, replace(connector, session=session), session, reading, at)
    return station.having(connector), effects


def _worth_a_checkpoint(session: Session, reading: Reading) -> bool:
    last = session.checkpoint
    return (
        not 0 <= reading.taken_ms - last.taken_ms < CHECKPOINT_MS or reading.energy_wh - last.energy_wh >= CHECKPOINT_WH
    )


def _sampled(
    station: Station, connector: Connector, session: Session, reading: Reading, at: Moment
) -> tuple[Connector, list[Effect]]:
    interval_ms = number(station.configuration, "MeterValueSampleInterval") * 1000
    due_ms = connector.next_sample_ms
    if interval_ms == 0 or session.stopping is not None or reading.taken_ms < due_ms:
        return connector, []
    missed = (reading.taken_ms - due_ms) // interval_ms
    fact = sample(station, connector, reading, at, "Sample.Periodic")
    power = f"{reading.power_w / 1000:.2f} kW, " if reading.power_w is not None else ""
    delivered_wh = reading.energy_wh - session.meter_start_wh
    said = f"connector {connector.id}: {power}{delivered_wh / 1000:.3f} kWh so far"
    return replace(connector, next_sample_ms=due_ms + (missed + 1) * interval_ms), [Record(fact), Say(said)]


def sample(station: Station, connector: Connector, reading: Reading, at: Moment, context: str) -> MeterSampled:
    """A `MeterSampled` of a connector as MeterValuesSampledData wants it; an empty key means the energy register."""
    session_id = connector.session.session_id if connector.session is not None else None
    measurands = items(station.configuration, "MeterValuesSampledData") or ("Energy.Active.Import.Register",)
    return MeterSampled(session_id, connector.id, reading, at, context, measurands)
