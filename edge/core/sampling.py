"""What the meter is asked, when, and what of its answers the central system is told."""

from dataclasses import replace

from edge.core.configuration import ENERGY, Configuration, items, number
from edge.core.dates import by_session
from edge.core.effects import Effect, ReadMeter, Record, Say
from edge.core.facts import MeterSampled
from edge.core.instants import clock_instant, grid_instant, next_clock_ms
from edge.core.kept import CLOCK, PERIODIC, with_kept
from edge.core.sessions import Step
from edge.core.state import Connector, Session, Station
from edge.core.values import Moment, Reading

CHECKPOINT_MS = 60_000
CHECKPOINT_WH = 100
LATE_MS = 2_000
REPEAT_MS = 5_000
INTERVAL, ALIGNED_INTERVAL = "MeterValueSampleInterval", "ClockAlignedDataInterval"
MEASURANDS = {PERIODIC: "MeterValuesSampledData", CLOCK: "MeterValuesAlignedData", "Trigger": "MeterValuesSampledData"}


def wakes_ms(station: Station, at: Moment) -> int | None:
    """The monotonic time of the next instant at which a value is due; None if there is none."""
    interval_ms, aligned_s = _intervals(station)
    sessions = [session for _, session in station.sessions()]
    clocks = [at, *(by_session(session, at) for session in sessions)] if aligned_s else []
    instants = [next_clock_ms(aligned_s, clock) for clock in clocks]
    if interval_ms:
        instants += [grid_instant(_grid(session), interval_ms, at).mono_ms + interval_ms for session in sessions]
    return min((instant for instant in instants if instant is not None), default=None)


def awaited(station: Station, at: Moment) -> list[Effect]:
    """The meters that must be read, since a value is due."""
    return [ReadMeter(connector.id) for connector in station.connectors.values() if _due(station, connector, at)]


def resumed(station: Station, at: Moment) -> Station:
    """The station as the agent starts: the grids of its sessions go on in this boot, and what was missed is past."""
    for connector in station.connectors.values():
        station = station.having(replace(connector, sampled={PERIODIC: at, CLOCK: at}))
    for connector, session in station.sessions():
        gone = at.since(_grid(session))
        grid = at if gone is None else at.moved_to(at.mono_ms - round(gone.total_seconds() * 1000))
        station = station.having(replace(connector, session=replace(session, grid=grid)))
    return station


def reconfigured(station: Station, configuration: Configuration, at: Moment) -> Station:
    """The station with another configuration; a new sample interval counts from now on."""
    same = number(station.configuration, INTERVAL) == number(configuration, INTERVAL)
    station = replace(station, configuration=configuration)
    for connector, session in () if same else station.sessions():
        station = station.having(replace(connector, session=replace(session, grid=at)))
    return station


def measured(station: Station, connector: Connector, reading: Reading, at: Moment) -> Step:
    """A reading taken in: a `MeterSampled` for each instant that it is the first after, and a checkpoint when worth it.

    What is told is always a checkpoint too: a session that ends at its checkpoint must not end before its last value.
    """
    connector = replace(connector, reading=reading)
    session, due = connector.session, _due(station, connector, at.moved_to(reading.taken_ms))
    if session is not None and (due or _worth_a_checkpoint(session, reading)):
        connector = replace(connector, session=replace(session, checkpoint=reading, checkpoint_at=at))
    effects: list[Effect] = []
    for context, moment in due:
        connector = replace(connector, sampled={**connector.sampled, context: moment})
        fact = sample(station, connector, reading, moment, context)
        connector = with_kept(station, connector, fact)
        effects.append(Record(fact))
        if context == PERIODIC and session is not None:
            effects.append(_progress(connector, session, reading))
    return station.having(connector), effects


def _worth_a_checkpoint(session: Session, reading: Reading) -> bool:
    last = session.checkpoint
    return (
        not 0 <= reading.taken_ms - last.taken_ms < CHECKPOINT_MS or reading.energy_wh - last.energy_wh >= CHECKPOINT_WH
    )


def _due(station: Station, connector: Connector, at: Moment) -> list[tuple[str, Moment]]:
    """The context and the moment of each value that is due, the earlier first; a clock that is only now known does not
    add one to a time that has been told of."""
    told_ms = max((moment.mono_ms for moment in connector.sampled.values()), default=0)
    moments = {PERIODIC: _periodic(station, connector, at), CLOCK: _aligned(station, connector, at)}
    due = [(context, moment) for context, moment in moments.items() if moment and moment.mono_ms >= told_ms]
    return sorted(due, key=lambda value: value[1].mono_ms)


def _periodic(station: Station, connector: Connector, at: Moment) -> Moment | None:
    """A value that comes late says so by its time, and the grid goes on as it was."""
    session, (interval_ms, _) = connector.session, _intervals(station)
    if session is None or session.stopping is not None or not interval_ms:
        return None
    grid = _grid(session)
    instant = grid_instant(grid, interval_ms, at)
    if instant.mono_ms <= max(grid.mono_ms, connector.sampled.get(PERIODIC, grid).mono_ms):
        return None
    return instant if at.mono_ms - instant.mono_ms <= LATE_MS else at


def _aligned(station: Station, connector: Connector, at: Moment) -> Moment | None:
    """Without a session nothing is billed: the value is only of use at once, so none is kept while offline.

    A value that comes late would not be of its instant, and is left out. A clock that is put back a little does not
    repeat an instant; one that jumps meets its next instant within one interval.
    """
    session, (_, interval_s) = connector.session, _intervals(station)
    at = at if session is None else by_session(session, at)
    wanted = station.online if session is None else session.stopping is None
    instant = clock_instant(interval_s, at) if interval_s and wanted else None
    if instant is None or at.mono_ms - instant.mono_ms > LATE_MS or _precedes(instant, session):
        return None
    return None if _repeats(instant, connector.sampled.get(CLOCK), min(interval_s * 500, REPEAT_MS)) else instant


def _precedes(instant: Moment, session: Session | None) -> bool:
    start = session.started if session is not None else None
    return start is not None and instant.boot_id == start.boot_id and instant.mono_ms < start.mono_ms


def _repeats(instant: Moment, last: Moment | None, within_ms: int) -> bool:
    if last is None or last.wall is None or instant.wall is None:
        return False
    return instant.wall <= last.wall and instant.mono_ms - last.mono_ms < within_ms


def _intervals(station: Station) -> tuple[int, int]:
    """The sample interval in ms and the one of the clock in s; 0 is off."""
    return number(station.configuration, INTERVAL) * 1000, number(station.configuration, ALIGNED_INTERVAL)


def _grid(session: Session) -> Moment:
    return session.grid or session.started


def _progress(connector: Connector, session: Session, reading: Reading) -> Say:
    power = f"{reading.power_w / 1000:.2f} kW, " if reading.power_w is not None else ""
    return Say(f"connector {connector.id}: {power}{(reading.energy_wh - session.meter_start_wh) / 1000:.3f} kWh so far")


def sample(station: Station, connector: Connector, reading: Reading, at: Moment, context: str) -> MeterSampled:
    """A `MeterSampled` of a connector, with the measurands of its context; an empty key means the energy register."""
    session_id = connector.session.session_id if connector.session is not None else None
    measurands = items(station.configuration, MEASURANDS[context]) or (ENERGY,)
    return MeterSampled(session_id, connector.id, reading, at, context, measurands, connector.output.offer_ma)
