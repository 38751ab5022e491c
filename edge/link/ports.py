"""What the link needs from the agent around it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from edge.core.events import Event
from edge.core.state import Station
from edge.core.values import Moment
from edge.store import Entry


class Clock(Protocol):
    """The agent's clock."""

    @property
    def known(self) -> bool:
        """Whether somebody trustworthy has told the time."""

    def now(self) -> Moment:
        """This moment; its `wall` is None as long as the clock is not known to be good."""

    def heard(self, wall: datetime) -> timedelta | None:
        """The central system says what time it is; by how much that moved a clock that was set before."""

    def assumed(self) -> Moment:
        """This moment with a `wall` in any case: nobody will tell the time soon, and something must be dated."""


class Facts(Protocol):
    """The outbox on disk; `edge.store.Store` is one. `news` is set after every change."""

    news: asyncio.Event

    async def next_entry(self) -> Entry | None: ...
    async def later_moments(self, seq: int) -> list[Moment]: ...
    async def rendered(self, seq: int, payload: bytes) -> None: ...
    async def sent(self, seq: int, times: int) -> None: ...
    async def settle(self, seq: int) -> None: ...
    async def park(self, seq: int, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Agent:
    """The rest of the agent: its state, where events go, its clock, and where readable lines and refusals go."""

    station: Callable[[], Station]
    take: Callable[[Event], None]
    clock: Clock
    say: Callable[[str], None]
    refuse: Callable[[str], None]
