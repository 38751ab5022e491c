"""How a session begins, is stopped and ends; each function takes a station and gives the next one."""

from dataclasses import replace

from edge.core.claims import allowance_wh, is_operative
from edge.core.configuration import is_on
from edge.core.effects import Effect, ReadMeter, Record, Say
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.faults import faults, replugged
from edge.core.kept import transaction_data
from edge.core.state import Connector, Grant, Held, Session, Station, Stopping
from edge.core.tags import masked
from edge.core.values import Moment, StopReason, Vehicle

Step = tuple[Station, list[Effect]]

FRESH_MS = 3_000
REST_MS = 2_000
CAR_ANSWERS_MS = 5_000
LINGER_MS = 1_000
LAST_READING_WAIT_MS = 600_000


def progress(station: Station, at: Moment) -> Step:
    """Begin what may begin, end what has its last reading; ask the meter where a decision waits for it."""
    effects: list[Effect] = []
    for connector in station.connectors.values():
        if connector.session is not None and is_used_up(station, connector, connector.session):
            station = stopped(station, connector, StopReason.DE_AUTHORIZED, at)
            connector = station.connectors[connector.id]
        if connector.unlocking is not None:
            continue  # UnlockConnector is answered before anything that follows from it
        if connector.session is not None and connector.session.stopping is not None:
            station, more = _end(station, connector, connector.session, connector.session.stopping, at)
        elif connector.grant is not None and connector.secured and is_ready(station, connector):
            station, more = _begin(station, connector, connector.grant, at)
        else:
            continue
        effects += more
    return station, effects


def is_used_up(station: Station, connector: Connector, session: Session) -> bool:
    """The central system refused the tag, and StopTransactionOnInvalidId ends the session once MaxEnergyOnInvalidId
    has flowed."""
    refused = session.refused is not None and is_on(station.configuration, "StopTransactionOnInvalidId")
    return refused and allowance_wh(station, session, connector) <= 0


def is_ready(station: Station, connector: Connector) -> bool:
    """A granted session may begin here as soon as the plug is locked and the meter has said where it stands."""
    return (
        connector.session is None
        and (connector.plugged or connector.vehicle is Vehicle.UNSENSED)
        and is_operative(station, connector)
        and not faults(station, connector)
        and station.resetting is None
        and not connector.engaged
    )


def _begin(station: Station, connector: Connector, grant: Grant, at: Moment) -> Step:
    reading = connector.reading
    if reading is None or reading.taken_ms < max(connector.settled_ms, at.mono_ms - FRESH_MS):
        return station, [ReadMeter(connector.id)]
    session = Session(
        session_id=f"{at.boot_id[:8]}-{connector.id}-{at.mono_ms}",
        id_tag=grant.id_tag,
        started=at,
        meter_start_wh=reading.energy_wh,
        checkpoint=reading,
        checkpoint_at=at,
        parent=grant.info.parent,
        begun=reading,
    )
    running = replace(
        connector,
        session=session,
        grant=None,
        finished=False,
        drew=False,
        answers_until_ms=at.mono_ms + CAR_ANSWERS_MS if connector.vehicle is Vehicle.CONNECTED else 0,
    )
    fact = SessionStarted(session.session_id, connector.id, grant.id_tag, reading.energy_wh, at)
    said = f"connector {connector.id}: session started by card {masked(grant.id_tag)} at {reading.energy_wh} Wh"
    return station.having(running), [Record(fact), Say(said)]


def _end(station: Station, connector: Connector, session: Session, stopping: Stopping, at: Moment) -> Step:
    reading = connector.reading
    settled = reading is not None and not connector.engaged and reading.taken_ms >= connector.settled_ms
    stopped_ms = stopping.moment.mono_ms if at.boot_id == stopping.moment.boot_id else 0
    waited_ms = at.mono_ms - max(stopped_ms, connector.settled_ms)
    if not settled and waited_ms <= LAST_READING_WAIT_MS:
        return station, [ReadMeter(connector.id)]
    last = reading or session.checkpoint
    data = transaction_data(station, connector, session, last, stopping.moment)
    fact = SessionStopped(
        session.session_id, connector.id, last.energy_wh, stopping.moment, stopping.reason, stopping.id_tag, data
    )
    ended = replace(
        replugged(connector, at.mono_ms) if connector.vehicle is Vehicle.UNSENSED else connector,
        session=None,
        flow=replace(connector.flow, rest_wh=last.energy_wh),
        kept={},
        finished=connector.occupied,
        ended=stopping.reason,
        lingers_until_ms=at.mono_ms + LINGER_MS,
        operative=connector.operative and not connector.scheduled_inoperative,
        scheduled_inoperative=False,
    )
    delivered_wh = last.energy_wh - session.meter_start_wh
    said = f"connector {connector.id}: session stopped ({stopping.reason}) after {delivered_wh / 1000:.3f} kWh"
    return station.having(ended), [Record(fact), Say(said)]


def resting(connector: Connector, at: Moment) -> Connector:
    """The contactor has opened, or is about to; it is not closed again at once."""
    return replace(connector, rests_until_ms=at.mono_ms + REST_MS)


def stopped(
    station: Station, connector: Connector, reason: StopReason, moment: Moment, id_tag: str | None = None
) -> Station:
    """The connector's session stopped; the first reason stands, and without a session nothing changes.

    A cable that must wait for its owner is held from this moment on (OCPP 1.6 sections 4.8 and 9.1.26).
    """
    session = connector.session
    if session is None or session.stopping is not None:
        return station
    stopping = Stopping(reason, moment, id_tag)
    held = Held(session.id_tag, session.parent) if _is_kept(station, connector, reason) else connector.held
    return station.having(replace(connector, session=replace(session, stopping=stopping), held=held))


def _is_kept(station: Station, connector: Connector, reason: StopReason) -> bool:
    left_locked = not is_on(station.configuration, "UnlockConnectorOnEVSideDisconnect")
    kept = reason is StopReason.DE_AUTHORIZED or (reason is StopReason.EV_DISCONNECTED and left_locked)
    return kept and connector.fitting.has_lock


def all_stopped(station: Station, reason: StopReason, at: Moment) -> Station:
    """Every session stopped, and no grant left."""
    for connector in station.connectors.values():
        bare = replace(connector, grant=None)
        station = stopped(station.having(bare), bare, reason, at)
    return station
