"""What can be wrong with a charge point: where it shows, how grave it is, and whether it ends sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edge.core.configuration import is_on
from edge.core.state import Connector, Station
from edge.core.tags import folded, is_valid, masked
from edge.core.values import Fault, StopReason, TagInfo, TagStatus


@dataclass(frozen=True, slots=True)
class Trip:
    """What an active trip input means; `ends` is the reason for which it ends the sessions, None if they may go on."""

    fault: Fault
    ends: StopReason | None = None


TRIPS = {
    "emergency_stop": Trip(Fault("OtherError", "The emergency stop is pressed"), StopReason.EMERGENCY_STOP),
    "ground_fault": Trip(Fault("GroundFailure", "The residual-current device has tripped")),
    "temperature": Trip(Fault("HighTemperature", "The charger is too hot")),
    "door": Trip(Fault("OtherError", "The housing is open")),
    "mains": Trip(Fault("NoError", "The mains have failed"), StopReason.POWER_LOSS),
}
GRAVITY = (*TRIPS, "weld", "open", "meter", "lock", "unlock", "limit")
REFUSALS = (TagStatus.BLOCKED, TagStatus.EXPIRED, TagStatus.INVALID)


def trip(name: str) -> Trip:
    """What the trip input of this name means."""
    return TRIPS.get(name, Trip(Fault("OtherError", f"Input {name} is active")))


def trips(station: Station) -> list[Fault]:
    """What is wrong with the whole station, the gravest first."""
    return [trip(name).fault for name in sorted(station.tripped, key=_gravity)]


def faults(station: Station, connector: Connector) -> list[Fault]:
    """Everything that forbids energy at a connector, the gravest first; one with NoError does not make it Faulted."""
    return trips(station) + [connector.faults[source] for source in sorted(connector.faults, key=_gravity)]


def warnings(station: Station) -> list[Fault]:
    """What the operator should know of the station, although it works."""
    listed = [tag for tag, entry in station.conflicts.items() if station.local_list.get(tag) == entry]
    return [*station.warnings.values(), *(_conflict(tag) for tag in sorted(listed))]


def _conflict(tag: str) -> Fault:
    return Fault("LocalListConflict", f"The local list has card {masked(tag)}, now refused")


def contradicted(station: Station, id_tag: str, info: TagInfo, now: datetime | None) -> Station:
    """The station having heard a verdict on a tag; a refusal of a valid entry of its local list is a conflict.

    That the tag is in use elsewhere (ConcurrentTx) contradicts nothing.
    """
    tag = folded(id_tag)
    entry = station.local_list.get(tag) if is_on(station.configuration, "LocalAuthListEnabled") else None
    others = {key: known for key, known in station.conflicts.items() if key != tag}
    if entry is not None and is_valid(entry, now) and info.status in REFUSALS:
        others[tag] = entry
    return replace(station, conflicts=others)


def _gravity(source: str) -> tuple[int, str]:
    return (GRAVITY.index(source) if source in GRAVITY else len(GRAVITY), source)


def with_fault(station: Station, connector: Connector, source: str, fault: Fault) -> Station:
    """The station with a connector at which something is wrong; what was said of it first stands."""
    return station.having(replace(connector, faults={source: fault, **connector.faults}))


def without_fault(connector: Connector, source: str) -> Connector:
    """The connector once this source is well again."""
    if source not in connector.faults:
        return connector
    left: Mapping[str, Fault] = {key: fault for key, fault in connector.faults.items() if key != source}
    return replace(connector, faults=left)
