"""What meters, trip inputs and the offer to the car do to the state, well or faulty."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.effects import Say
from edge.core.events import Event, InputCleared, InputTripped, MeterFailed, MeterRead, OfferFailed
from edge.core.faults import trip, with_fault, without_fault
from edge.core.sampling import measured
from edge.core.sessions import Step, all_stopped
from edge.core.state import Connector, Station
from edge.core.values import Fault


def meter_read(station: Station, event: MeterRead) -> Step:
    """A reading; a register that went backwards is a fault, not a reading."""
    connector = station.connectors[event.connector]
    last = _highest_wh(connector)
    if event.reading.energy_wh < last:
        info = f"The meter went back from {last} Wh to {event.reading.energy_wh} Wh"
        return with_fault(station, connector, "meter", Fault("PowerMeterFailure", info)), []
    return measured(station, without_fault(connector, "meter"), event.reading, event.at)


def _highest_wh(connector: Connector) -> int:
    seen = [connector.reading.energy_wh] if connector.reading is not None else []
    if connector.session is not None:
        seen.append(connector.session.checkpoint.energy_wh)
    return max(seen, default=0)


def meter_failed(station: Station, event: MeterFailed) -> Step:
    """Without a meter no energy flows."""
    connector = station.connectors[event.connector]
    return with_fault(station, connector, "meter", Fault("PowerMeterFailure", event.info)), []


def offer_failed(station: Station, event: OfferFailed) -> Step:
    """A car that cannot be told its limit gets nothing."""
    connector = station.connectors[event.connector]
    return with_fault(station, connector, "limit", Fault("OtherError", event.info)), []


def input_tripped(station: Station, event: InputTripped) -> Step:
    """A trip input is active: the guardian has released already; some inputs also end the sessions."""
    station = replace(station, tripped=station.tripped | {event.name})
    told = trip(event.name)
    if told.ends is not None:
        station = all_stopped(station, told.ends, event.at)
    return station, [Say(told.fault.info)]


def input_cleared(station: Station, event: InputCleared) -> Step:
    """A trip input is back to normal."""
    return replace(station, tripped=station.tripped - {event.name}), [Say(f"input {event.name} is back to normal")]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    MeterRead: meter_read,
    MeterFailed: meter_failed,
    OfferFailed: offer_failed,
    InputTripped: input_tripped,
    InputCleared: input_cleared,
}
