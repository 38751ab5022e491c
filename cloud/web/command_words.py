"""What commands, their fields and their answers are called on a screen."""

from collections.abc import Mapping
from typing import Any

from cloud.domain.asking import FieldKind
from cloud.domain.commands import Command, CommandKind, without_secrets
from cloud.domain.messages import Kind, Message
from cloud.domain.profiles import in_words
from cloud.domain.reservations import ReservationState
from cloud.domain.words import N_
from cloud.web.words import Sign, spaced

# In the order in which they are offered.
COMMAND: Mapping[CommandKind, str] = {
    CommandKind.REMOTE_START: N_("Remote start"),
    CommandKind.REMOTE_STOP: N_("Remote stop"),
    CommandKind.UNLOCK_CONNECTOR: N_("Unlock the plug"),
    CommandKind.CHANGE_AVAILABILITY: N_("Take out of service or put back"),
    CommandKind.RESET: N_("Restart"),
    CommandKind.TRIGGER_MESSAGE: N_("Have it send a message"),
    CommandKind.RESERVE_NOW: N_("Reserve a connector"),
    CommandKind.CANCEL_RESERVATION: N_("Cancel a reservation"),
    CommandKind.SET_CHARGING_PROFILE: N_("Set a charging profile"),
    CommandKind.CLEAR_CHARGING_PROFILE: N_("Clear charging profiles"),
    CommandKind.GET_COMPOSITE_SCHEDULE: N_("Ask what it would deliver"),
    CommandKind.GET_CONFIGURATION: N_("Read the configuration"),
    CommandKind.CHANGE_CONFIGURATION: N_("Change a configuration key"),
    CommandKind.UPDATE_FIRMWARE: N_("Update the firmware"),
    CommandKind.GET_DIAGNOSTICS: N_("Upload diagnostics"),
    CommandKind.GET_LOCAL_LIST_VERSION: N_("Ask for the version of its list"),
    CommandKind.SEND_LOCAL_LIST: N_("Send a local list by hand"),
    CommandKind.CLEAR_CACHE: N_("Clear the cache of tags"),
    CommandKind.DATA_TRANSFER: N_("Send the maker's own data"),
}

HELP: Mapping[CommandKind, str] = {
    CommandKind.CANCEL_RESERVATION: N_("The connector is free for everyone again."),
    CommandKind.CHANGE_AVAILABILITY: N_("A running session goes on until its end."),
    CommandKind.CHANGE_CONFIGURATION: N_("The station says whether it takes the value, and whether it must restart."),
    CommandKind.CLEAR_CACHE: N_("The station forgets which tags it has seen and asks again."),
    CommandKind.CLEAR_CHARGING_PROFILE: N_("Every profile that fits what you give is dropped; an id is enough."),
    CommandKind.DATA_TRANSFER: N_("What it means is between you and the station's maker."),
    CommandKind.GET_COMPOSITE_SCHEDULE: N_("The limits that follow from all profiles together."),
    CommandKind.GET_CONFIGURATION: N_("Without keys the station tells all it has."),
    CommandKind.GET_DIAGNOSTICS: N_("The station uploads its log to a server of yours."),
    CommandKind.GET_LOCAL_LIST_VERSION: N_("0 is an empty list, -1 none at all."),
    CommandKind.REMOTE_START: N_("The session is billed to the tag. Without a connector the station chooses."),
    CommandKind.REMOTE_STOP: N_("The session ends, and the plug is released."),
    CommandKind.RESERVE_NOW: N_("The connector is kept for a tag and its group until then."),
    CommandKind.RESET: N_("Sessions end. Soft ends things in order, Hard does not wait."),
    CommandKind.SEND_LOCAL_LIST: N_("Keeping the list in step, under Limits and lists, does this by itself."),
    CommandKind.SET_CHARGING_PROFILE: N_("Limits what is delivered. A profile for a session is for the one that runs."),
    CommandKind.TRIGGER_MESSAGE: N_("The station sends it now, as if by itself."),
    CommandKind.UNLOCK_CONNECTOR: N_("A session that runs there ends."),
    CommandKind.UPDATE_FIRMWARE: N_("The station fetches the file from a server of yours and restarts with it."),
}
DISRUPTIVE = frozenset({CommandKind.RESET, CommandKind.UPDATE_FIRMWARE, CommandKind.UNLOCK_CONNECTOR})
_FOR_WHOLE_STATION = frozenset(
    {
        CommandKind.CHANGE_AVAILABILITY,
        CommandKind.CLEAR_CHARGING_PROFILE,
        CommandKind.GET_COMPOSITE_SCHEDULE,
        CommandKind.RESERVE_NOW,
        CommandKind.SET_CHARGING_PROFILE,
    }
)

_FIELD: Mapping[str, str] = {
    "connectorId": N_("Connector"),
    "idTag": N_("Tag"),
    "transactionId": N_("Session"),
    "reservationId": N_("Reservation"),
    "expiryDate": N_("Until"),
    "type": N_("What"),
    "key": N_("Key"),
    "value": N_("Value"),
    "location": N_("Address (ftp, ftps, http, https or sftp)"),
    "retries": N_("How often to try again"),
    "retryInterval": N_("Seconds between tries"),
    "startTime": N_("From"),
    "stopTime": N_("To"),
    "retrieveDate": N_("Not before"),
    "requestedMessage": N_("Message"),
    "chargingProfilePurpose": N_("Purpose"),
    "chargingProfileKind": N_("Counted from"),
    "stackLevel": N_("Level; the highest counts"),
    "recurrencyKind": N_("Comes again"),
    "validFrom": N_("Valid from"),
    "validTo": N_("Valid until"),
    "chargingRateUnit": N_("Unit"),
    "chargingSchedulePeriod": N_("Limits"),
    "duration": N_("Duration in seconds"),
    "startSchedule": N_("Begins"),
    "minChargingRate": N_("Lowest useful limit"),
    "id": N_("Number of the profile"),
    "vendorId": N_("Maker's identification"),
    "messageId": N_("Kind of message"),
    "data": N_("Data"),
    "listVersion": N_("Version of the list"),
    "updateType": N_("How"),
    "localAuthorizationList": N_("Tags"),
}
FIELD_HINT: Mapping[FieldKind, str] = {
    FieldKind.LINES: N_("One a line."),
    FieldKind.PERIODS: N_("One a line: from which second, the limit, and perhaps the phases, such as 0 16 3."),
    FieldKind.JSON: N_("As JSON, in the words of OCPP 1.6."),
}

_CHOICE: Mapping[str, str] = {
    "Operative": N_("In service"),
    "Inoperative": N_("Out of service"),
    "Soft": N_("Soft: in order"),
    "Hard": N_("Hard: at once"),
    "ChargePointMaxProfile": N_("Whole station"),
    "TxDefaultProfile": N_("Every session"),
    "TxProfile": N_("The session that runs"),
    "Absolute": N_("A moment"),
    "Recurring": N_("A moment, again and again"),
    "Relative": N_("The session's start"),
    "Daily": N_("Every day"),
    "Weekly": N_("Every week"),
    "A": N_("Amperes a phase"),
    "W": N_("Watts in all"),
    "Full": N_("The whole list"),
    "Differential": N_("Only what changes"),
}

RESERVATION: Mapping[ReservationState, str] = {
    ReservationState.ASKED: N_("asked"),
    ReservationState.ACTIVE: N_("reserved"),
    ReservationState.REFUSED: N_("refused"),
    ReservationState.USED: N_("used"),
    ReservationState.CANCELLED: N_("cancelled"),
    ReservationState.EXPIRED: N_("expired"),
    ReservationState.LOST: N_("lost"),
}

AFTER_RESTART = Sign("After a restart", "clock", "wait")

_MESSAGE: Mapping[Kind, str] = {
    Kind.CALL: N_("call"),
    Kind.RESULT: N_("answer"),
    Kind.ERROR: N_("error"),
    Kind.UNREADABLE: N_("Unreadable"),
    Kind.SILENCE: N_("no answer"),
    Kind.OPENED: N_("Connected"),
    Kind.CLOSED: N_("Disconnected"),
}


def command_words(kind: CommandKind | str) -> str:
    """A command in words."""
    return COMMAND[CommandKind(kind)]


def field_words(name: str) -> str:
    """A field of a payload in words."""
    return _FIELD.get(name) or spaced(name)


def choice_words(choice: str) -> str:
    """A value of an enumeration in words."""
    return _CHOICE.get(choice) or choice


def message_words(message: Message) -> str:
    """What kind of entry of the log it is."""
    return _MESSAGE[message.kind]


def for_whole_station(kind: CommandKind) -> bool:
    """Whether connector 0 has a meaning: the station, or any of its connectors."""
    return kind in _FOR_WHOLE_STATION


def answered(command: Command) -> list[tuple[str, str]]:
    """What a station answered, name by name; a schedule in lines, a configuration has its own page."""
    answer = without_secrets(command.answer or {})
    told = [(spaced(name), value) for name, value in answer.items() if name not in _TOLD_ELSEWHERE]
    schedule = answer.get("chargingSchedule")
    lines = in_words(schedule) if isinstance(schedule, Mapping) else []
    return [*((name, _short(value)) for name, value in told), *(("", line) for line in lines)]


# Told by the timeline, by the page of the configuration, or below.
_TOLD_ELSEWHERE = frozenset({"status", "configurationKey", "unknownKey", "chargingSchedule"})


def _short(value: Any) -> str:
    return str(value)[:500]
