"""What the central system asks of this station: one short function an action, found by table."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from bollard.wire.errors import CallError, ErrorCode, NoAnswer
from bollard.wire.schemas import check_request
from edge.core import events
from edge.core.configuration import number
from edge.core.effects import Reply
from edge.link import translation
from edge.link.ports import Agent
from edge.link.registration import Registration, Verdict
from edge.link.statuses import Statuses

Payload = dict[str, Any]

DECISION_S = 60
NOT_YET = "the central system has not accepted this station yet"


class Inbound:
    """Answers calls. What follows from an answer is sent by others; the peer lets the answer go first."""

    def __init__(
        self, agent: Agent, registration: Registration, statuses: Statuses, reconfigured: Callable[[], None]
    ) -> None:
        self.agent = agent
        self.registration = registration
        self.statuses = statuses
        self.reconfigured = reconfigured
        self._replies: dict[str, asyncio.Future[str]] = {}

    async def handle(self, action: str, payload: Payload) -> Payload:
        """The answer to one call; raises CallError for what is unknown, wrong or not supported."""
        if self.registration.verdict is Verdict.REJECTED:
            raise NoAnswer
        check_request(action, payload)
        if action not in ACTIONS:
            self.agent.refuse(f"{action} refused: this station does not do that")
            if action in ABSENT:
                return ABSENT[action]
            raise CallError(ErrorCode.NOT_SUPPORTED, f"this station does not do {action}")
        return await ACTIONS[action](self, payload)

    def reply(self, reply: Reply) -> None:
        """The core's answer; one that nobody waits for any more is dropped."""
        waiting = self._replies.get(reply.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(reply.status)

    def rejected(self, what: str, why: str = NOT_YET) -> Payload:
        """A refusal; by default of what only an accepted station does."""
        self.agent.refuse(f"{what} rejected: {why}")
        return {"status": "Rejected"}

    async def decided(self, kind: Callable[..., events.Asked], *values: Any) -> str:
        """Put a question to the core and wait for its one reply."""
        request = str(uuid4())
        reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._replies[request] = reply
        self.agent.take(kind(self.agent.clock.now(), request, *values))
        try:
            async with asyncio.timeout(DECISION_S):
                return await reply
        except TimeoutError:
            raise CallError(ErrorCode.INTERNAL_ERROR, "the station could not decide in time") from None
        finally:
            del self._replies[request]


async def remote_start(inbound: Inbound, payload: Payload) -> Payload:
    """RemoteStartTransaction; a profile must be one for the session, and is otherwise left unused."""
    if not inbound.registration.accepted:
        return inbound.rejected("RemoteStartTransaction")
    purpose = payload.get("chargingProfile", {}).get("chargingProfilePurpose", "TxProfile")
    if purpose != "TxProfile":
        return inbound.rejected("RemoteStartTransaction", f"a profile for a session is no {purpose}")
    return {"status": await inbound.decided(events.RemoteStartAsked, payload["idTag"], payload.get("connectorId"))}


async def remote_stop(inbound: Inbound, payload: Payload) -> Payload:
    """RemoteStopTransaction."""
    if not inbound.registration.accepted:
        return inbound.rejected("RemoteStopTransaction")
    return {"status": await inbound.decided(events.RemoteStopAsked, payload["transactionId"])}


async def change_availability(inbound: Inbound, payload: Payload) -> Payload:
    """ChangeAvailability."""
    operative = payload["type"] == "Operative"
    return {"status": await inbound.decided(events.AvailabilityAsked, payload["connectorId"], operative)}


async def change_configuration(inbound: Inbound, payload: Payload) -> Payload:
    """ChangeConfiguration; whoever waits by an interval waits anew."""
    status = await inbound.decided(events.ConfigurationAsked, payload["key"], payload["value"])
    inbound.reconfigured()
    return {"status": status}


async def get_configuration(inbound: Inbound, payload: Payload) -> Payload:
    """GetConfiguration, of at most GetConfigurationMaxKeys keys at a time."""
    settings, asked = inbound.agent.station().configuration, payload.get("key", [])
    most = number(settings, "GetConfigurationMaxKeys")
    if len(asked) > most:
        raise CallError(ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION, f"at most {most} keys can be asked for at a time")
    return translation.configuration(settings, asked)


async def clear_cache(inbound: Inbound, payload: Payload) -> Payload:
    """ClearCache."""
    return {"status": await inbound.decided(events.CacheClearAsked)}


async def reset(inbound: Inbound, payload: Payload) -> Payload:
    """Reset."""
    return {"status": await inbound.decided(events.ResetAsked, payload["type"] == "Hard")}


async def unlock(inbound: Inbound, payload: Payload) -> Payload:
    """UnlockConnector."""
    return {"status": await inbound.decided(events.UnlockAsked, payload["connectorId"])}


async def data_transfer(inbound: Inbound, payload: Payload) -> Payload:
    """DataTransfer: there is no vendor we have an agreement with."""
    inbound.agent.refuse("DataTransfer refused: there is no vendor with an agreement")
    return {"status": "UnknownVendorId"}


async def trigger(inbound: Inbound, payload: Payload) -> Payload:
    """TriggerMessage (section 5.17)."""
    message, registration = payload["requestedMessage"], inbound.registration
    run = TRIGGERS.get(message)
    if run is None:
        inbound.agent.refuse(f"TriggerMessage({message}) refused: this station does not send that by itself")
        return {"status": "NotImplemented"}
    if not (registration.accepted or run is trigger_boot or (registration.pending and run in WHILE_PENDING)):
        return inbound.rejected(f"TriggerMessage({message})")
    return {"status": await run(inbound, payload.get("connectorId"))}


async def trigger_boot(inbound: Inbound, connector: int | None) -> str:
    """Accepted until the central system has accepted us (errata 4.0)."""
    if inbound.registration.accepted:
        inbound.rejected("TriggerMessage(BootNotification)", "the central system has accepted this station already")
        return "Rejected"
    inbound.registration.boot_now()
    return "Accepted"


async def trigger_heartbeat(inbound: Inbound, connector: int | None) -> str:
    """A heartbeat at once."""
    inbound.registration.beat_now()
    return "Accepted"


async def trigger_status(inbound: Inbound, connector: int | None) -> str:
    """Every status, or that of one connector."""
    if inbound.statuses.trigger(connector):
        return "Accepted"
    inbound.rejected("TriggerMessage(StatusNotification)", f"there is no connector {connector}")
    return "Rejected"


async def trigger_meter_values(inbound: Inbound, connector: int | None) -> str:
    """Meter values of every connector, or of one."""
    return await inbound.decided(events.MeterValuesAsked, connector)


ACTIONS: dict[str, Callable[[Inbound, Payload], Awaitable[Payload]]] = {
    "ChangeAvailability": change_availability,
    "ChangeConfiguration": change_configuration,
    "ClearCache": clear_cache,
    "DataTransfer": data_transfer,
    "GetConfiguration": get_configuration,
    "RemoteStartTransaction": remote_start,
    "RemoteStopTransaction": remote_stop,
    "Reset": reset,
    "TriggerMessage": trigger,
    "UnlockConnector": unlock,
}
TRIGGERS: dict[str, Callable[[Inbound, int | None], Awaitable[str]]] = {
    "BootNotification": trigger_boot,
    "Heartbeat": trigger_heartbeat,
    "MeterValues": trigger_meter_values,
    "StatusNotification": trigger_status,
}
WHILE_PENDING = (trigger_boot, trigger_heartbeat, trigger_status)
# Absent features that have a status for it; every other absent action is answered with the error NotSupported.
ABSENT: dict[str, Payload] = {
    "CancelReservation": {"status": "Rejected"},
    "GetLocalListVersion": {"listVersion": -1},
    "ReserveNow": {"status": "Rejected"},
    "SendLocalList": {"status": "NotSupported"},
}
