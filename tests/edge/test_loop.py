"""The loop itself: what a disk that fails or hangs does to the contactors."""

import asyncio
import sqlite3

import pytest

from edge import loop as loop_module
from edge.core import events as ev
from edge.core.effects import Effect
from edge.core.state import Connector, Station
from edge.core.values import Moment
from edge.loop import Loop
from edge.store import Save
from hardware.errors import GuardianLost

NOW = Moment("boot", 1000, None)


class Hands:
    """Notes what it is told."""

    def __init__(self, guardian: bool = True) -> None:
        self.released: list[int] = []
        self.performed: list[Effect] = []
        self._guardian = guardian

    def release(self, connector: int) -> None:
        if not self._guardian:
            raise GuardianLost("gone")
        self.released.append(connector)

    def perform(self, effect: Effect) -> None:
        self.performed.append(effect)


class FullDisk:
    async def save(self, saves: list[Save]) -> None:
        raise sqlite3.OperationalError("database or disk is full")


class DeadDisk:
    async def save(self, saves: list[Save]) -> None:
        await asyncio.Event().wait()


def out_of_service(loop: Loop) -> None:
    """An event whose decision must be saved."""
    loop.take(ev.AvailabilityAsked(NOW, "request", 0, False))


def made(saver: FullDisk | DeadDisk, hands: Hands) -> Loop:
    return Loop(Station({1: Connector(1), 2: Connector(2)}), saver, hands)


async def test_a_full_disk_releases_everything_and_answers_nothing() -> None:
    hands = Hands()
    loop = made(FullDisk(), hands)
    out_of_service(loop)
    with pytest.raises(sqlite3.OperationalError):
        await loop.run()
    assert hands.released == [1, 2]
    assert hands.performed == []


async def test_a_disk_that_hangs_releases_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "SAVE_S", 0.05)
    hands = Hands()
    loop = made(DeadDisk(), hands)
    out_of_service(loop)
    with pytest.raises(TimeoutError):
        await loop.run()
    assert hands.released == [1, 2]
    assert hands.performed == []


async def test_a_guardian_that_went_first_hides_no_error() -> None:
    loop = made(FullDisk(), Hands(guardian=False))
    out_of_service(loop)
    with pytest.raises(sqlite3.OperationalError):
        await loop.run()
