"""What surrounds the agent on the bench: a disk, outlets and a central system that fail when told to."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec

from edge.core import events as ev
from edge.core.facts import Fact
from edge.core.memory import Memory, restored
from edge.core.state import Station
from edge.core.values import Moment, TagInfo, TagStatus, Vehicle
from edge.records import decoded
from edge.store import Save

POWER_W = 11_000
CURRENT_MA = 16_000
WH_MJ = 3_600_000
ACCEPTED = TagInfo(TagStatus.ACCEPTED)


class Crash(Exception):
    """The agent's process ends here."""


def at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")


@dataclass
class Disk:
    """What survives: records and the outbox. `crash` is None, `before` or `after` the next save."""

    records: dict[str, bytes] = field(default_factory=dict)
    outbox: dict[int, bytes] = field(default_factory=dict)
    kinds: dict[int, type[Fact]] = field(default_factory=dict)
    ever: dict[int, bytes] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    crash: str | None = None

    async def save(self, saves: list[Save]) -> None:
        crash, self.crash = self.crash, None
        if crash == "before":
            raise Crash
        for save in saves:
            self._write(save)
        if crash == "after":
            raise Crash

    def _write(self, save: Save) -> None:
        for key, value in save.records.items():
            if value is None:
                self.records.pop(key, None)
            else:
                self.records[key] = value
        for fact in save.facts:
            seq = len(self.ever) + 1
            self.ever[seq] = self.outbox[seq] = msgspec.json.encode(fact)
            self.kinds[seq] = type(fact)
        self.transactions |= dict(save.learned)
        for seq in save.settled:
            self.outbox.pop(seq, None)

    def load(self, station: Station) -> Station:
        return restored(station, decoded(dict(sorted(self.records.items()))))

    def fact(self, seq: int) -> Fact:
        return msgspec.json.decode(self.ever[seq], type=self.kinds[seq])

    def session_of(self, connector: int) -> Any:
        saved = self.records.get(f"connector/{connector}")
        return msgspec.json.decode(saved, type=Memory).session if saved else None


@dataclass
class Outlet:
    """The physical side of one connector; the register counts in mJ and shows whole Wh.

    `stray_mj` is what flowed although the contactor was told to open.
    The bolt is the worst there is: it opens as soon as it is told to, and holds only when it says so.
    """

    closed: bool = False
    has_lock: bool = False
    locked: bool = False
    bolt_works: bool = True
    bolt_ms: int = 250
    vehicle: Vehicle = Vehicle.ABSENT
    meter_works: bool = True
    register_mj: int = 5_000_000 * WH_MJ
    welded: bool = False
    draws_ma: int = CURRENT_MA
    stray_mj: int = 0

    @property
    def register_wh(self) -> int:
        return self.register_mj // WH_MJ

    @property
    def current_ma(self) -> int:
        """What flows in each phase."""
        asks = self.vehicle in (Vehicle.ASKING, Vehicle.UNSENSED)
        return self.draws_ma if asks and (self.closed or self.welded) else 0

    @property
    def power_w(self) -> int:
        """The same of all three."""
        return POWER_W * self.current_ma // CURRENT_MA

    @property
    def loose(self) -> bool:
        """The plug can be pulled under load."""
        return self.has_lock and not self.locked

    def turn(self, at: Moment, connector: int, lock: bool) -> ev.Event:
        """The bolt has turned, or not; what it says."""
        self.locked = lock if self.bolt_works else self.locked
        if self.locked is not lock:
            return ev.LockFailed(at, connector, "The bolt is stuck")
        return ev.CableLocked(at, connector) if lock else ev.CableUnlocked(at, connector)

    def advance(self, ms: int) -> None:
        if not self.closed:
            self.stray_mj += self.power_w * ms
        self.register_mj += self.power_w * ms


@dataclass
class Central:
    """A central system: what it was told, in order. A repeated start gets its first answer."""

    received: list[int] = field(default_factory=list)
    transactions: dict[str, int] = field(default_factory=dict)
    bad_tags: frozenset[str] = frozenset({"BAD"})

    def judge(self, tag: str) -> TagInfo:
        return TagInfo(TagStatus.INVALID) if tag in self.bad_tags else ACCEPTED

    def transaction(self, session_id: str) -> int:
        return self.transactions.setdefault(session_id, len(self.transactions) + 1)
