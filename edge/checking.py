"""Whether every part that the settings name can be made: drivers and their settings, without touching hardware."""

from collections.abc import Iterator

from edge.settings import PartTable, Settings, part, reader_part
from hardware import catalogue
from hardware.catalogue import Shelf
from hardware.errors import HardwareError
from hardware.ports import Part

SHELVES: dict[str, Shelf[object]] = {
    "meter": catalogue.METERS,
    "contactor": catalogue.CONTACTORS,
    "vehicle": catalogue.VEHICLE_STATES,
    "limit": catalogue.CURRENT_LIMITS,
    "lock": catalogue.LOCKS,
    "indicator": catalogue.INDICATORS,
}


def check(settings: Settings) -> None:
    """HardwareError says which part of which connector is named or set wrongly."""
    for place, shelf, wanted in named(settings):
        try:
            shelf.check(wanted)
        except HardwareError as error:
            raise type(error)(f"{place}: {error}") from error


def named(settings: Settings) -> Iterator[tuple[str, Shelf[object], Part]]:
    """Every part with its place and its shelf."""
    for reader in settings.readers:
        yield "readers", catalogue.READERS, reader_part(reader)
    for name, table in settings.guardian.inputs.items():
        yield f"guardian.inputs.{name}", catalogue.INPUTS, part(table)
    for connector in settings.connectors:
        for kind, shelf in SHELVES.items():
            found: PartTable | None = getattr(connector, kind)
            if found is not None:
                yield f"connector {connector.id}", shelf, part(found)
