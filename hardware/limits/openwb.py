"""The current that openWB's EVSE controller offers the car."""

from contextlib import suppress

from hardware.errors import ModbusSilent
from hardware.modbus import Line as Settings
from hardware.openwb import Board


class OpenwbLimit:
    """Rounded down to what the board can say; less than 6 A is nothing. `ModbusSilent` when it does not hear it."""

    def __init__(self, settings: Settings) -> None:
        self._board = Board.shared(settings)

    async def offer(self, limit_ma: int) -> None:
        """Offer that many mA a phase."""
        await self._board.offer(limit_ma)

    async def close(self) -> None:
        """Offer nothing more, if the board still hears it, and leave it."""
        with suppress(ModbusSilent):
            await self._board.offer(0)
        await self._board.close()


make = OpenwbLimit
