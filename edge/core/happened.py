"""What time, hardware and the central system's answers do to the state."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from edge.core.claims import INPUT_FAULTS
from edge.core.configuration import is_on, number
from edge.core.effects import Effect, Learned, Report, Say, Settled
from edge.core.events import (
    ContactorEngaged,
    ContactorReleased,
    Event,
    InputCleared,
    InputTripped,
    LockFailed,
    MeterFailed,
    MeterRead,
    OfferFailed,
    StartAnswered,
    Started,
    StopAnswered,
    TagAnswered,
    Ticked,
    VehicleSeen,
    WentOffline,
    WentOnline,
)
from edge.core.presented import answered
from edge.core.sampling import measured
from edge.core.sessions import Step, all_stopped, resting, stopped
from edge.core.state import Connector, Session, Station
from edge.core.tags import cached
from edge.core.values import Fault, Moment, StopReason, TagStatus, Vehicle

SETTLE_MS = 500
QUESTION_MS = 90_000
STOPPING_INPUTS = {"emergency_stop": StopReason.EMERGENCY_STOP}


def started(station: Station, event: Started) -> Step:
    """After a crash or a reboot: sessions go on if the interruption was short, else they end at their checkpoint."""
    effects: list[Effect] = []
    for connector in station.connectors.values():
        fresh = replace(connector, settled_ms=event.at.mono_ms + SETTLE_MS, next_sample_ms=event.at.mono_ms)
        station = station.having(fresh)
    for connector, session in station.sessions():
        if session.stopping is None and _resumes(session, event.at, station.resume_within_s):
            effects.append(Say(f"connector {connector.id}: the session goes on after an interruption"))
        elif session.stopping is None:
            same_boot = session.checkpoint_at.boot_id == event.at.boot_id
            reason = StopReason.REBOOT if same_boot else StopReason.POWER_LOSS
            station = stopped(station, connector, reason, session.checkpoint_at)
    return station, effects


def _resumes(session: Session, at: Moment, within_s: int) -> bool:
    gap = interruption(session.checkpoint_at, at)
    return gap is not None and gap <= timedelta(seconds=within_s)


def interruption(before: Moment, after: Moment) -> timedelta | None:
    """The time between two moments; None when neither clock can tell."""
    if before.boot_id == after.boot_id:
        return timedelta(milliseconds=after.mono_ms - before.mono_ms)
    if before.wall is None or after.wall is None:
        return None
    return after.wall - before.wall


def ticked(station: Station, event: Ticked) -> Step:
    """Grants and questions that nobody came for are given up."""
    effects: list[Effect] = []
    for connector in station.connectors.values():
        waited, more = _given_up(station, connector, event.at)
        station, effects = station.having(waited), effects + more
    for tag, question in station.questions.items():
        if event.at.mono_ms - question.asked_ms > QUESTION_MS:
            station, more = answered(station, TagAnswered(event.at, tag, None))
            effects += more
    return station, effects


def _given_up(station: Station, connector: Connector, at: Moment) -> tuple[Connector, list[Effect]]:
    patience_ms = number(station.configuration, "ConnectionTimeOut") * 1000
    if connector.grant is not None and at.mono_ms >= connector.grant.until_ms:
        said = Say(f"connector {connector.id}: nobody plugged in within ConnectionTimeOut")
        return replace(connector, grant=None, finished=connector.plugged), [said]
    idle = connector.session is None and connector.grant is None and not connector.finished
    if idle and connector.plugged_ms is not None and at.mono_ms - connector.plugged_ms >= patience_ms:
        return replace(connector, finished=True), []
    return connector, []


def vehicle_seen(station: Station, event: VehicleSeen) -> Step:
    """The pilot changed: plugged, asking, paused, unplugged."""
    before = station.connectors[event.connector]
    answers_until_ms = 0 if event.vehicle is Vehicle.ASKING else before.answers_until_ms
    seen = replace(before, vehicle=event.vehicle, answers_until_ms=answers_until_ms)
    if seen.plugged and not before.plugged:
        return _grant_moved(station, replace(seen, plugged_ms=event.at.mono_ms)), []
    if event.vehicle is not Vehicle.ABSENT:
        return station.having(seen), []
    gone = replace(_without_fault(_without_fault(seen, "lock"), "limit"), plugged_ms=None, finished=False)
    station = station.having(gone)
    if is_on(station.configuration, "StopTransactionOnEVSideDisconnect"):
        station = stopped(station, gone, StopReason.EV_DISCONNECTED, event.at)
    return station, []


def _grant_moved(station: Station, plugged: Connector) -> Station:
    """A card was presented first, and the cable now says at which of the reader's connectors it is meant."""
    taken = plugged.session is not None or plugged.grant is not None
    for other in () if taken else station.connectors.values():
        grant = other.grant
        if grant is not None and not other.plugged and plugged.id in grant.elsewhere:
            granted = replace(plugged, grant=replace(grant, elsewhere=()), finished=False)
            return station.having(replace(other, grant=None)).having(granted)
    return station.having(plugged)


def meter_read(station: Station, event: MeterRead) -> Step:
    """A reading; a register that went backwards is a fault, not a reading."""
    connector = station.connectors[event.connector]
    last = _highest_wh(connector)
    if event.reading.energy_wh < last:
        info = f"The meter went back from {last} Wh to {event.reading.energy_wh} Wh"
        return _with_fault(station, connector, "meter", Fault("PowerMeterFailure", info)), []
    return measured(station, _without_fault(connector, "meter"), event.reading, event.at)


def _highest_wh(connector: Connector) -> int:
    seen = [connector.reading.energy_wh] if connector.reading is not None else []
    if connector.session is not None:
        seen.append(connector.session.checkpoint.energy_wh)
    return max(seen, default=0)


def meter_failed(station: Station, event: MeterFailed) -> Step:
    """Without a meter no energy flows."""
    connector = station.connectors[event.connector]
    return _with_fault(station, connector, "meter", Fault("PowerMeterFailure", event.info)), []


def lock_failed(station: Station, event: LockFailed) -> Step:
    """A plug that is not held carries no current."""
    connector = station.connectors[event.connector]
    return _with_fault(station, connector, "lock", Fault("ConnectorLockFailure", event.info)), []


def offer_failed(station: Station, event: OfferFailed) -> Step:
    """A car that cannot be told its limit gets nothing."""
    connector = station.connectors[event.connector]
    return _with_fault(station, connector, "limit", Fault("OtherError", event.info)), []


def _with_fault(station: Station, connector: Connector, source: str, fault: Fault) -> Station:
    return station.having(replace(connector, faults={**connector.faults, source: fault}))


def _without_fault(connector: Connector, source: str) -> Connector:
    if source not in connector.faults:
        return connector
    left: Mapping[str, Fault] = {key: fault for key, fault in connector.faults.items() if key != source}
    return replace(connector, faults=left)


def contactor_engaged(station: Station, event: ContactorEngaged) -> Step:
    """The circuit is closed; if that is no longer wanted, the output that follows from the state opens it."""
    connector = station.connectors[event.connector]
    connector = replace(connector, engaged=True, output=replace(connector.output, conduct=True))
    return station.having(connector), [Say(f"connector {event.connector}: engaged")]


def contactor_released(station: Station, event: ContactorReleased) -> Step:
    """The circuit is open; when nobody asked for it, it rests a moment before it is engaged again."""
    connector = station.connectors[event.connector]
    output = replace(connector.output, conduct=False)
    released = replace(
        connector,
        engaged=False,
        output=output,
        settled_ms=event.at.mono_ms + SETTLE_MS,
    )
    if connector.output.conduct:
        released = resting(released, event.at)
    why = "" if event.why == "asked" else f" by the guardian ({event.why})"
    return station.having(released), [Say(f"connector {event.connector}: released{why}")]


def input_tripped(station: Station, event: InputTripped) -> Step:
    """A trip input is active: the guardian has released already; some inputs also end the sessions."""
    station = replace(station, tripped=station.tripped | {event.name})
    if event.name in STOPPING_INPUTS:
        station = all_stopped(station, STOPPING_INPUTS[event.name], event.at)
    fault = INPUT_FAULTS.get(event.name)
    return station, [Say(fault.info if fault is not None else f"input {event.name} is active")]


def input_cleared(station: Station, event: InputCleared) -> Step:
    """A trip input is back to normal."""
    return replace(station, tripped=station.tripped - {event.name}), [Say(f"input {event.name} is back to normal")]


def went_online(station: Station, event: WentOnline) -> Step:
    """Accepted and connected: the status of connector 0 and of every connector is told anew."""
    reports: list[Effect] = [Report(0, station.report, event.at)]
    reports += [Report(c.id, c.output.report, event.at) for c in station.connectors.values()]
    return replace(station, online=True), [Say("online: the central system accepted this station"), *reports]


def went_offline(station: Station, event: WentOffline) -> Step:
    """Charging goes on; what happens is kept for later."""
    said: list[Effect] = [Say("offline: facts are kept until the central system is back")] if station.online else []
    return replace(station, online=False), said


def start_answered(station: Station, event: StartAnswered) -> Step:
    """StartTransaction.conf: the transaction id, and the verdict on the tag (OCPP 1.6 section 4.8)."""
    effects: list[Effect] = [Settled(event.seq), Learned(event.session_id, event.transaction_id)]
    station = cached(station, event.id_tag, event.info)
    for connector, session in station.sessions():
        if session.session_id == event.session_id:
            known = replace(session, transaction_id=event.transaction_id, parent=event.info.parent or session.parent)
            station = _verdict(station, replace(connector, session=known), known, event)
    return station, effects


def _verdict(station: Station, connector: Connector, session: Session, event: StartAnswered) -> Station:
    station = station.having(connector)
    if event.info.status is TagStatus.ACCEPTED or session.stopping is not None:
        return station
    reading = connector.reading or session.checkpoint
    refused = replace(session, refused=event.info.status, refused_at_wh=reading.energy_wh)
    return station.having(replace(connector, session=refused))


def stop_answered(station: Station, event: StopAnswered) -> Step:
    """StopTransaction.conf."""
    if event.info is not None and event.id_tag is not None:
        station = cached(station, event.id_tag, event.info)
    return station, [Settled(event.seq)]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    Started: started,
    Ticked: ticked,
    VehicleSeen: vehicle_seen,
    MeterRead: meter_read,
    MeterFailed: meter_failed,
    LockFailed: lock_failed,
    OfferFailed: offer_failed,
    ContactorEngaged: contactor_engaged,
    ContactorReleased: contactor_released,
    InputTripped: input_tripped,
    InputCleared: input_cleared,
    WentOnline: went_online,
    WentOffline: went_offline,
    StartAnswered: start_answered,
    StopAnswered: stop_answered,
}
