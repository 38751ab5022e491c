"""The table of commands: what an answer means, what comes of it, how long each may take. A new command is one row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cloud.domain import checks, effects
from cloud.domain.checks import Check
from cloud.domain.commands import Command, CommandKind, Step, renews_key
from cloud.domain.effects import BOOT, DIAGNOSTICS, FIRMWARE, SIGN_IN, START, STATUS, STOP, TRIGGERED, Effect
from cloud.domain.stations import RegistrationStatus

Judge = Callable[[Mapping[str, Any]], Step]


@dataclass(frozen=True, slots=True)
class Definition:
    """One command.

    `judge`: the step that the station's answer means. `lasts`: how long it may wait to be sent. `awaits`: the effect
    in words; `reports`: the messages that may show it; `effect`: whether one does; `within`: how long after that.
    """

    judge: Judge
    lasts: timedelta
    awaits: str = ""
    reports: frozenset[str] = frozenset()
    effect: Effect = effects.booted
    within: timedelta = timedelta(minutes=10)
    check: Check = checks.anything


def by_status(**steps: Step) -> Judge:
    """Anything else is a rejection."""
    return lambda answer: steps.get(str(answer.get("status")), Step.REJECTED)


def always(step: Step) -> Judge:
    """Whatever it says, the answer is a yes."""
    return lambda answer: step


def with_file(answer: Mapping[str, Any]) -> Step:
    """GetDiagnostics: no file name means that there is nothing to upload."""
    return Step.ACCEPTED if answer.get("fileName") else Step.FAILED


def seen(*actions: str) -> frozenset[str]:
    return frozenset(actions)


ACCEPTED, DONE, FAILED = Step.ACCEPTED, Step.DONE, Step.FAILED
AT_ONCE, SOON, TODAY = timedelta(seconds=60), timedelta(hours=1), timedelta(days=1)
WEEK = timedelta(days=7)
_ANSWER_IS_ALL = by_status(Accepted=DONE)

# The security extension's commands (SignedUpdateFirmware, GetLog, ExtendedTriggerMessage, …) will be rows like these.
COMMANDS: Mapping[CommandKind, Definition] = {
    CommandKind.CANCEL_RESERVATION: Definition(_ANSWER_IS_ALL, SOON),
    CommandKind.CHANGE_AVAILABILITY: Definition(
        by_status(Accepted=ACCEPTED, Scheduled=ACCEPTED),
        SOON,
        "the connector to show it; a session goes on until its end",
        seen(STATUS),
        effects.availability,
        TODAY,
    ),
    CommandKind.CHANGE_CONFIGURATION: Definition(
        by_status(Accepted=DONE, RebootRequired=DONE),
        SOON,
        "the station to sign in with its new key; the old one goes on until then",
        seen(SIGN_IN),
        effects.signed_in,
        TODAY,
        checks.setting,
    ),
    CommandKind.CLEAR_CACHE: Definition(_ANSWER_IS_ALL, SOON),
    CommandKind.CLEAR_CHARGING_PROFILE: Definition(_ANSWER_IS_ALL, SOON),
    CommandKind.DATA_TRANSFER: Definition(_ANSWER_IS_ALL, SOON),
    CommandKind.GET_COMPOSITE_SCHEDULE: Definition(_ANSWER_IS_ALL, AT_ONCE),
    CommandKind.GET_CONFIGURATION: Definition(always(DONE), SOON),
    CommandKind.GET_DIAGNOSTICS: Definition(
        with_file,
        TODAY,
        "the upload to end",
        seen(DIAGNOSTICS),
        effects.transferred,
        TODAY,
        checks.location,
    ),
    CommandKind.GET_LOCAL_LIST_VERSION: Definition(always(DONE), SOON),
    CommandKind.REMOTE_START: Definition(
        by_status(Accepted=ACCEPTED),
        AT_ONCE,
        "the session to start; a car must be plugged in",
        seen(START),
        effects.session_started,
        check=checks.remote_start,
    ),
    CommandKind.REMOTE_STOP: Definition(
        by_status(Accepted=ACCEPTED), AT_ONCE, "the session to stop", seen(STOP), effects.session_stopped
    ),
    CommandKind.RESERVE_NOW: Definition(
        by_status(Accepted=ACCEPTED),
        AT_ONCE,
        "the connector to show that it is reserved",
        seen(STATUS, START),
        effects.reserved,
        check=checks.reservation,
    ),
    CommandKind.RESET: Definition(
        by_status(Accepted=ACCEPTED), AT_ONCE, "the station to start again", seen(BOOT), effects.booted
    ),
    CommandKind.SEND_LOCAL_LIST: Definition(_ANSWER_IS_ALL, SOON, check=checks.local_list),
    CommandKind.SET_CHARGING_PROFILE: Definition(_ANSWER_IS_ALL, SOON, check=checks.profile),
    CommandKind.TRIGGER_MESSAGE: Definition(
        by_status(Accepted=ACCEPTED),
        AT_ONCE,
        "the message that was asked for",
        TRIGGERED,
        effects.triggered,
        check=checks.trigger,
    ),
    CommandKind.UNLOCK_CONNECTOR: Definition(by_status(Unlocked=DONE, UnlockFailed=FAILED), AT_ONCE),
    CommandKind.UPDATE_FIRMWARE: Definition(
        always(ACCEPTED),
        TODAY,
        "the firmware to be installed",
        seen(FIRMWARE),
        effects.transferred,
        WEEK,
        checks.firmware,
    ),
}


WHILE_PENDING = frozenset(
    {
        CommandKind.CHANGE_CONFIGURATION,
        CommandKind.GET_CONFIGURATION,
        CommandKind.GET_DIAGNOSTICS,
        CommandKind.RESET,
        CommandKind.TRIGGER_MESSAGE,
        CommandKind.UPDATE_FIRMWARE,
    }
)
"""What may be asked of a station before it takes part (OCPP 1.6, 4.2): look at it, set it up, never charge."""


def may_be_sent(kind: CommandKind, to: RegistrationStatus | None) -> bool:
    """Whether a station that was told this at its boot may be asked for that."""
    return to is RegistrationStatus.ACCEPTED or (to is RegistrationStatus.PENDING and kind in WHILE_PENDING)


def judged(command: Command, answer: Mapping[str, Any]) -> Step:
    """The step that a station's answer means. A new key is not done until the station signs in with it."""
    step = COMMANDS[command.kind].judge(answer)
    return ACCEPTED if step is DONE and renews_key(command.kind, command.parameters) else step


def awaiting(action: str) -> frozenset[CommandKind]:
    """The commands whose effect may show in a message of that name."""
    return frozenset(kind for kind, command in COMMANDS.items() if action in command.reports)
