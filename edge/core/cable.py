"""The cable: plugged, waited for, pulled at the car, kept for its owner (OCPP 1.6 sections 4.8 and 9.1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.configuration import is_on, number
from edge.core.effects import Effect, Say
from edge.core.events import Event, VehicleSeen
from edge.core.faults import replugged, without_fault
from edge.core.sessions import Step, stopped
from edge.core.state import Connector, Station
from edge.core.tags import masked
from edge.core.values import Bolt, Moment, StopReason, Vehicle


def vehicle_seen(station: Station, event: VehicleSeen) -> Step:
    """The pilot changed: plugged, asking, paused, unplugged."""
    before = station.connectors[event.connector]
    answers_until_ms = 0 if event.vehicle is Vehicle.ASKING else before.answers_until_ms
    seen = replace(before, vehicle=event.vehicle, answers_until_ms=answers_until_ms)
    said: list[Effect] = [Say(f"connector {seen.id}: {event.why}")] if event.why else []
    if seen.plugged and not before.plugged:
        anew = before.vehicle is not None  # what is seen first after a restart may have been there before it
        fresh = _as_good_as_new(seen, event.at) if anew else seen
        return _grant_moved(station, replace(fresh, plugged_ms=event.at.mono_ms)), said
    if event.vehicle is not Vehicle.ABSENT:
        return station.having(seen), said
    return _unplugged(station, _as_good_as_new(seen, event.at), event.at)


def _as_good_as_new(connector: Connector, at: Moment) -> Connector:
    mended = replugged(without_fault(connector, "limit"), at.mono_ms)
    return replace(mended, unlocks_again_ms=0)


def _unplugged(station: Station, connector: Connector, at: Moment) -> Step:
    """The car is gone: the session ends, or waits for it to come back.

    A session that the central system refused has nothing to wait for. Another driver's card does not end a session
    that waits (a foreign tag never does): it is refused with the reason.
    """
    left = connector.finished and connector.bolt is Bolt.SHUT
    gone = replace(connector, plugged_ms=None, finished=left)
    station = station.having(gone)
    if gone.session is None or gone.session.stopping is not None:
        return station, []
    if gone.session.refused is None and not is_on(station.configuration, "StopTransactionOnEVSideDisconnect"):
        return station, [Say(f"connector {gone.id}: the car was disconnected, the session waits for it")]
    said = Say(f"connector {gone.id}: the car was disconnected, stopping")
    return stopped(station, gone, StopReason.EV_DISCONNECTED, at), [said]


def freed(station: Station, connector: Connector, tag: str) -> Step:
    """The owner has come: the cable that was kept is let go."""
    said = Say(f"connector {connector.id}: card {masked(tag)} frees the cable")
    return station.having(replace(connector, held=None, finished=connector.occupied)), [said]


def _grant_moved(station: Station, plugged: Connector) -> Station:
    """A card was presented first, and the cable now says at which of the reader's connectors it is meant."""
    taken = plugged.session is not None or plugged.grant is not None or plugged.held is not None
    for other in () if taken else station.connectors.values():
        grant = other.grant
        if grant is not None and not other.plugged and plugged.id in grant.elsewhere:
            granted = replace(plugged, grant=replace(grant, elsewhere=()), finished=False)
            return station.having(replace(other, grant=None)).having(granted)
    return station.having(plugged)


def given_up(station: Station, connector: Connector, at: Moment) -> tuple[Connector, list[Effect]]:
    """A grant that no car came for and a car that no card came for, once ConnectionTimeOut has passed (0: never).

    Nobody is given up before an UnlockConnector is answered: what shows meanwhile is what was.
    """
    patience_ms = number(station.configuration, "ConnectionTimeOut") * 1000
    since_ms = connector.plugged_ms if connector.grant is None else connector.grant.since_ms
    idle = connector.session is None and not (connector.finished and connector.grant is None)
    if connector.unlocking is not None or not idle or since_ms is None or not 0 < patience_ms <= at.mono_ms - since_ms:
        return connector, []
    left = replace(connector, grant=None, finished=connector.plugged, ended=None)
    if connector.grant is None:
        return left, []
    missing = "the session could not begin" if connector.plugged else "nobody plugged in"
    return left, [Say(f"connector {connector.id}: {missing} within ConnectionTimeOut")]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {VehicleSeen: vehicle_seen}
