"""The lock of a detachable cable: when it holds the plug, one move at a time, and UnlockConnector (OCPP 1.6 5.18)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.effects import Effect, LockCable, Reply, Say, UnlockCable
from edge.core.events import CableLocked, CableUnlocked, Event, LockFailed, UnlockAsked
from edge.core.faults import with_fault, without_fault
from edge.core.sessions import Step, is_ready, stopped
from edge.core.state import Connector, Station
from edge.core.values import Bolt, Fault, StopReason

AGAIN_MS = 10_000


def holds(station: Station, connector: Connector) -> bool:
    """Whether the plug is to be held: while anything is engaged or charged, for its owner, and before a session."""
    running = connector.session is not None and connector.session.stopping is None
    begins = connector.grant is not None and is_ready(station, connector)
    wanted = connector.unlocking is None and (running or begins or connector.held is not None)
    return connector.fitting.has_lock and (connector.engaged or wanted)


def turned(connector: Connector, hold: bool, now_ms: int) -> tuple[Connector, list[Effect]]:
    """The bolt sent where it is not known to be; it must have said how that went before it is sent again."""
    wanted = Bolt.SHUT if hold else Bolt.OPEN
    asked = connector.unlocking is not None and not hold
    if not connector.fitting.has_lock or connector.turning is not None or (connector.bolt is wanted and not asked):
        return connector, []
    if not asked and ("lock" in connector.faults if hold else now_ms < connector.unlocks_again_ms):
        return connector, []
    move = LockCable(connector.id) if hold else UnlockCable(connector.id)
    return replace(connector, turning=wanted), [move]


def locked(station: Station, event: CableLocked) -> Step:
    """The plug is held."""
    connector = replace(station.connectors[event.connector], bolt=Bolt.SHUT, turning=None)
    return station.having(connector), [Say(f"connector {connector.id}: cable locked")]


def unlocked(station: Station, event: CableUnlocked) -> Step:
    """The plug is free; without a car the cable counts as taken out. Who waited has ConnectionTimeOut anew."""
    before, now_ms = station.connectors[event.connector], event.at.mono_ms
    waited = before.unlocking is not None
    connector = replace(
        without_fault(before, "unlock"),
        bolt=Bolt.OPEN,
        turning=None,
        unlocking=None,
        finished=before.finished and before.plugged,
        plugged_ms=now_ms if waited and before.plugged_ms is not None else before.plugged_ms,
        grant=replace(before.grant, since_ms=now_ms) if waited and before.grant is not None else before.grant,
    )
    return station.having(connector), [*_answer(before, "Unlocked"), Say(f"connector {connector.id}: cable unlocked")]


def failed(station: Station, event: LockFailed) -> Step:
    """A plug that is not held carries no current; one that is stuck is tried again after AGAIN_MS.

    A bolt that did not shut has cost the grant, and an owner's cable is no longer kept; it is a fault until the
    cable is pulled. One that did not open is a fault until it does.
    """
    connector = station.connectors[event.connector]
    say: Effect = Say(f"connector {connector.id}: {event.info}")
    fault = Fault("ConnectorLockFailure", event.info)
    if connector.turning is Bolt.OPEN:
        again_ms = event.at.mono_ms + AGAIN_MS
        stuck = replace(connector, turning=None, unlocking=None, unlocks_again_ms=again_ms)
        said = [] if "unlock" in connector.faults else [say]
        return with_fault(station, stuck, "unlock", fault), [*_answer(connector, "UnlockFailed"), *said]
    loose = replace(connector, bolt=None, turning=None, grant=None, held=None)
    return with_fault(station, loose, "lock", fault), [say]


def _answer(connector: Connector, status: str) -> list[Effect]:
    return [] if connector.unlocking is None else [Reply(connector.unlocking, status)]


def unlock(station: Station, event: UnlockAsked) -> Step:
    """UnlockConnector: the energy is released at once, then the bolt is opened, then it is answered.

    The session ends even if the bolt sticks: OCPP 1.6 section 5.18 wants it finished first, and whoever asked wants
    the car away. A fixed cable or an unknown connector has no lock, and charging goes on.
    """
    connector = station.connectors.get(event.connector)
    if connector is None or not connector.fitting.has_lock:
        return station, [Reply(event.request, "NotSupported"), _not_unlocked(event, "there is no lock")]
    if connector.unlocking is not None:
        return station, [Reply(event.request, "UnlockFailed"), _not_unlocked(event, "it is being unlocked already")]
    given = replace(connector, unlocking=event.request, grant=None, held=None)
    said = Say(f"connector {connector.id}: the central system asks to unlock the cable")
    return stopped(station.having(given), given, StopReason.UNLOCK_COMMAND, event.at), [said]


def _not_unlocked(event: UnlockAsked, why: str) -> Effect:
    return Say(f"connector {event.connector}: not unlocked, {why}", refusal=True)


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    CableLocked: locked,
    CableUnlocked: unlocked,
    LockFailed: failed,
    UnlockAsked: unlock,
}
