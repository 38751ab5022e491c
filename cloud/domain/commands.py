"""Commands to a station: what may follow what in their timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class CommandKind(StrEnum):
    """What can be asked of a station: the OCPP action it becomes."""

    REMOTE_START = "RemoteStartTransaction"
    REMOTE_STOP = "RemoteStopTransaction"


class Step(StrEnum):
    """One entry of a command's timeline."""

    ASKED = "asked"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SILENT = "silent"
    OFFLINE = "offline"
    EXPIRED = "expired"
    SESSION_STARTED = "session_started"
    SESSION_STOPPED = "session_stopped"


_EFFECTS = frozenset({Step.SESSION_STARTED, Step.SESSION_STOPPED})

FOLLOWS: Mapping[Step, frozenset[Step]] = {
    Step.ASKED: frozenset({Step.SENT, Step.OFFLINE, Step.EXPIRED}),
    Step.SENT: frozenset({Step.ACCEPTED, Step.REJECTED, Step.SILENT, Step.OFFLINE, Step.EXPIRED}) | _EFFECTS,
    Step.ACCEPTED: frozenset({Step.EXPIRED}) | _EFFECTS,
    Step.SILENT: _EFFECTS,
    Step.OFFLINE: _EFFECTS,
    Step.REJECTED: frozenset(),
    Step.EXPIRED: _EFFECTS,
    Step.SESSION_STARTED: frozenset(),
    Step.SESSION_STOPPED: frozenset(),
}


def advance(state: Step, step: Step) -> Step:
    """Where a command stands after `step`; a step out of turn is told in the timeline but changes nothing."""
    return step if step in FOLLOWS[state] else state


@dataclass(frozen=True, slots=True)
class Command:
    """`kind` is the OCPP action and `parameters` its payload; not sent after `expires_at`."""

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


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """When a step happened and what there is to say about it."""

    step: Step
    detail: str
    at: datetime
