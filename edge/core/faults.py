"""What can be wrong with a charge point: where it shows, how grave it is, and whether it ends sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from edge.core.configuration import is_on
from edge.core.state import Connector, Station
from edge.core.tags import folded, is_valid, masked
from edge.core.values import Fault, StopReason, TagInfo, TagStatus


class Clears(StrEnum):
    """How a fault goes away: with its cause, when the car is plugged anew, or on a technician's word."""

    BY_ITSELF = "by itself"
    BY_REPLUG = "by replug"
    BY_TECHNICIAN = "by a technician"


@dataclass(frozen=True, slots=True)
class Hazard:
    """What is told of it (the sentence fits into a StatusNotification), how it clears, for what reason it ends
    sessions (None: they may go on), and what a driver who reads of it can do."""

    fault: Fault
    clears: Clears = Clears.BY_ITSELF
    ends: StopReason | None = None
    advice: str = "Call for help"


REPLUG = "Unplug and plug in anew"
TRIPS = {
    "emergency_stop": Hazard(Fault("OtherError", "The emergency stop is pressed"), ends=StopReason.EMERGENCY_STOP),
    "ground_fault": Hazard(Fault("GroundFailure", "The residual-current device has tripped"), Clears.BY_REPLUG),
    "temperature": Hazard(Fault("HighTemperature", "The charger is too hot")),
    "tilt": Hazard(Fault("OtherError", "The charger was knocked over"), Clears.BY_TECHNICIAN, StopReason.OTHER),
    "door": Hazard(Fault("OtherError", "The housing is open")),
    "mains": Hazard(Fault("NoError", "The mains have failed"), ends=StopReason.POWER_LOSS),
}
HAZARDS = TRIPS | {
    "weld": Hazard(
        Fault("PowerSwitchFailure", "The contactor does not open: switch off the mains"),
        Clears.BY_TECHNICIAN,
        StopReason.OTHER,
    ),
    "over_current": Hazard(
        Fault("OverCurrentFailure", "The car draws too much current"), Clears.BY_REPLUG, advice=REPLUG
    ),
    "cooling": Hazard(Fault("OverCurrentFailure", "The charger cools down for a minute"), advice="Please wait"),
    "open": Hazard(Fault("PowerSwitchFailure", "The contactor does not close"), Clears.BY_REPLUG, advice=REPLUG),
    "meter": Hazard(Fault("PowerMeterFailure", "The meter is silent or implausible")),
    "lock": Hazard(Fault("ConnectorLockFailure", "The plug cannot be held"), Clears.BY_REPLUG, advice=REPLUG),
    "unlock": Hazard(Fault("ConnectorLockFailure", "The plug cannot be let go")),
    "limit": Hazard(Fault("OtherError", "The car cannot be told its limit")),
    "pilot": Hazard(Fault("EVCommunicationError", "The car's control pilot is faulty")),
    "unread": Hazard(Fault("InternalError", "An input cannot be read")),
}
GRAVITY = tuple(HAZARDS)
REFUSALS = (TagStatus.BLOCKED, TagStatus.EXPIRED, TagStatus.INVALID)


def trip(name: str) -> Hazard:
    """What the trip input of this name means."""
    return TRIPS.get(name, Hazard(Fault("OtherError", f"Input {name} is active")))


def clears(source: str) -> Clears:
    """How the fault of a connector goes away; an input with a name of its own clears by itself."""
    return HAZARDS[source].clears if source in HAZARDS else Clears.BY_ITSELF


def latched(connector: Connector) -> dict[str, Fault]:
    """The faults that do not go away with their cause; they outlive a restart."""
    return {source: fault for source, fault in connector.faults.items() if clears(source) is not Clears.BY_ITSELF}


def trips(station: Station) -> list[Fault]:
    """What is wrong with the whole station, the gravest first."""
    return list(_tripped(station).values())


def _tripped(station: Station) -> dict[str, Fault]:
    return {name: _trip_fault(station, name) for name in sorted(station.tripped, key=_gravity)}


def _trip_fault(station: Station, name: str) -> Fault:
    return unreadable(name, station.unread[name]) if name in station.unread else trip(name).fault


def unreadable(name: str, why: str) -> Fault:
    """An input that cannot be read, which keeps energy off but tells nothing of what it was to watch."""
    return replace(HAZARDS["unread"].fault, info=f"Input {name} cannot be read{': ' if why else ''}{why}")


def faults(station: Station, connector: Connector) -> list[Fault]:
    """Everything that forbids energy at a connector, the gravest first; one with NoError does not make it Faulted."""
    return list(found(station, connector).values())


def found(station: Station, connector: Connector) -> dict[str, Fault]:
    """The same by what it is."""
    own = sorted(connector.faults.keys() - station.tripped, key=_gravity)
    return _tripped(station) | {source: connector.faults[source] for source in own}


def for_driver(station: Station, connector: Connector) -> str:
    """What a display says of the gravest fault: the table's sentence, which a driver understands, and the advice."""
    wrong = found(station, connector).items()
    source = next((source for source, fault in wrong if fault.error_code != "NoError"), None)
    if source is None:
        return ""
    hazard = HAZARDS["unread"] if source in station.unread else HAZARDS.get(source, trip(source))
    return f"{hazard.fault.info}. {hazard.advice}"


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


def replugged(connector: Connector, now_ms: int) -> Connector:
    """The connector once the car has left or another plug has come; after an over-current it cools down first."""
    warm = "over_current" in connector.faults and now_ms < connector.cools_until_ms
    for source in connector.faults:
        if clears(source) is Clears.BY_REPLUG:
            connector = without_fault(connector, source)
    cooling = {"cooling": HAZARDS["cooling"].fault} if warm else {}
    return replace(connector, faults={**connector.faults, **cooling})
