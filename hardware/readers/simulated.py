"""The card reader of a simulated outlet."""

import asyncio
import time
from collections.abc import AsyncIterator

from hardware.errors import HardwareError
from hardware.ports import Tap
from hardware.simulation.client import Spot as Settings
from hardware.simulation.client import connect
from hardware.simulation.requests import Cards, Held

_POLL_S = 0.03
_LOST_POLL_S = 1.0


class SimulatedReader:
    """Yields cards held to it since it was made; `WorldLost` when made without a world."""

    def __init__(self, settings: Settings) -> None:
        self._outlet = settings.outlet
        self._link = connect(settings.world)
        self._seen = self._link.ask(Cards(self._outlet), Held).latest
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """That the world does not answer."""
        return self._trouble

    async def taps(self) -> AsyncIterator[Tap]:
        """Each card as it is held to the reader; waits through a restart of the world."""
        while True:
            try:
                held = self._link.ask(Cards(self._outlet, self._seen), Held)
            except HardwareError as error:
                self._trouble = str(error)
                await asyncio.sleep(_LOST_POLL_S)
                continue
            self._seen, self._trouble = held.latest, None
            for id_tag in held.id_tags:
                yield Tap(id_tag, time.monotonic_ns() // 1_000_000)
            await asyncio.sleep(_POLL_S)

    async def close(self) -> None:
        """Leave the world."""
        self._link.close()


make = SimulatedReader
