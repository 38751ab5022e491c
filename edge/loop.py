"""The decision loop: event -> step -> release -> save -> other effects.

Releases are carried out at once, before and without any save. Everything else waits until the state and the facts of
its decision are on disk; an `Engage` whose session has since been stopped is then no longer carried out.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from edge.core.effects import Effect, Engage, Learned, Record, Release, Settled
from edge.core.events import Event
from edge.core.memory import changed
from edge.core.state import Station
from edge.core.step import step
from edge.records import encoded
from edge.store import Save
from hardware.errors import GuardianLost

SAVE_S = 30.0


class Saver(Protocol):
    """Where decisions are saved; `save` is atomic and raises when it cannot."""

    async def save(self, saves: list[Save]) -> None: ...


class Hands(Protocol):
    """What carries effects out; neither call waits."""

    def release(self, connector: int) -> None: ...
    def perform(self, effect: Effect) -> None: ...


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision on its way to disk, and what follows once it is there."""

    save: Save
    then: tuple[Effect, ...]


class Loop:
    """Holds the state; takes events one by one; saves decisions in order, those that wait together in one commit."""

    def __init__(self, station: Station, saver: Saver, hands: Hands) -> None:
        self.station = station
        self._saver = saver
        self._hands = hands
        self._decided: list[Decided] = []
        self._news = asyncio.Event()

    def take(self, event: Event) -> None:
        """Decide; release at once; leave the rest to `flush`."""
        before = self.station
        self.station, effects = step(before, event)
        for effect in effects:
            if isinstance(effect, Release):
                self._hands.release(effect.connector)
        decided = Decided(_to_save(before, self.station, effects), tuple(e for e in effects if not _is_done(e)))
        if decided.save or decided.then:
            self._decided.append(decided)
            self._news.set()

    async def flush(self) -> None:
        """Save what has been decided so far, then carry out what follows from it."""
        self._news.clear()
        decided, self._decided = self._decided, []
        saves = [one.save for one in decided if one.save]
        if saves:
            await self._saver.save(saves)
        for one in decided:
            for effect in one.then:
                if self._still_wanted(effect):
                    self._hands.perform(effect)

    async def run(self) -> None:
        """Flush whenever something has been decided; however this ends, every connector is released first.

        Raises what the saver raises, or TimeoutError when it hangs: the agent must then end.
        """
        try:
            while True:
                await self._news.wait()
                async with asyncio.timeout(SAVE_S):
                    await self.flush()
        finally:
            self._release_all()

    def _release_all(self) -> None:
        with suppress(GuardianLost):
            for connector in self.station.connectors:
                self._hands.release(connector)

    def _still_wanted(self, effect: Effect) -> bool:
        if not isinstance(effect, Engage):
            return True
        connector = self.station.connectors[effect.connector]
        session = connector.session
        return connector.output.conduct and session is not None and session.session_id == effect.session_id


def _is_done(effect: Effect) -> bool:
    return isinstance(effect, Release | Record | Settled | Learned)


def _to_save(before: Station, after: Station, effects: list[Effect]) -> Save:
    return Save(
        records=encoded(changed(before, after)),
        facts=tuple(effect.fact for effect in effects if isinstance(effect, Record)),
        settled=tuple(effect.seq for effect in effects if isinstance(effect, Settled)),
        learned=tuple((e.session_id, e.transaction_id) for e in effects if isinstance(e, Learned)),
    )
