"""Contactors that do not follow, as their feedback contacts tell: welded or open."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.effects import Say
from edge.core.events import ContactorDisobeyed, ContactorObeyed, Event
from edge.core.safety import struck
from edge.core.sessions import Step
from edge.core.state import Station


def disobeyed(station: Station, event: ContactorDisobeyed) -> Step:
    """No energy any more: a weld until a technician has been, one that stays open until the car is plugged anew."""
    connector = replace(station.connectors[event.connector], stuck=event.closed)
    return struck(station, connector, "weld" if event.closed else "open", event.at)


def obeyed(station: Station, event: ContactorObeyed) -> Step:
    """The contact is where it should be; what it was told to have done stands."""
    connector = station.connectors[event.connector]
    if not connector.stuck:
        return station, []
    return station.having(replace(connector, stuck=False)), [Say(f"connector {event.connector}: the contactor is open")]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    ContactorDisobeyed: disobeyed,
    ContactorObeyed: obeyed,
}
