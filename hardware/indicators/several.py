"""Several indicators as one: lights, buzzer and display of a connector."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from hardware.catalogue import make_indicator
from hardware.errors import BadPartSettings, HardwareError
from hardware.ports import Indicator, Part, Signal


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A table for each of them, with its driver and what that takes."""

    parts: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1)]


class Several:
    """All show the same; one that fails does not keep the others from it, and is named afterwards."""

    def __init__(self, settings: Settings) -> None:
        self._indicators = [_made(table) for table in settings.parts]

    async def show(self, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None:
        """Show it on all."""
        failed = []
        for indicator in self._indicators:
            try:
                await indicator.show(signal, text, light_percent, blinks)
            except HardwareError as error:
                failed.append(str(error))
        if failed:
            raise HardwareError("; ".join(failed))

    async def close(self) -> None:
        """Close all."""
        for indicator in self._indicators:
            await indicator.close()


def _made(table: dict[str, Any]) -> Indicator:
    if not isinstance(table.get("driver"), str):
        raise BadPartSettings("parts: expected a key `driver` with the name of a driver in each")
    return make_indicator(Part(table["driver"], {key: value for key, value in table.items() if key != "driver"}))


make = Several
