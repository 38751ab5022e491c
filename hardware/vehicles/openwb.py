"""The control pilot as openWB's EVSE controller sees it."""

from hardware.modbus import Line as Settings
from hardware.openwb import Board
from hardware.ports import Vehicle


class OpenwbPilot:
    """A state that the board calls a failure, or that is not known, is faulty; `ModbusSilent` without an answer."""

    def __init__(self, settings: Settings) -> None:
        self._board = Board.shared(settings)

    async def read(self) -> Vehicle:
        """What the pilot shows now."""
        return await self._board.look()

    async def close(self) -> None:
        """Leave the board."""
        await self._board.close()


make = OpenwbPilot
