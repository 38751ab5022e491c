"""What the house's codes are called on a screen: words, an icon and a tone for each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cloud.documents.receipt import LINES, TITLES
from cloud.domain.accounts import PaymentTerms
from cloud.domain.catalogue import COMMANDS
from cloud.domain.commands import Command, Step
from cloud.domain.incidents import IncidentKind
from cloud.domain.ledger import LedgerKind, MovementKind
from cloud.domain.people import Permission, Role
from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus, RegistrationStatus
from cloud.domain.tags import TagState
from cloud.domain.views import StationRow, StationState
from cloud.domain.words import N_


@dataclass(frozen=True, slots=True)
class Sign:
    """`tone` chooses the colour (live, good, busy, wait, bad, off); words and icon tell the same without it."""

    words: str
    icon: str
    tone: str


STATUS: Mapping[ConnectorStatus, Sign] = {
    ConnectorStatus.AVAILABLE: Sign("Available", "plug", "good"),
    ConnectorStatus.PREPARING: Sign("Preparing", "cable", "busy"),
    ConnectorStatus.CHARGING: Sign("Charging", "bolt", "live"),
    ConnectorStatus.SUSPENDED_EV: Sign("Paused by the car", "pause", "wait"),
    ConnectorStatus.SUSPENDED_EVSE: Sign("Paused by the station", "pause", "wait"),
    ConnectorStatus.FINISHING: Sign("Finishing", "flag", "busy"),
    ConnectorStatus.RESERVED: Sign("Reserved", "bookmark", "busy"),
    ConnectorStatus.UNAVAILABLE: Sign("Out of service", "ban", "off"),
    ConnectorStatus.FAULTED: Sign("Fault", "alert", "bad"),
    ConnectorStatus.UNKNOWN: Sign("Not reported yet", "question", "off"),
}

WHY_NOT: Mapping[ConnectorStatus, str] = {
    ConnectorStatus.PREPARING: N_("A cable is in or a tag was read; the other one is still missing."),
    ConnectorStatus.SUSPENDED_EV: N_("The station offers energy, but the car takes none: full, waiting or faulty."),
    ConnectorStatus.SUSPENDED_EVSE: N_("The station gives no energy: a limit, the load of others, or a refused tag."),
    ConnectorStatus.FINISHING: N_("The session has ended; the plug is still in."),
    ConnectorStatus.RESERVED: N_("Only the tag that it is reserved for may charge."),
    ConnectorStatus.UNAVAILABLE: N_("It takes no car until it is made available again."),
}
"""Why nothing charges at a connector that says so."""

ONLINE = Sign("Online", "online", "good")
OFFLINE = Sign("Offline", "offline", "bad")
NEVER = Sign("Never connected", "offline", "off")

DISABLED = Sign("Disabled", "ban", "off")
PENDING = Sign("Held", "hourglass", "wait")
REJECTED = Sign("Rejected", "ban", "bad")

_ADMISSION: Mapping[RegistrationStatus, Sign] = {
    RegistrationStatus.PENDING: PENDING,
    RegistrationStatus.REJECTED: REJECTED,
}

STATION_STATE: Mapping[StationState, str] = {
    StationState.ONLINE: N_("Online"),
    StationState.OFFLINE: N_("Offline"),
    StationState.FREE: N_("Free to charge"),
    StationState.CHARGING: N_("Charging"),
    StationState.FAULTED: N_("Fault"),
    StationState.HELD: N_("Disabled or held"),
}

SESSION: Mapping[SessionState, Sign] = {
    SessionState.RUNNING: Sign("Running", "bolt", "live"),
    SessionState.RECONCILING: Sign("Waiting for its end", "hourglass", "wait"),
    SessionState.FINISHED: Sign("Finished", "check", "good"),
    SessionState.AWAITING_UNPLUG: Sign("Waiting for the car to leave", "hourglass", "wait"),
    SessionState.SUSPECT: Sign("Needs review", "alert", "bad"),
    SessionState.WRITTEN_OFF: Sign("Written off", "ban", "off"),
}
TAG: Mapping[TagState, Sign] = {
    TagState.GOOD: Sign("May charge", "check", "good"),
    TagState.BLOCKED: Sign("Blocked", "ban", "bad"),
    TagState.EXPIRED: Sign("Expired", "clock", "bad"),
    TagState.NOT_YET: Sign("Not yet valid", "hourglass", "wait"),
}
BILLED = Sign("Billed", "receipt", "good")
WITHOUT_BILL = Sign("No tariff, no bill", "ban", "off")

STEP: Mapping[Step, Sign] = {
    Step.ASKED: Sign("Asked", "user", "good"),
    Step.SENT: Sign("Sent to the station", "send", "good"),
    Step.ACCEPTED: Sign("Accepted by the station", "check", "good"),
    Step.REJECTED: Sign("Refused by the station", "cross", "bad"),
    Step.SILENT: Sign("The station did not answer", "question", "bad"),
    Step.OFFLINE: Sign("The station is offline", "offline", "bad"),
    Step.UNKNOWN: Sign("Sent; its answer was missed here", "question", "bad"),
    Step.EXPIRED: Sign("Expired: too late to be carried out", "clock", "bad"),
    Step.PROGRESS: Sign("Under way", "hourglass", "busy"),
    Step.DONE: Sign("Done", "check", "good"),
    Step.FAILED: Sign("The station tried in vain", "cross", "bad"),
    Step.SESSION_STARTED: Sign("Session started", "bolt", "live"),
    Step.SESSION_STOPPED: Sign("Session stopped", "flag", "live"),
}

PAYMENT_TERMS: Mapping[PaymentTerms, str] = {
    PaymentTerms.PREPAID: N_("In advance, from the wallet"),
    PaymentTerms.POSTPAID: N_("Afterwards, by statement"),
}
BILL_KIND, PRICE_LINE = TITLES, LINES
MOVEMENT: Mapping[MovementKind, str] = {
    MovementKind.TOP_UP: N_("Paid in"),
    MovementKind.REFUND: N_("Paid back"),
    MovementKind.HOLD: N_("Put aside"),
    MovementKind.RELEASE: N_("Given free again"),
    MovementKind.BILL: N_("Bill"),
}
LEDGER: Mapping[LedgerKind, str] = {
    LedgerKind.CASH: N_("Money received"),
    LedgerKind.RECEIVABLE: N_("Owed to us"),
    LedgerKind.WALLET: N_("In wallets"),
    LedgerKind.HELD: N_("Put aside for sessions"),
    LedgerKind.REVENUE: N_("Sold, without VAT"),
    LedgerKind.VAT: N_("VAT"),
}

INCIDENT: Mapping[str, str] = {
    IncidentKind.BAD_MESSAGE: N_("Message that could not be understood"),
    IncidentKind.SALVAGED: N_("Faulty message, still used"),
    IncidentKind.ORPHAN_STOP: N_("End of a session nobody knows"),
    IncidentKind.ORPHAN_METER: N_("Meter values for a session nobody knows"),
    IncidentKind.FOREIGN_SESSION: N_("Message about another station's session"),
    IncidentKind.REPEATED_STOP: N_("Session ended twice"),
    IncidentKind.LATE_STOP: N_("End of a session came late"),
    IncidentKind.MISSED_STOP: N_("End of a session is missing"),
    IncidentKind.CLOCK: N_("Clock of the station is wrong"),
    IncidentKind.WRONG_KEY: N_("Wrong key for this station"),
    IncidentKind.FLAPPING: N_("Connects again and again"),
    IncidentKind.EARLY_REPORT: N_("Session reported by a station that is not accepted"),
    IncidentKind.STRANGERS_STOP: N_("Session ended by a stranger's tag"),
    IncidentKind.WEBHOOK: N_("Webhook disabled"),
    IncidentKind.REFUSED_TAG: N_("Tag refused"),
}

PERMISSION: Mapping[Permission, str] = {
    Permission.LOOK: N_("Look at stations, sessions and bills"),
    Permission.COMMAND: N_("Ask stations for something"),
    Permission.EQUIP: N_("Add and set up stations"),
    Permission.BILL: N_("Review sessions and correct bills"),
    Permission.OFFICE_LOOK: N_("Look at tags, drivers, tariffs and the ledger"),
    Permission.OFFICE: N_("Change tags, drivers and tariffs, and note money"),
    Permission.ADMIN: N_("Users, settings, keys of programs"),
}

_ERROR_CODES: Mapping[str, str] = {
    "EVCommunicationError": N_("No communication with the car"),
    "GroundFailure": N_("Ground fault"),
    "LocalListConflict": N_("Local list conflicts"),
    "OtherError": N_("Other error"),
    "ReaderFailure": N_("Tag reader failed"),
    "PowerMeterFailure": N_("Energy meter failed"),
    "PowerSwitchFailure": N_("Contactor failed"),
    "ConnectorLockFailure": N_("Plug lock failed"),
    "OverCurrentFailure": N_("Too much current"),
    "OverVoltage": N_("Voltage too high"),
    "UnderVoltage": N_("Voltage too low"),
    "HighTemperature": N_("Too hot"),
    "WeakSignal": N_("Weak radio signal"),
}


_STOP_REASONS: Mapping[str, str] = {
    "Local": N_("At the station"),
    "Remote": N_("From here"),
    "EVDisconnected": N_("The car was unplugged"),
    "DeAuthorized": N_("The tag may not charge any more"),
    "EmergencyStop": N_("Emergency stop"),
    "PowerLoss": N_("Power failed"),
    "HardReset": N_("The station was reset hard"),
    "SoftReset": N_("The station was reset"),
    "Reboot": N_("The station started again"),
    "UnlockCommand": N_("The plug was unlocked from here"),
    "Other": N_("Something else"),
}


LANGUAGE: Mapping[str, str] = {"en": N_("English"), "de": N_("German")}
ROLE: Mapping[Role, str] = {
    Role.OWNER: N_("Owner"),
    Role.OPERATOR: N_("Operator"),
    Role.TECHNICIAN: N_("Technician"),
    Role.VIEWER: N_("Viewer"),
}
ROLE_MEANS: Mapping[Role, str] = {
    Role.OWNER: N_("everything, also users and settings"),
    Role.OPERATOR: N_("everything but users and settings"),
    Role.TECHNICIAN: N_("stations: commands, keys, configuration"),
    Role.VIEWER: N_("looks, changes nothing"),
}
ACTIVE = Sign("Active", "check", "good")


def station_sign(station: StationRow) -> Sign:
    """What keeps a station from working, or else whether it is there."""
    if station.disabled:
        return DISABLED
    if station.admission in _ADMISSION:
        return _ADMISSION[station.admission]
    if station.online:
        return ONLINE
    return OFFLINE if station.connected_at else NEVER


def stop_words(reason: str) -> str:
    """A StopTransaction reason (OCPP 1.6 section 7.36) in words."""
    return _STOP_REASONS.get(reason) or spaced(reason)


def error_words(code: str) -> str:
    """A ChargePointErrorCode (OCPP 1.6 section 7.6) in words; one we do not know is taken apart."""
    return _ERROR_CODES.get(code) or spaced(code)


def incident_words(kind: str) -> str:
    """An incident's kind in words."""
    return INCIDENT.get(kind) or spaced(kind)


def spaced(code: str) -> str:
    """`InternalError` and `internal_error` as `Internal error`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", code).capitalize()


def session_sign(state: SessionState, bill: str | None) -> Sign:
    """A finished session is told by its bill."""
    if state is SessionState.FINISHED:
        return BILLED if bill else WITHOUT_BILL
    return SESSION[state]


def waiting_words(command: Command) -> tuple[str, str] | None:
    """What a command waits for, and which effect if it is one; None when nothing more is to come."""
    waits = {
        Step.ASKED: N_("Waiting to be sent to the station"),
        Step.SENT: N_("Waiting for the station's answer"),
        Step.ACCEPTED: N_("Waiting for its effect: %(effect)s"),
    }.get(command.state)
    return (waits, COMMANDS[command.kind].awaits) if waits else None
