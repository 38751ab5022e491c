"""What can be wrong with a charge point: where it shows, how grave it is, and whether it ends sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.core.state import Connector, Station
from edge.core.values import Fault, StopReason


@dataclass(frozen=True, slots=True)
class Trip:
    """What an active trip input means; `ends` is the reason for which it ends the sessions, None if they may go on."""

    fault: Fault
    ends: StopReason | None = None


TRIPS = {
    "emergency_stop": Trip(Fault("OtherError", "The emergency stop is pressed"), StopReason.EMERGENCY_STOP),
    "ground_fault": Trip(Fault("GroundFailure", "The residual-current device has tripped")),
    "door": Trip(Fault("OtherError", "The housing is open")),
    "temperature": Trip(Fault("HighTemperature", "The charger is too hot")),
}


def trip(name: str) -> Trip:
    """What the trip input of this name means."""
    return TRIPS.get(name, Trip(Fault("OtherError", f"Input {name} is active")))


def faults(station: Station, connector: Connector) -> list[Fault]:
    """What is wrong with a connector, trip inputs first."""
    tripped = [trip(name).fault for name in sorted(station.tripped)]
    return tripped + [connector.faults[source] for source in sorted(connector.faults)]


def with_fault(station: Station, connector: Connector, source: str, fault: Fault) -> Station:
    """The station with a connector at which something is wrong."""
    return station.having(replace(connector, faults={**connector.faults, source: fault}))


def without_fault(connector: Connector, source: str) -> Connector:
    """The connector once this source is well again."""
    if source not in connector.faults:
        return connector
    left: Mapping[str, Fault] = {key: fault for key, fault in connector.faults.items() if key != source}
    return replace(connector, faults=left)
