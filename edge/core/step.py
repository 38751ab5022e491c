"""The decision: `step(state, event) -> (state, effects)`, pure; time arrives in events."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core import asked, bolt, cable, dates, happened, mirrors, presented, safety, sensed
from edge.core.bolt import turned
from edge.core.effects import Effect, Release, Restart
from edge.core.events import Event
from edge.core.output import differences, output
from edge.core.reports import news, reported, station_status
from edge.core.sessions import Step, progress, resting
from edge.core.state import Connector, Station
from edge.core.values import Moment

RESTART_WAIT_MS = 20_000

HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = (
    presented.HANDLERS
    | happened.HANDLERS
    | sensed.HANDLERS
    | mirrors.HANDLERS
    | safety.HANDLERS
    | cable.HANDLERS
    | bolt.HANDLERS
    | asked.HANDLERS
)


def step(station: Station, event: Event) -> Step:
    """One decision. The effects come in the order in which the shell must carry them out: releases first."""
    before = dates.known(station, event.at)
    station, effects = HANDLERS[type(event)](before, event)
    station, progressed = progress(station, event.at)
    station, shown = _show(station, event.at)
    station, restarted = _restart(station, event.at)
    everything = dates.of_sessions(before, station, effects + progressed) + shown + restarted
    releases = [effect for effect in everything if isinstance(effect, Release)]
    return station, releases + [effect for effect in everything if not isinstance(effect, Release)]


def _show(station: Station, at: Moment) -> Step:
    effects: list[Effect] = []
    for connector in station.connectors.values():
        shown, more = _show_connector(station, connector, at)
        station, effects = station.having(shown), effects + more
    report, alarms = station_status(station)
    effects += reported(0, news(station.report, station.alarms, report, alarms), at)
    return replace(station, report=report, alarms=alarms), effects


def _show_connector(station: Station, connector: Connector, at: Moment) -> tuple[Connector, list[Effect]]:
    new = output(station, connector, at.mono_ms)
    connector, effects = turned(connector, new.locked, at.mono_ms)
    if new == connector.output:
        return connector, effects
    effects += differences(connector, new, at)
    if connector.output.report.status is not new.report.status:
        connector = replace(connector, since=at)
    if connector.output.conduct and not new.conduct:
        connector = resting(connector, at)
    return replace(connector, output=new, engaged=connector.engaged or new.conduct), effects


def _restart(station: Station, at: Moment) -> Step:
    """Once every session has been closed, or has waited for its last reading for long enough."""
    waits = any(station.sessions()) and at.mono_ms - station.resetting_ms < RESTART_WAIT_MS
    if station.resetting is None or station.restarting or waits:
        return station, []
    return replace(station, restarting=True), [Restart(station.resetting)]
