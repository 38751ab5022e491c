"""Contactors that do not follow, as their feedback contacts tell: welded or open."""

from collections.abc import Callable
from typing import Any

from edge.core.effects import Say
from edge.core.events import ContactorDisobeyed, ContactorObeyed, Event
from edge.core.faults import with_fault, without_fault
from edge.core.sessions import Step
from edge.core.state import Station
from edge.core.values import Fault

WELD = Fault("PowerSwitchFailure", "The contactor does not open: switch off the mains")
OPEN = Fault("PowerSwitchFailure", "The contactor does not close")


def disobeyed(station: Station, event: ContactorDisobeyed) -> Step:
    """No energy any more: a weld until the contact opens, one that stays open until the car is plugged anew."""
    source, fault = ("weld", WELD) if event.closed else ("open", OPEN)
    said = Say(f"connector {event.connector}: {fault.info[0].lower()}{fault.info[1:]}")
    return with_fault(station, station.connectors[event.connector], source, fault), [said]


def obeyed(station: Station, event: ContactorObeyed) -> Step:
    """The contact is where it should be."""
    connector = station.connectors[event.connector]
    if "weld" not in connector.faults:
        return station, []
    return station.having(without_fault(connector, "weld")), [
        Say(f"connector {event.connector}: the contactor is open")
    ]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    ContactorDisobeyed: disobeyed,
    ContactorObeyed: obeyed,
}
