"""What StatusNotification says of the station and its connectors, why, and when it is news (OCPP 1.6 section 4.9)."""

from edge.core.claims import Claim, is_operative, withheld
from edge.core.effects import Effect, Report, Say
from edge.core.faults import HAZARDS, faults, trips, warnings
from edge.core.flow import is_idle
from edge.core.state import Connector, Session, Station
from edge.core.values import Fault, Moment, Signal, Status, StatusReport, StopReason, Vehicle

INFO_LENGTH = 50
OUT_OF_SERVICE = "The operator has taken it out of service"
PILOT = HAZARDS["pilot"].fault
IDLE = "The car takes no current"
KEPT = "The cable is locked until its owner's card comes"

# Steps that OCPP 1.6 section 4.9 does not know in one, and the status that they pass through.
_RUNNING = (Status.CHARGING, Status.SUSPENDED_EV, Status.SUSPENDED_EVSE)
THROUGH: dict[tuple[Status, Status], Status] = {
    (before, running): Status.PREPARING for before in (Status.AVAILABLE, Status.FINISHING) for running in _RUNNING
} | {
    (Status.PREPARING, Status.UNAVAILABLE): Status.AVAILABLE,
    (Status.UNAVAILABLE, Status.FINISHING): Status.PREPARING,
    **{(running, Status.AVAILABLE): Status.FINISHING for running in _RUNNING},
}

WITH_A_CAR = (Status.PREPARING, Status.SUSPENDED_EV, Status.SUSPENDED_EVSE, Status.FINISHING)
REASON_IS_NEWS = (Status.SUSPENDED_EV, Status.SUSPENDED_EVSE, Status.FAULTED)

ENDED: dict[StopReason | None, str] = {
    None: "No card was presented in time",
    StopReason.LOCAL: "Stopped at the charger",
    StopReason.REMOTE: "Stopped by the central system",
    StopReason.EV_DISCONNECTED: "The car was unplugged",
    StopReason.DE_AUTHORIZED: "The central system refused the card",
    StopReason.UNLOCK_COMMAND: "The central system unlocked the cable",
    StopReason.SOFT_RESET: "Stopped for a restart",
    StopReason.HARD_RESET: "Stopped for a restart",
    StopReason.REBOOT: "The charger was restarted",
    StopReason.POWER_LOSS: "The mains have failed",
    StopReason.EMERGENCY_STOP: "The emergency stop was pressed",
    StopReason.OTHER: "Stopped by the charger: see its log",
}

Alarms = tuple[StatusReport, ...]


def status(station: Station, connector: Connector, voices: list[Claim], now_ms: int) -> StatusReport:
    """The OCPP status; faults overlay it and give way to what was underneath."""
    found = alarms(station, connector)
    if found:
        return found[0]
    report = _sound(station, connector, voices, now_ms)
    if connector.vehicle is Vehicle.FAULTY and report.status in WITH_A_CAR:
        return StatusReport(report.status, PILOT.error_code, PILOT.info)
    return report


def _sound(station: Station, connector: Connector, voices: list[Claim], now_ms: int) -> StatusReport:
    if connector.session is not None:
        return _in_session(connector, connector.session, voices, now_ms)
    lingers = now_ms < connector.lingers_until_ms and connector.grant is None
    if not is_operative(station, connector) and not lingers:
        return StatusReport(Status.UNAVAILABLE, info=OUT_OF_SERVICE)
    if connector.held is not None:
        return StatusReport(Status.FINISHING, info=KEPT)
    if lingers or (connector.occupied and connector.finished):
        return StatusReport(Status.FINISHING, info=ENDED[connector.ended])
    if connector.occupied or connector.grant is not None:
        return StatusReport(Status.PREPARING, info=awaited(station, connector)[1])
    return StatusReport(Status.AVAILABLE)


def _in_session(connector: Connector, session: Session, voices: list[Claim], now_ms: int) -> StatusReport:
    denied = withheld(voices)
    if session.stopping is not None:
        return StatusReport(Status.FINISHING, info=KEPT if connector.held else ENDED[session.stopping.reason])
    if denied is not None:
        return StatusReport(Status.SUSPENDED_EVSE, info=denied.reason[:INFO_LENGTH])
    if connector.vehicle in (Vehicle.ASKING, Vehicle.UNSENSED):
        idle = is_idle(connector, now_ms)
        return StatusReport(Status.SUSPENDED_EV, info=IDLE) if idle else StatusReport(Status.CHARGING)
    if connector.vehicle is Vehicle.CONNECTED and now_ms < connector.answers_until_ms:
        return StatusReport(Status.PREPARING, info="Waiting for the car")
    info = "The car does not ask for energy" if connector.plugged else "EV side disconnected"
    return StatusReport(Status.SUSPENDED_EV, info=info)


def awaited(station: Station, connector: Connector) -> tuple[Signal, str]:
    """What a connector that prepares waits for."""
    if any(connector.id in question.connectors for question in station.questions.values()):
        return Signal.CHECKING, "Checking the card"
    if connector.session is not None:
        return Signal.CHECKING, "Waiting for the car"
    if connector.plugged and connector.grant is None:
        return Signal.PRESENT_TAG, "Present a card"
    if connector.occupied:
        return Signal.CHECKING, "One moment"
    return Signal.PLUG_IN, "Connect the car"


def alarms(station: Station, connector: Connector) -> Alarms:
    """Every fault of a connector as it is told, the gravest first."""
    return _told(Status.FAULTED, faults(station, connector))


def station_status(station: Station) -> tuple[StatusReport, Alarms]:
    """Connector 0: Available or Unavailable, independent of the others; Faulted while a trip input is active.

    A warning keeps the status and has an errorCode (section 4.9).
    """
    plain = Status.AVAILABLE if station.operative else Status.UNAVAILABLE
    found = _told(Status.FAULTED, trips(station)) + _told(plain, warnings(station))
    return found[0] if found else StatusReport(plain, info="" if station.operative else OUT_OF_SERVICE), found


def _told(status_: Status, found: list[Fault]) -> Alarms:
    return tuple(StatusReport(status_, f.error_code, f.info[:INFO_LENGTH]) for f in found if f.error_code != "NoError")


def is_news(told: StatusReport | None, report: StatusReport) -> bool:
    """Whether a report must follow what was told last: another sentence alone is news only where it is the point."""
    if told is None or (told.status, told.error_code) != (report.status, report.error_code):
        return True
    return report.status in REASON_IS_NEWS and told.info != report.info


def news(old: StatusReport, known: Alarms, new: StatusReport, found: Alarms) -> list[StatusReport]:
    """What is told when `new` follows `old`: every alarm that is not yet known, then how things stand."""
    passed = THROUGH.get((old.status, new.status))
    way = [alarm for alarm in reversed(found) if alarm not in known]
    way += [new] if passed is None else [StatusReport(passed), new]
    told = [old]
    for report in way:
        if is_news(told[-1], report):
            told.append(report)
    return told[1:]


def reported(connector: int, told: list[StatusReport], at: Moment) -> list[Effect]:
    """The reports for the central system, each with its line for the log."""
    where = f"connector {connector}" if connector else "station"
    return [effect for one in told for effect in (Report(connector, one, at), Say(f"{where}: {sentence(one)}"))]


def sentence(report: StatusReport) -> str:
    """A report in plain words."""
    code = "" if report.error_code == "NoError" else f" ({report.error_code})"
    return f"{report.status}{code}{': ' if report.info else ''}{report.info}"
