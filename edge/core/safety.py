"""Hazards that befall a connector, and the technician's word that they are over."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.effects import Effect, Reply, Say
from edge.core.events import ClearAsked, Event
from edge.core.faults import HAZARDS, clears, latched, with_fault, without_fault
from edge.core.flow import allowed_ma, current_ma, followed, hazard, strayed_wh
from edge.core.sessions import Step, stopped
from edge.core.state import Connector, Flow, Station
from edge.core.values import Moment, Reading

COOL_MS = 60_000


def watched(station: Station, number: int, reading: Reading, at: Moment) -> Step:
    """What a believed reading says of the current; the energy is released by the fault that it raises."""
    connector = followed(station.connectors[number], reading)
    source = hazard(connector, reading)
    if source is None:
        return station.having(connector), []
    return struck(station, connector, source, at, _figures(connector, reading) if source == "over_current" else "")


def _figures(connector: Connector, reading: Reading) -> str:
    drawn_a = (current_ma(connector.fitting, reading) or 0) / 1000
    return f" ({drawn_a:.1f} A, at most {allowed_ma(connector) / 1000:.1f} A are tolerated)"


def struck(station: Station, connector: Connector, source: str, at: Moment, figures: str = "") -> Step:
    """The station with a connector at which this went wrong; told once."""
    if source in connector.faults:
        return station.having(connector), []
    told, info = HAZARDS[source], HAZARDS[source].fault.info
    cools_until_ms = at.mono_ms + COOL_MS if source == "over_current" else connector.cools_until_ms
    station = with_fault(station, replace(connector, cools_until_ms=cools_until_ms), source, told.fault)
    if told.ends is not None:
        station = stopped(station, station.connectors[connector.id], told.ends, at)
    say = Say(f"connector {connector.id}: {info[0].lower()}{info[1:]}{figures}; clears {clears(source)}")
    return station, [say]


def cooled(connector: Connector, now_ms: int) -> Connector:
    """The connector once it has cooled down."""
    return without_fault(connector, "cooling") if now_ms >= connector.cools_until_ms else connector


def clear_asked(station: Station, event: ClearAsked) -> Step:
    """A technician has been here: what waits for a technician or another plug is over, unless it still shows."""
    connector = station.connectors[event.connector]
    mended = latched(connector)
    if not mended:
        return station, [Reply(event.request, "Nothing")]
    if connector.stuck or connector.flow.stray_ms is not None or mended.keys() & station.tripped:
        return station, [Reply(event.request, "Persists")]
    said: list[Effect] = [Say(f"connector {connector.id}: cleared by a technician: {', '.join(mended)}")]
    if "weld" in mended:
        stray_kwh = strayed_wh(connector, connector.reading) / 1000
        said.append(Say(f"connector {connector.id}: {stray_kwh:.3f} kWh flowed while welded and are on no bill"))
    for source in mended:
        connector = without_fault(connector, source)
    return station.having(replace(connector, flow=Flow())), [Reply(event.request, "Accepted"), *said]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {ClearAsked: clear_asked}
