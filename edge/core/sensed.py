"""What meters, trip inputs, card readers and the offer to the car do to the state, well or faulty."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.effects import Effect, Say
from edge.core.events import (
    Event,
    IndicatorFailed,
    IndicatorRecovered,
    InputCleared,
    InputTripped,
    MeterFailed,
    MeterRead,
    OfferFailed,
    OfferMade,
    ReaderFailed,
    ReaderRecovered,
)
from edge.core.faults import Clears, trip, unreadable, with_fault, without_fault
from edge.core.plausible import is_other_meter, is_plausible, is_proved, last_good, next_odd, unturned
from edge.core.safety import watched
from edge.core.sampling import measured
from edge.core.sessions import Step, all_stopped, stopped
from edge.core.state import Connector, Flow, Station
from edge.core.values import Fault, Moment, Reading, StopReason


def meter_read(station: Station, event: MeterRead) -> Step:
    """A reading; what cannot be true is none, and only the second one in a row stops the energy."""
    connector = station.connectors[event.connector]
    reading = unturned(connector, event.reading)
    if is_plausible(connector, reading):
        before = last_good(connector)
        highest = reading if before is None else replace(reading, energy_wh=max(before.energy_wh, reading.energy_wh))
        connector = replace(connector, turned_wh=reading.energy_wh - event.reading.energy_wh)
        station, effects = measured(station, replace(without_fault(connector, "meter"), odd=None), highest, event.at)
        station, more = watched(station, event.connector, highest, event.at)
        return station, effects + more
    odd = next_odd(connector, reading)
    if is_proved(odd) and not connector.engaged:
        return _swapped(station, replace(connector, odd=odd), event.reading, event.at)
    if connector.odd is None:
        said = Say(f"connector {connector.id}: {_oddity(connector, event.reading)}; not believed")
        return station.having(replace(connector, odd=odd)), [said]
    fault = Fault("PowerMeterFailure", _oddity(connector, event.reading))
    return with_fault(station, replace(connector, odd=odd), "meter", fault), []


def _oddity(connector: Connector, reading: Reading) -> str:
    before = last_good(connector)
    if before is not None and is_other_meter(before, reading):
        return f"The meter is no longer {before.serial} but {reading.serial}"
    return f"The meter says {reading.energy_wh} Wh after {before.energy_wh if before else 0} Wh"


def _swapped(station: Station, connector: Connector, reading: Reading, at: Moment) -> Step:
    """The register goes on from elsewhere, as soon as no session of the former register is open."""
    before = last_good(connector)
    if connector.session is None or before is None:
        said: list[Effect] = [Say(f"connector {connector.id}: the meter now counts from {reading.energy_wh} Wh")]
        begun = replace(without_fault(connector, "meter"), odd=None, turned_wh=0, flow=Flow())
        station, effects = measured(station, begun, reading, at)
        return station, said + effects
    last_word = replace(connector, reading=replace(before, taken_ms=at.mono_ms))
    ending = Say(
        f"connector {connector.id}: the meter was swapped or reset; the session ends at its last good reading,"
        f" {before.energy_wh} Wh, and what flowed after it is not billed"
    )
    return stopped(station.having(last_word), last_word, StopReason.OTHER, at), [ending]


def meter_failed(station: Station, event: MeterFailed) -> Step:
    """Without a meter no energy flows."""
    return _failed(station, event.connector, "meter", Fault("PowerMeterFailure", event.info))


def offer_failed(station: Station, event: OfferFailed) -> Step:
    """A car that cannot be told its limit gets nothing."""
    return _failed(station, event.connector, "limit", Fault("OtherError", event.info))


def _failed(station: Station, number: int, source: str, fault: Fault) -> Step:
    """A part that fails; its whole sentence is in the log, since StatusNotification has room for 50 characters."""
    connector = station.connectors[number]
    said: list[Effect] = [] if source in connector.faults else [Say(f"connector {number}: {fault.info}")]
    return with_fault(station, connector, source, fault), said


def indicator_failed(station: Station, event: IndicatorFailed) -> Step:
    """Somebody should mend it, so the operator is warned; energy may flow all the same."""
    source = f"indicator {event.connector}"
    if source in station.warnings:
        return station, []
    said = Say(f"connector {event.connector}: the indicator shows nothing: {event.info}")
    return _warned(station, source, Fault("OtherError", event.info)), [said]


def indicator_recovered(station: Station, event: IndicatorRecovered) -> Step:
    """It shows what it was told."""
    said = Say(f"connector {event.connector}: the indicator shows again")
    return _unwarned(station, f"indicator {event.connector}"), [said]


def offer_made(station: Station, event: OfferMade) -> Step:
    """The car can be told its limit, if it could not before."""
    return station.having(without_fault(station.connectors[event.connector], "limit")), []


def input_tripped(station: Station, event: InputTripped) -> Step:
    """A trip input is active: the guardian has released already; some inputs also end the sessions, and some are not
    over when they clear: until a technician has been, or the cars that were there are plugged anew."""
    station = replace(station, tripped=station.tripped | {event.name})
    if event.unread:
        station = replace(station, unread={**station.unread, event.name: event.info})
        return station, [Say(unreadable(event.name, event.info).info)]
    told = trip(event.name)
    station = _readable(station, event.name)
    for connector in station.connectors.values():
        concerned = connector.plugged or connector.session is not None
        if told.clears is Clears.BY_TECHNICIAN or (told.clears is Clears.BY_REPLUG and concerned):
            station = with_fault(station, connector, event.name, told.fault)
    if told.ends is not None:
        station = all_stopped(station, told.ends, event.at)
    return station, [Say(told.fault.info)]


def input_cleared(station: Station, event: InputCleared) -> Step:
    """A trip input is back to normal."""
    station = replace(_readable(station, event.name), tripped=station.tripped - {event.name})
    return station, [Say(f"input {event.name} is back to normal")]


def _readable(station: Station, name: str) -> Station:
    return replace(station, unread={key: why for key, why in station.unread.items() if key != name})


def reader_failed(station: Station, event: ReaderFailed) -> Step:
    """Without a reader sessions still begin remotely, so the operator is warned and no more."""
    return _warned(station, f"reader {event.reader}", Fault("ReaderFailure", event.info)), [Say(event.info)]


def reader_recovered(station: Station, event: ReaderRecovered) -> Step:
    """It reads cards again."""
    source = f"reader {event.reader}"
    return _unwarned(station, source), [Say(f"{source} reads cards again")]


def _warned(station: Station, source: str, warning: Fault) -> Station:
    return replace(station, warnings={**station.warnings, source: warning})


def _unwarned(station: Station, source: str) -> Station:
    return replace(station, warnings={name: known for name, known in station.warnings.items() if name != source})


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    MeterRead: meter_read,
    MeterFailed: meter_failed,
    OfferFailed: offer_failed,
    OfferMade: offer_made,
    ReaderFailed: reader_failed,
    ReaderRecovered: reader_recovered,
    IndicatorFailed: indicator_failed,
    IndicatorRecovered: indicator_recovered,
    InputTripped: input_tripped,
    InputCleared: input_cleared,
}
