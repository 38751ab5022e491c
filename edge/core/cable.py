"""The cable: plugged, locked, waited for, unlocked, pulled (OCPP 1.6 sections 4.8, 5.18 and 9.1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.configuration import is_on, number
from edge.core.effects import Effect, Reply, Say, UnlockCable
from edge.core.events import CableUnlocked, Event, LockFailed, UnlockAsked, VehicleSeen
from edge.core.faults import with_fault, without_fault
from edge.core.sessions import Step, stopped
from edge.core.state import Connector, Station
from edge.core.values import Fault, Moment, StopReason, Vehicle


def vehicle_seen(station: Station, event: VehicleSeen) -> Step:
    """The pilot changed: plugged, asking, paused, unplugged."""
    before = station.connectors[event.connector]
    answers_until_ms = 0 if event.vehicle is Vehicle.ASKING else before.answers_until_ms
    seen = replace(before, vehicle=event.vehicle, answers_until_ms=answers_until_ms)
    if seen.plugged and not before.plugged:
        return _grant_moved(station, replace(seen, plugged_ms=event.at.mono_ms)), []
    if event.vehicle is not Vehicle.ABSENT:
        return station.having(seen), []
    gone = replace(without_fault(without_fault(seen, "lock"), "limit"), plugged_ms=None, finished=False, ended=None)
    station = station.having(gone)
    if is_on(station.configuration, "StopTransactionOnEVSideDisconnect"):
        station = stopped(station, gone, StopReason.EV_DISCONNECTED, event.at)
    return station, []


def _grant_moved(station: Station, plugged: Connector) -> Station:
    """A card was presented first, and the cable now says at which of the reader's connectors it is meant."""
    taken = plugged.session is not None or plugged.grant is not None
    for other in () if taken else station.connectors.values():
        grant = other.grant
        if grant is not None and not other.plugged and plugged.id in grant.elsewhere:
            granted = replace(plugged, grant=replace(grant, elsewhere=()), finished=False)
            return station.having(replace(other, grant=None)).having(granted)
    return station.having(plugged)


def given_up(station: Station, connector: Connector, at: Moment) -> tuple[Connector, list[Effect]]:
    """A grant that no car came for and a car that no card came for, once ConnectionTimeOut has passed."""
    patience_ms = number(station.configuration, "ConnectionTimeOut") * 1000
    if connector.grant is not None and at.mono_ms >= connector.grant.until_ms:
        said = Say(f"connector {connector.id}: nobody plugged in within ConnectionTimeOut")
        return replace(connector, grant=None, finished=connector.plugged), [said]
    idle = connector.session is None and connector.grant is None and not connector.finished
    if idle and connector.plugged_ms is not None and at.mono_ms - connector.plugged_ms >= patience_ms:
        return replace(connector, finished=True), []
    return connector, []


def lock_failed(station: Station, event: LockFailed) -> Step:
    """A plug that is not held carries no current."""
    connector = station.connectors[event.connector]
    return with_fault(station, connector, "lock", Fault("ConnectorLockFailure", event.info)), []


def unlock(station: Station, event: UnlockAsked) -> Step:
    """UnlockConnector: a fixed cable or an unknown connector has no lock."""
    connector = station.connectors.get(event.connector)
    if connector is None or not connector.fitting.has_lock:
        return station, [Reply(event.request, "NotSupported")]
    station = stopped(station, connector, StopReason.UNLOCK_COMMAND, event.at)
    return station, [UnlockCable(connector.id, event.request)]


def cable_unlocked(station: Station, event: CableUnlocked) -> Step:
    """The bolt has moved, or not; only now is the central system answered."""
    return station, [Reply(event.request, "Unlocked" if event.done else "UnlockFailed")]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    VehicleSeen: vehicle_seen,
    LockFailed: lock_failed,
    UnlockAsked: unlock,
    CableUnlocked: cable_unlocked,
}
