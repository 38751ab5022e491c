"""What stations may call: the table of actions, the rules for all of them, and salvage instead of refusal."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bollard.wire.errors import CallError, ErrorCode, NoAnswer
from bollard.wire.schemas import check_request
from cloud.domain.effects import BOOT, DIAGNOSTICS, FIRMWARE, METER, START, STATUS, STOP, TRIGGERED
from cloud.domain.incidents import IncidentKind
from cloud.domain.stations import RegistrationStatus
from cloud.domain.words import N_
from cloud.ocpp import actions, translation
from cloud.ocpp.caller import Caller
from cloud.ocpp.log import harmless
from cloud.ocpp.translation import Payload
from cloud.services.errors import ServiceError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Route(Generic[T]):
    """`read` makes of a payload (and what its schema refused, if anything) what `act` needs to answer it."""

    read: Callable[[Payload, CallError | None], T]
    act: Callable[[Caller, T], Awaitable[actions.Answer]]


def strict(read: Callable[[Payload], T]) -> Callable[[Payload, CallError | None], T]:
    """What a schema refuses is refused."""

    def checked(payload: Payload, refused: CallError | None) -> T:
        if refused is not None:
            raise refused
        return read(payload)

    return checked


def whole(payload: Payload) -> Payload:
    return payload


ROUTES: dict[str, Route[Any]] = {
    "Authorize": Route(translation.asked_tag, actions.authorize),
    BOOT: Route(translation.boot_info, actions.boot_notification),
    "DataTransfer": Route(strict(whole), actions.data_transfer),
    DIAGNOSTICS: Route(strict(whole), actions.progress(DIAGNOSTICS, "diagnostics")),
    FIRMWARE: Route(strict(whole), actions.progress(FIRMWARE, "firmware")),
    "Heartbeat": Route(strict(whole), actions.heartbeat),
    "LogStatusNotification": Route(strict(whole), actions.progress("LogStatusNotification", "log upload")),
    METER: Route(translation.meter_report, actions.meter_values),
    "SecurityEventNotification": Route(strict(whole), actions.security_event),
    "SignCertificate": Route(strict(whole), actions.sign_certificate),
    "SignedFirmwareStatusNotification": Route(
        strict(whole), actions.progress("SignedFirmwareStatusNotification", "firmware")
    ),
    START: Route(translation.start_report, actions.start_transaction),
    STATUS: Route(translation.status_report, actions.status_notification),
    STOP: Route(translation.stop_report, actions.stop_transaction),
}


REPORTS = frozenset({METER, START, STOP})
"""Whatever is odd about these is told in the unit of work that keeps them."""

SESSIONS_OWN = {"idTag", "transactionId"}
EARLY = frozenset({BOOT, METER, START, STOP, "SecurityEventNotification"})
"""What a station may say before it is accepted: a report is a fact, and an error would make it drop its energy."""

HEARD: Mapping[RegistrationStatus | None, frozenset[str]] = {
    RegistrationStatus.ACCEPTED: frozenset(ROUTES),
    RegistrationStatus.PENDING: EARLY | TRIGGERED,
}

# What a driver, a bill or the operator's picture depends on is not refused because a station numbers its calls.
NUMBERED = {
    "Authorize",
    BOOT,
    "MeterValues",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
}


async def answer(caller: Caller, action: str, payload: Payload) -> actions.Answer:
    """The payload of the CALLRESULT. Raises CallError, and NoAnswer when nothing could be committed."""
    if caller.connection.leaving:
        raise NoAnswer
    try:
        route = _route(action, caller)
        _note_early(caller, action, payload)
        refused = refusal(action, payload)
        read = route.read(payload, refused)
        if refused is not None and action not in REPORTS:
            caller.incident(IncidentKind.SALVAGED, f"{action} was not as OCPP wants it: {refused.text}", payload)
        return await route.act(caller, read)
    except ServiceError as impossible:
        error = CallError(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, str(impossible))
        _tell(caller, action, payload, error)
        raise error from impossible
    except CallError as error:
        _tell(caller, action, payload, error)
        raise


def _route(action: str, caller: Caller) -> Route[Any]:
    route = ROUTES.get(action)
    if route is None:
        raise _not_for_us(action)
    if action not in HEARD.get(caller.connection.registration, EARLY):
        raise CallError(ErrorCode.SECURITY_ERROR, "a BootNotification must be accepted first")
    return route


def _note_early(caller: Caller, action: str, payload: Payload) -> None:
    """A pending station may be asked for meter values; of a session it has nothing to tell yet."""
    if not caller.connection.registered and action in REPORTS and payload.keys() & SESSIONS_OWN:
        told = caller.connection.registration
        how = "has never booted" if told is None else N_(f"is {told.words}")
        caller.incident(IncidentKind.EARLY_REPORT, f"{action} from a station that {how}; it counts", payload)


def _not_for_us(action: str) -> CallError:
    unknown = refusal(action, {})
    if unknown is not None and unknown.code is ErrorCode.NOT_IMPLEMENTED:
        return unknown
    return CallError(ErrorCode.NOT_SUPPORTED, "only a central system makes this call")


def refusal(action: str, payload: Payload) -> CallError | None:
    """What the schema has against a payload; None when nothing."""
    try:
        check_request(action, payload)
    except CallError as error:
        return error
    return None


def _tell(caller: Caller, action: str, payload: Payload, error: CallError) -> None:
    caller.incident(IncidentKind.BAD_MESSAGE, N_(f"{harmless(action)} refused: {error}"), payload)
