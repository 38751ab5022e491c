"""Commands to a station: what may follow what in their timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cloud.domain.secrets import HIDDEN, without_credentials
from cloud.domain.words import N_


class CommandKind(StrEnum):
    """What can be asked of a station: the OCPP action it becomes."""

    CANCEL_RESERVATION = "CancelReservation"
    CHANGE_AVAILABILITY = "ChangeAvailability"
    CHANGE_CONFIGURATION = "ChangeConfiguration"
    CLEAR_CACHE = "ClearCache"
    CLEAR_CHARGING_PROFILE = "ClearChargingProfile"
    DATA_TRANSFER = "DataTransfer"
    GET_COMPOSITE_SCHEDULE = "GetCompositeSchedule"
    GET_CONFIGURATION = "GetConfiguration"
    GET_DIAGNOSTICS = "GetDiagnostics"
    GET_LOCAL_LIST_VERSION = "GetLocalListVersion"
    REMOTE_START = "RemoteStartTransaction"
    REMOTE_STOP = "RemoteStopTransaction"
    RESERVE_NOW = "ReserveNow"
    RESET = "Reset"
    SEND_LOCAL_LIST = "SendLocalList"
    SET_CHARGING_PROFILE = "SetChargingProfile"
    TRIGGER_MESSAGE = "TriggerMessage"
    UNLOCK_CONNECTOR = "UnlockConnector"
    UPDATE_FIRMWARE = "UpdateFirmware"


class Step(StrEnum):
    """One entry of a command's timeline.

    `accepted`: the station will do it, its effect is still to be seen; `done`: it is seen, or the answer is all there
    is to see; `failed`: the station tried in vain; `unknown`: it was sent, but its answer can never come any more;
    `progress` is told and changes nothing.
    """

    ASKED = "asked"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SILENT = "silent"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    PROGRESS = "progress"
    DONE = "done"
    FAILED = "failed"
    SESSION_STARTED = "session_started"
    SESSION_STOPPED = "session_stopped"


_SEEN = frozenset({Step.SESSION_STARTED, Step.SESSION_STOPPED, Step.DONE, Step.FAILED})
_UNANSWERED = frozenset({Step.SILENT, Step.OFFLINE, Step.UNKNOWN, Step.EXPIRED})

FOLLOWS: Mapping[Step, frozenset[Step]] = {
    Step.ASKED: frozenset({Step.SENT, Step.OFFLINE, Step.EXPIRED}),
    Step.SENT: frozenset({Step.ACCEPTED, Step.REJECTED}) | _UNANSWERED | _SEEN,
    Step.ACCEPTED: frozenset({Step.EXPIRED}) | _SEEN,
    Step.SILENT: _SEEN,
    Step.OFFLINE: _SEEN,
    Step.UNKNOWN: _SEEN,
    Step.EXPIRED: _SEEN,
    Step.FAILED: frozenset({Step.DONE}),
    # What looked like the effect was none if the station then says no.
    Step.DONE: frozenset({Step.REJECTED}),
    Step.REJECTED: frozenset(),
    Step.PROGRESS: frozenset(),
    Step.SESSION_STARTED: frozenset(),
    Step.SESSION_STOPPED: frozenset(),
}
UNDER_WAY = frozenset({Step.ASKED, Step.SENT})
WAITING = UNDER_WAY | {Step.ACCEPTED}
MAY_SEE_EFFECT = frozenset(step for step, following in FOLLOWS.items() if following & _SEEN)

FINAL = frozenset(FOLLOWS) - WAITING - MAY_SEE_EFFECT


def advance(state: Step, step: Step) -> Step:
    """Where a command stands after `step`; a step out of turn is told in the timeline but changes nothing."""
    return step if step in FOLLOWS[state] else state


@dataclass(frozen=True, slots=True)
class Command:
    """`kind` is the OCPP action and `parameters` its payload; `answer` is what the station said.

    `expires_at`: until it is sent, the moment from which it is not sent any more; then the moment until which what
    comes of it is waited for; then the moment in which that was seen.
    """

    id: int
    kind: CommandKind
    station_id: int
    identity: str
    parameters: Mapping[str, Any]
    state: Step
    asked_at: datetime
    expires_at: datetime
    user_id: int | None = None
    session_id: int | None = None
    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """When a step happened and what there is to say about it."""

    step: Step
    detail: str
    at: datetime


AUTHORIZATION_KEY = "authorizationkey"


def renews_key(kind: CommandKind, parameters: Mapping[str, Any]) -> bool:
    """Whether a command gives the station a new key."""
    return kind is CommandKind.CHANGE_CONFIGURATION and str(parameters["key"]).lower() == AUTHORIZATION_KEY


def without_secrets(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload or answer as it may be shown and kept: no station keys, no credentials in addresses, no tag lists."""
    shown = dict(payload)
    if str(shown.get("key", "")).lower() == AUTHORIZATION_KEY and "value" in shown:
        shown["value"] = HIDDEN
    if isinstance(location := shown.get("location"), str):
        shown["location"] = without_credentials(location)
    if isinstance(told := shown.get("configurationKey"), list):
        shown["configurationKey"] = [without_secrets(each) if isinstance(each, dict) else each for each in told]
    if isinstance(tags := shown.get("localAuthorizationList"), list):
        shown["localAuthorizationList"] = N_(f"{len(tags)} tags")
    return shown
