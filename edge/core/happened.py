"""What time, the car, the guardian and the central system's answers do to the state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from edge.core.cable import given_up
from edge.core.effects import Effect, Learned, Report, Say, Settled
from edge.core.events import (
    ContactorEngaged,
    ContactorReleased,
    Event,
    StartAnswered,
    Started,
    StopAnswered,
    TagAnswered,
    Ticked,
    WentOffline,
    WentOnline,
)
from edge.core.faults import contradicted
from edge.core.presented import answered
from edge.core.safety import cooled
from edge.core.sampling import awaited, resumed
from edge.core.sessions import Step, resting, stopped
from edge.core.state import Connector, Flow, Session, Station
from edge.core.tags import cached, masked
from edge.core.values import Moment, StopReason, TagStatus

SETTLE_MS = 500
QUESTION_MS = 90_000


def started(station: Station, event: Started) -> Step:
    """After a crash or a reboot: sessions go on if the interruption was short, else they end at their checkpoint."""
    effects: list[Effect] = []
    station = resumed(station, event.at)
    for connector in station.connectors.values():
        station = station.having(replace(connector, settled_ms=event.at.mono_ms + SETTLE_MS))
    for connector, session in station.sessions():
        if session.stopping is None and _resumes(session, event.at, station.resume_within_s):
            effects.append(Say(f"connector {connector.id}: the session goes on after an interruption"))
        elif session.stopping is None:
            same_boot = session.checkpoint_at.boot_id == event.at.boot_id
            reason = StopReason.REBOOT if same_boot else StopReason.POWER_LOSS
            station = stopped(station, connector, reason, session.checkpoint_at)
    return station, effects


def _resumes(session: Session, at: Moment, within_s: int) -> bool:
    gap = at.since(session.checkpoint_at)
    return gap is not None and gap <= timedelta(seconds=within_s)


def ticked(station: Station, event: Ticked) -> Step:
    """Grants and questions that nobody came for are given up; the meter is asked where a value is due."""
    effects = awaited(station, event.at)
    for connector in station.connectors.values():
        waited, more = given_up(station, cooled(connector, event.at.mono_ms), event.at)
        station, effects = station.having(waited), effects + more
    for tag, question in station.questions.items():
        if event.at.mono_ms - question.asked_ms > QUESTION_MS:
            station, more = answered(station, TagAnswered(event.at, tag, None))
            effects += more
    return station, effects


def contactor_engaged(station: Station, event: ContactorEngaged) -> Step:
    """The circuit is closed; if that is no longer wanted, the output that follows from the state opens it."""
    connector = station.connectors[event.connector]
    output = replace(connector.output, conduct=True)
    connector = replace(connector, engaged=True, output=output, flow=Flow())
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
        flow=Flow() if connector.engaged else connector.flow,
    )
    if connector.output.conduct:
        released = resting(released, event.at)
    why = "" if event.why == "asked" else f" by the guardian ({event.why})"
    return station.having(released), [Say(f"connector {event.connector}: released{why}")]


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
    station = cached(station, event.id_tag, event.info, event.at.wall)
    station = contradicted(station, event.id_tag, event.info, event.at.wall)
    for connector, session in station.sessions():
        if session.session_id == event.session_id:
            known = replace(session, transaction_id=event.transaction_id, parent=event.info.parent or session.parent)
            station, told = _verdict(station, replace(connector, session=known), known, event)
            effects += told
    return station, effects


def _verdict(station: Station, connector: Connector, session: Session, event: StartAnswered) -> Step:
    station, status = station.having(connector), event.info.status
    if status is TagStatus.ACCEPTED or session.stopping is not None:
        return station, []
    reading = connector.reading or session.checkpoint
    refused = replace(session, refused=status, refused_at_wh=reading.energy_wh)
    why = f"connector {connector.id}: the central system says of card {masked(session.id_tag)}: {status}"
    return station.having(replace(connector, session=refused)), [Say(why, refusal=True)]


def stop_answered(station: Station, event: StopAnswered) -> Step:
    """StopTransaction.conf."""
    if event.info is not None and event.id_tag is not None:
        station = cached(station, event.id_tag, event.info, event.at.wall)
    return station, [Settled(event.seq)]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    Started: started,
    Ticked: ticked,
    ContactorEngaged: contactor_engaged,
    ContactorReleased: contactor_released,
    WentOnline: went_online,
    WentOffline: went_offline,
    StartAnswered: start_answered,
    StopAnswered: stop_answered,
}
