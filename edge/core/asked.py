"""What the central system or the technician asks for; each gets exactly one reply, and the reply comes first."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.claims import is_operative
from edge.core.configuration import change
from edge.core.effects import Record, Reply, Say
from edge.core.events import (
    Asked,
    AvailabilityAsked,
    CacheClearAsked,
    ConfigurationAsked,
    Event,
    MeterValuesAsked,
    RemoteStopAsked,
    ResetAsked,
    ResetFailed,
    StopAsked,
)
from edge.core.sampling import reconfigured, sample
from edge.core.sessions import Step, all_stopped, stopped
from edge.core.state import Connector, Station
from edge.core.values import Fault, Moment, StopReason


def remote_stop(station: Station, event: RemoteStopAsked) -> Step:
    """RemoteStopTransaction: accepted only for a session that runs and is known by that id."""
    for connector, session in station.sessions():
        if session.transaction_id == event.transaction_id and session.stopping is None:
            said = Say(f"connector {connector.id}: remote stop")
            return stopped(station, connector, StopReason.REMOTE, event.at), [Reply(event.request, "Accepted"), said]
    why = f"remote stop rejected: transaction {event.transaction_id} does not run here"
    return _rejected(station, event, why)


def _rejected(station: Station, event: Asked, why: str) -> Step:
    return station, [Reply(event.request, "Rejected"), Say(why, refusal=True)]


def local_stop(station: Station, event: StopAsked) -> Step:
    """A stop at the station itself."""
    connector = station.connectors.get(event.connector)
    if connector is None or connector.session is None or connector.session.stopping is not None:
        return _rejected(station, event, f"connector {event.connector}: stop rejected, no session runs there")
    return stopped(station, connector, StopReason.LOCAL, event.at), [Reply(event.request, "Accepted")]


def availability(station: Station, event: AvailabilityAsked) -> Step:
    """ChangeAvailability: at once, or after the running session; connector 0 is the station and every connector."""
    if event.connector != 0 and event.connector not in station.connectors:
        return _rejected(station, event, f"change of availability rejected: there is no connector {event.connector}")
    before = station
    if event.connector == 0:
        station = replace(station, operative=event.operative)
    scheduled = False
    for connector in [c for c in before.connectors.values() if event.connector in (0, c.id)]:
        if event.operative:
            changed = _in_service(station, connector, event.at, returns=not is_operative(before, connector))
        else:
            changed = _out_of_service(connector)
        scheduled = scheduled or (changed.scheduled_inoperative and not event.operative)
        station = station.having(changed)
    where = f"connector {event.connector}" if event.connector else "station"
    to = "in service" if event.operative else "out of service"
    said = Say(f"{where}: {to}{', once its session has ended' if scheduled else ''}")
    return station, [Reply(event.request, "Scheduled" if scheduled else "Accepted"), said]


def _out_of_service(connector: Connector) -> Connector:
    later = connector.session is not None
    return replace(connector, operative=later, scheduled_inoperative=later, grant=None)


def _in_service(station: Station, connector: Connector, at: Moment, *, returns: bool) -> Connector:
    """In service; a car that waits at a connector that returns has its ConnectionTimeOut anew.

    While the whole station is out of service, a session that may still end must not be cut off by this.
    """
    if returns and connector.plugged:
        connector = replace(connector, finished=False, plugged_ms=at.mono_ms)
    ending = connector.session is not None and not station.operative
    return replace(connector, operative=True, scheduled_inoperative=ending)


def reset(station: Station, event: ResetAsked) -> Step:
    """Reset: sessions are stopped properly first; the restart follows the last of them.

    One that waits for its meter for too long is ended after the restart, which is what the meter may need.
    """
    kind, reason = ("Hard", StopReason.HARD_RESET) if event.hard else ("Soft", StopReason.SOFT_RESET)
    since_ms = station.resetting_ms if station.resetting is not None else event.at.mono_ms
    station = replace(station, resetting=event.hard, resetting_ms=since_ms, warnings=_no_failure(station))
    said = Say(f"{kind} reset asked for by the central system")
    return all_stopped(station, reason, event.at), [Reply(event.request, "Accepted"), said]


def reset_failed(station: Station, event: ResetFailed) -> Step:
    """The restart did not come: the operator is warned at connector 0, and the station works on."""
    warnings = {**_no_failure(station), "reset": Fault("ResetFailure", event.info)}
    station = replace(station, resetting=None, restarting=False, warnings=warnings)
    return station, [Say(f"reset failed, the station works on: {event.info}")]


def _no_failure(station: Station) -> dict[str, Fault]:
    return {source: warning for source, warning in station.warnings.items() if source != "reset"}


def configuration(station: Station, event: ConfigurationAsked) -> Step:
    """ChangeConfiguration: every key takes effect at once."""
    changed, status, said = change(station.configuration, event.key, event.value)
    told = Say(f"configuration: {said}", refusal=status in ("Rejected", "NotSupported"))
    return reconfigured(station, changed, event.at), [Reply(event.request, status), told]


def clear_cache(station: Station, event: CacheClearAsked) -> Step:
    """ClearCache: the cache, not the local list."""
    return replace(station, cache={}), [Reply(event.request, "Accepted"), Say("authorization cache cleared")]


def meter_values(station: Station, event: MeterValuesAsked) -> Step:
    """TriggerMessage(MeterValues) for one connector or all of them."""
    if event.connector is not None and event.connector not in station.connectors:
        return _rejected(station, event, f"meter values not sent: there is no connector {event.connector}")
    asked = [c for c in station.connectors.values() if event.connector in (None, c.id) and "meter" not in c.faults]
    records = [Record(sample(station, c, c.reading, event.at, "Trigger")) for c in asked if c.reading is not None]
    if not records:
        return _rejected(station, event, "meter values not sent: no meter answers")
    return station, [Reply(event.request, "Accepted"), *records]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    RemoteStopAsked: remote_stop,
    StopAsked: local_stop,
    AvailabilityAsked: availability,
    ResetAsked: reset,
    ResetFailed: reset_failed,
    ConfigurationAsked: configuration,
    CacheClearAsked: clear_cache,
    MeterValuesAsked: meter_values,
}
