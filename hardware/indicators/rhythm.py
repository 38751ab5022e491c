"""What a lamp or a buzzer does over time: switched on and off in a task, the next rhythm ending the last."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from hardware.errors import HardwareError

Beats = Iterable[tuple[bool, float]]


class Player:
    """Switches something by the beats it is given: on or off, and for how many seconds; the last one stays."""

    def __init__(self, switch: Callable[[bool], None]) -> None:
        self._switch = switch
        self._playing: asyncio.Task[None] | None = None

    async def play(self, beats: Beats) -> None:
        """Begin these; the first one now, so that a part that fails says so."""
        await self.stop()
        rest = iter(beats)
        on, seconds = next(rest)
        self._switch(on)
        self._playing = asyncio.create_task(self._go_on(seconds, rest))

    async def stop(self) -> None:
        """Leave it as it is."""
        if self._playing is not None:
            self._playing.cancel()
            with suppress(asyncio.CancelledError):
                await self._playing
        self._playing = None

    async def _go_on(self, seconds: float, rest: Beats) -> None:
        with suppress(HardwareError):  # the next one to be shown will say it
            for on, next_seconds in rest:
                await asyncio.sleep(seconds)
                self._switch(on)
                seconds = next_seconds
