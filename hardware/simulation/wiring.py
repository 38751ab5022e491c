"""Between lines and a world: who drives which contactor, and what becomes of it when that line ends."""

from typing import Any

from msgspec import Struct

from hardware.simulation.requests import Engage, Release, Request
from hardware.world import World


class Reply(Struct, omit_defaults=True):
    """The answer: a result, or why there is none."""

    result: Any = None
    error: str | None = None


class Wiring:
    """Who drives which contactor: a part whose line is cut drops its own, unless pins are `kept` driven."""

    def __init__(self, world: World, kept: bool = False) -> None:
        self.world = world
        self._kept = kept
        self._driver: dict[str, object] = {}

    def perform(self, line: object, request: Request) -> Any:
        """Perform a request that came over that line; `WorldRefused` says why not."""
        if isinstance(request, Engage | Release):
            self._driver[request.outlet] = line
        return request.perform(self.world)

    def cut(self, line: object) -> None:
        """That line ended."""
        for outlet in [name for name, driver in self._driver.items() if driver is line]:
            del self._driver[outlet]
            if not self._kept:
                self.world.switch(outlet, False)
