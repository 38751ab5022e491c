"""A charge point on the bench: the real loop and core, with a world, a guardian, a disk and a central system that can
all be made to fail at any instant. Everything is synchronous and deterministic; time is advanced by hand."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.core import events as ev
from edge.core.configuration import Configuration, keys
from edge.core.effects import AskAuthorization, Effect, Engage, LockCable, Reply, Restart, UnlockCable
from edge.core.facts import MeterSampled, SessionStarted, SessionStopped
from edge.core.state import Connector, Fitting, Station
from edge.core.values import Moment, Reading, Vehicle
from edge.loop import Loop
from tests.edge.laboratory_breaks import Breakable
from tests.edge.laboratory_laws import balances, frees, holds, measures, needing_a_technician, soundly_begun
from tests.edge.laboratory_parts import CURRENT_MA, Central, Crash, Disk, Outlet, at_once

STEP_MS = 250
READ_MS = 200


class Laboratory(Breakable):
    """The agent between its world and its central system."""

    def __init__(self, connectors: int = 2, loop_class: type[Loop] = Loop, lockable: Collection[int] = ()) -> None:
        self.loop_class = loop_class
        self.outlets = {n: Outlet(has_lock=n in lockable) for n in range(1, connectors + 1)}
        self.disk, self.central = Disk(), Central()
        self.boot, self.mono_ms, self.real_ms = 1, 0, 0
        self.wall_known = True
        self.network_up = True
        self.disk_is_slow = False
        self.tripped: set[str] = set()
        self.waiting: set[int] = set()
        self.begun, self.sound = set[str](), set[str]()
        self.known_stray_mj = dict.fromkeys(self.outlets, 0)
        self.coming: list[tuple[int, Any]] = []
        self.asked: list[str] = []
        self.replies: dict[str, str] = {}
        self.requests = 0
        self.violations: list[str] = []
        self.start()

    def request(self) -> str:
        """A request id nobody used before."""
        self.requests += 1
        return f"request-{self.requests}"

    # --- the agent's life

    def fresh(self) -> Station:
        """The charge point before it remembers anything."""
        fittings = {n: Fitting(has_lock=outlet.has_lock, has_pilot=True) for n, outlet in self.outlets.items()}
        connectors = {n: Connector(n, fitting) for n, fitting in fittings.items()}
        any_lock = any(outlet.has_lock for outlet in self.outlets.values())
        return Station(connectors, Configuration(keys(len(connectors), lock=any_lock)))

    def start(self) -> None:
        self.loop = self.loop_class(self.disk.load(self.fresh()), self.disk, self)
        self.coming, self.asked = [], []
        self.happen(ev.Started(self.now()))
        for n, outlet in self.outlets.items():
            self.happen(ev.VehicleSeen(self.now(), n, outlet.vehicle))
        for name in self.tripped:
            self.happen(ev.InputTripped(self.now(), name))
        if self.network_up:
            self.happen(ev.WentOnline(self.now()))

    def crash(self) -> None:
        """The agent dies; the guardian releases; a supervisor starts it again."""
        for outlet in self.outlets.values():
            outlet.closed = False
        self.start()

    def power_cut(self, dark_ms: int) -> None:
        self.boot, self.mono_ms = self.boot + 1, 0
        self.real_ms += dark_ms
        self.crash()

    def away(self, ms: int) -> None:
        """The agent dies and is started again only after so long, without a reboot."""
        self.mono_ms += ms
        self.real_ms += ms
        self.crash()

    def now(self) -> Moment:
        wall = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(milliseconds=self.real_ms)
        return Moment(f"boot{self.boot:04}", self.mono_ms, wall if self.wall_known else None)

    def happen(self, event: Any) -> None:
        self.loop.take(event)
        self.sound |= soundly_begun(self.loop.station, self.waiting)
        self.check()
        if not self.disk_is_slow:
            self.flush()

    def flush(self) -> None:
        try:
            at_once(self.loop.flush())
        except Crash:
            self.crash()
        else:
            self.waiting |= needing_a_technician(self.loop.station)
        self.check()

    # --- hands

    def release(self, connector: int) -> None:
        self.outlets[connector].closed = False
        self.later(50, ev.ContactorReleased, connector, "asked")

    def perform(self, effect: Effect) -> None:
        match effect:
            case Engage(connector):
                if not self.tripped:
                    self.outlets[connector].closed = True
                    self.later(50, ev.ContactorEngaged, connector)
                else:
                    self.later(50, ev.ContactorReleased, connector, "trip:refused")
            case LockCable(connector) | UnlockCable(connector):
                self._turn(self.outlets[connector], connector, isinstance(effect, LockCable))
            case AskAuthorization(tag):
                self.asked.append(tag)
            case Reply(request, status):
                assert request not in self.replies
                self.replies[request] = status
            case Restart():
                self.later(0, Crash)
            case _:
                pass

    def _turn(self, outlet: Outlet, connector: int, lock: bool) -> None:
        if not lock and outlet.bolt_works:
            outlet.locked = False
        self.later(outlet.bolt_ms, outlet.turn, connector, lock)

    def later(self, ms: int, kind: Any, *values: Any) -> None:
        self.coming.append((self.mono_ms + ms, (kind, values)))

    # --- the world

    def advance(self, ms: int) -> None:
        for _ in range(ms // STEP_MS):
            self.mono_ms += STEP_MS
            self.real_ms += STEP_MS
            self._flow()
            self._deliver()
            if self.mono_ms % 1000 == 0:
                self.happen(ev.Ticked(self.now()))
                self._read_meters()

    def _flow(self) -> None:
        for n, outlet in self.outlets.items():
            outlet.advance(STEP_MS)
            connector = self.loop.station.connectors[n]
            if "weld" in connector.faults and connector.session is None and not self.disk_is_slow:
                self.known_stray_mj[n] += outlet.power_w * STEP_MS

    def _deliver(self) -> None:
        due = [item for item in self.coming if item[0] <= self.mono_ms]
        self.coming = [item for item in self.coming if item[0] > self.mono_ms]
        for _, (kind, values) in due:
            if kind is Crash:
                self.crash()
                return
            self.happen(kind(self.now(), *values))

    def _read_meters(self) -> None:
        for n, outlet in self.outlets.items():
            if outlet.meter_works:
                currents = (outlet.current_ma,) * 3
                reading = Reading(outlet.register_wh, outlet.power_w, self.mono_ms, currents)
                self.later(READ_MS, ev.MeterRead, n, reading)
            else:
                self.later(READ_MS, ev.MeterFailed, n, "The meter is silent")

    def see(self, connector: int, vehicle: Vehicle) -> None:
        self.outlets[connector].vehicle = vehicle
        self.happen(ev.VehicleSeen(self.now(), connector, vehicle))

    def tap(self, tag: str, connectors: tuple[int, ...]) -> None:
        self.happen(ev.TagTapped(self.now(), tag, connectors))

    def arrive(self, connector: int, tag: str) -> None:
        """A car that wants energy, a card, and an answer if there is a network."""
        self.see(connector, Vehicle.ASKING)
        self.tap(tag, (connector,))
        self.answer(False)
        self.advance(6_000)

    def unlock(self, connector: int) -> None:
        self.happen(ev.UnlockAsked(self.now(), self.request(), connector))

    def technician(self, connector: int) -> None:
        """Says that it is mended."""
        self.waiting.discard(connector)
        self.happen(ev.ClearAsked(self.now(), self.request(), connector))

    def slow_disk(self, slow: bool) -> None:
        self.disk_is_slow = slow
        if not slow:
            self.flush()

    def trip(self, name: str) -> None:
        """The guardian releases by itself, then tells."""
        self.tripped.add(name)
        for n, outlet in self.outlets.items():
            if outlet.closed:
                outlet.closed = False
                self.later(50, ev.ContactorReleased, n, f"trip:{name}")
        self.happen(ev.InputTripped(self.now(), name))

    def clear(self, name: str) -> None:
        if name in self.tripped:
            self.tripped.remove(name)
            self.happen(ev.InputCleared(self.now(), name))

    # --- the central system

    def remote_start(self, connector: int | None, tag: str) -> None:
        self.happen(ev.RemoteStartAsked(self.now(), self.request(), tag, connector))

    def remote_stop(self, transaction_id: int) -> None:
        self.happen(ev.RemoteStopAsked(self.now(), self.request(), transaction_id))

    def availability(self, connector: int, operative: bool) -> None:
        self.happen(ev.AvailabilityAsked(self.now(), self.request(), connector, operative))

    def reset(self, hard: bool) -> None:
        self.happen(ev.ResetAsked(self.now(), self.request(), hard))

    def configure(self, key: str, value: str) -> None:
        self.happen(ev.ConfigurationAsked(self.now(), self.request(), key, value))

    def online(self, up: bool) -> None:
        self.network_up = up
        self.happen(ev.WentOnline(self.now()) if up else ev.WentOffline(self.now()))
        if not up:
            self.answer(True)

    def answer(self, lost: bool) -> None:
        asked, self.asked = self.asked, []
        for tag in asked:
            self.happen(ev.TagAnswered(self.now(), tag, None if lost else self.central.judge(tag)))

    def deliver(self, answer_lost: bool = False) -> None:
        """Send the oldest fact; its answer may be lost on the way back."""
        if not self.disk.outbox or not self.loop.station.online:
            return
        seq = min(self.disk.outbox)
        fact = self.disk.fact(seq)
        self.central.received.append(seq)
        transaction_id = self.central.transaction(fact.session_id) if fact.session_id else 0
        if answer_lost:
            return
        match fact:
            case SessionStarted():
                info = self.central.judge(fact.id_tag)
                self.happen(ev.StartAnswered(self.now(), seq, fact.session_id, fact.id_tag, transaction_id, info))
            case SessionStopped():
                self.happen(ev.StopAnswered(self.now(), seq, fact.session_id, fact.id_tag, None))
            case MeterSampled():
                self.disk.outbox.pop(seq, None)

    # --- what must always hold

    def check(self) -> None:
        """Holds at every instant."""
        holds(self)

    def settle(self) -> None:
        """Everything is mended, every car leaves, everything is delivered."""
        self.disk_is_slow, self.disk.crash, self.wall_known = False, None, True
        self.flush()
        self.clear_all()
        for outlet in self.outlets.values():
            outlet.meter_works = outlet.bolt_works = True
            outlet.bolt_ms = 250
            outlet.welded, outlet.draws_ma = False, CURRENT_MA
        self.online(True)
        self.advance(5_000)
        for n in self.outlets:
            self.technician(n)
        for n in self.outlets:
            self.see(n, Vehicle.ABSENT)
        for n, c in self.loop.station.connectors.items():
            if c.session is not None:
                self.happen(ev.StopAsked(self.now(), self.request(), n))
        self.advance(15_000)
        self.configure("ClockAlignedDataInterval", "0")
        for _ in range(len(self.disk.ever) + 1):
            self.deliver()
        frees(self)
        assert not self.disk.outbox, "not everything was delivered"

    def balance(self) -> None:
        """Holds at the end."""
        balances(self)
        measures(self)
