"""What the feedback contacts say, held against what the contactors were told: welded, or open though engaged."""

from collections.abc import Mapping, Set

from hardware.errors import HardwareError
from hardware.guardian.events import Disobeyed, GuardianEvent, Obeyed
from hardware.ports import Contactor

SETTLE_MS = 500
LOOK_MS = 100


class Mirrors:
    """Compares a few times a second; a contact has half a second to follow."""

    def __init__(self, contactors: Mapping[int, Contactor]) -> None:
        self._contactors = contactors
        self._wrong: dict[int, tuple[bool, int]] = {}
        self._told: dict[int, Disobeyed] = {}
        self._next_ms = 0

    @property
    def standing(self) -> list[Disobeyed]:
        """Who does not obey, as it was told."""
        return list(self._told.values())

    def look(self, engaged: Set[int], now_ms: int) -> list[GuardianEvent]:
        """What is news, in monotonic ms."""
        if now_ms < self._next_ms:
            return []
        self._next_ms = now_ms + LOOK_MS
        looked = [self._compared(connector, connector in engaged, now_ms) for connector in self._contactors]
        return [event for event in looked if event is not None]

    def _compared(self, connector: int, told: bool, now_ms: int) -> GuardianEvent | None:
        if _feedback(self._contactors[connector]) in (told, None):
            self._wrong.pop(connector, None)
            return Obeyed(connector) if self._told.pop(connector, None) else None
        if connector not in self._wrong or self._wrong[connector][0] is not told:
            self._wrong[connector] = (told, now_ms)
        event = Disobeyed(connector, "open" if told else "closed")
        if now_ms - self._wrong[connector][1] < SETTLE_MS or self._told.get(connector) == event:
            return None
        self._told[connector] = event
        return event


def _feedback(contactor: Contactor) -> bool | None:
    """None where there is no contact, or it cannot be read."""
    try:
        return contactor.feedback()
    except HardwareError:
        return None
