"""What a connector shows to the outside, computed from its state: circuit, offer, lock, status, indicator."""

from edge.core.claims import Claim, claims, is_operative, limit_ma, withheld
from edge.core.effects import Effect, Engage, LockCable, Offer, Release, Report, Show, UnlockCable
from edge.core.faults import faults
from edge.core.state import Connector, Output, Session, Station
from edge.core.values import Moment, Signal, Status, StatusReport, Vehicle

INFO_LENGTH = 50

# Steps that OCPP 1.6 section 4.9 does not know in one, and the status that they pass through.
_RUNNING = (Status.CHARGING, Status.SUSPENDED_EV, Status.SUSPENDED_EVSE)
THROUGH: dict[tuple[Status, Status], Status] = {
    (before, running): Status.PREPARING for before in (Status.AVAILABLE, Status.FINISHING) for running in _RUNNING
} | {(Status.PREPARING, Status.UNAVAILABLE): Status.AVAILABLE}

SIGNALS: dict[Status, tuple[Signal, str]] = {
    Status.AVAILABLE: (Signal.READY, "Ready: connect the car or present a card"),
    Status.CHARGING: (Signal.CHARGING, "Charging"),
    Status.SUSPENDED_EV: (Signal.PAUSED, "The car does not ask for energy"),
    Status.SUSPENDED_EVSE: (Signal.PAUSED, "The charger gives no energy"),
    Status.FINISHING: (Signal.FINISHED, "Finished: take the cable out"),
    Status.RESERVED: (Signal.OUT_OF_SERVICE, "Reserved"),
    Status.UNAVAILABLE: (Signal.OUT_OF_SERVICE, "Out of service"),
    Status.FAULTED: (Signal.FAULT, "Fault: call for help"),
}


def output(station: Station, connector: Connector, now_ms: int) -> Output:
    """The output that this state asks for."""
    voices = claims(station, connector, now_ms)
    report = status(station, connector, voices, now_ms)
    signal, text = _told(station, connector, report, now_ms)
    return Output(
        conduct=limit_ma(voices) > 0,
        offer_ma=limit_ma(voices, ignoring=("vehicle", "rest")),
        locked=connector.fitting.has_lock and connector.plugged and _held(connector),
        report=report,
        signal=signal,
        text=text,
    )


def _held(connector: Connector) -> bool:
    session = connector.session
    return session is not None and session.stopping is None


def status(station: Station, connector: Connector, voices: list[Claim], now_ms: int) -> StatusReport:
    """The OCPP status; faults overlay it and give way to what was underneath."""
    found = faults(station, connector)
    if found:
        return StatusReport(Status.FAULTED, found[0].error_code, found[0].info[:INFO_LENGTH])
    if connector.session is not None:
        return _in_session(connector, connector.session, voices, now_ms)
    if not is_operative(station, connector):
        return StatusReport(Status.UNAVAILABLE)
    if connector.plugged:
        return StatusReport(Status.FINISHING if connector.finished else Status.PREPARING)
    return StatusReport(Status.PREPARING if connector.grant is not None else Status.AVAILABLE)


def _in_session(connector: Connector, session: Session, voices: list[Claim], now_ms: int) -> StatusReport:
    denied = withheld(voices)
    if session.stopping is not None:
        return StatusReport(Status.FINISHING)
    if denied is not None:
        return StatusReport(Status.SUSPENDED_EVSE, info=denied.reason[:INFO_LENGTH])
    if connector.vehicle in (Vehicle.ASKING, Vehicle.UNSENSED):
        return StatusReport(Status.CHARGING)
    if connector.vehicle is Vehicle.CONNECTED and now_ms < connector.answers_until_ms:
        return StatusReport(Status.PREPARING)
    return StatusReport(Status.SUSPENDED_EV, info="" if connector.plugged else "EV side disconnected")


def station_status(station: Station) -> StatusReport:
    """Connector 0: Available or Unavailable, independent of the others."""
    return StatusReport(Status.AVAILABLE if station.operative else Status.UNAVAILABLE)


def _told(station: Station, connector: Connector, report: StatusReport, now_ms: int) -> tuple[Signal, str]:
    if now_ms < connector.notice_until_ms:
        return Signal.REFUSED, connector.notice
    if any(connector.id in question.connectors for question in station.questions.values()):
        return Signal.CHECKING, "Checking the card"
    if report.status is Status.PREPARING and connector.session is not None:
        return Signal.CHECKING, "Waiting for the car"
    if report.status is Status.PREPARING:
        if connector.plugged and connector.grant is None:
            return Signal.PRESENT_TAG, "Present a card"
        return Signal.PLUG_IN, "Connect the car"
    signal, text = SIGNALS[report.status]
    return signal, report.info or text


def differences(connector: Connector, new: Output, at: Moment) -> list[Effect]:
    """The effects that turn the former output into the new one."""
    old, number = connector.output, connector.id
    effects: list[Effect] = []
    if old.conduct and not new.conduct:
        effects.append(Release(number))
    if old.offer_ma != new.offer_ma:
        effects.append(Offer(number, new.offer_ma))
    if old.locked != new.locked:
        effects.append(LockCable(number) if new.locked else UnlockCable(number))
    if new.conduct and not old.conduct and connector.session is not None:
        effects.append(Engage(number, connector.session.session_id))
    effects += [Report(number, report, at) for report in _reports(old.report, new.report)]
    if (old.signal, old.text) != (new.signal, new.text):
        effects.append(Show(number, new.signal, new.text))
    return effects


def _reports(old: StatusReport, new: StatusReport) -> list[StatusReport]:
    """What is told when the old report gives way to the new one."""
    if old == new:
        return []
    passed = THROUGH.get((old.status, new.status))
    return [new] if passed is None else [StatusReport(passed), new]


def why(station: Station, connector: Connector, now_ms: int) -> str:
    """In one sentence, why this connector gives energy or does not."""
    voices = claims(station, connector, now_ms)
    denied = next((claim for claim in voices if claim.denies), None)
    if denied is not None:
        return f"{denied.reason}."
    lowest = min((claim for claim in voices if claim.limit_ma is not None), key=lambda claim: claim.limit_ma or 0)
    return f"Charging with at most {(lowest.limit_ma or 0) / 1000:g} A a phase: {lowest.reason}."
