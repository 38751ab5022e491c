"""The agent, composed: settings, store, guardian, devices, loop, link and the technician's socket in one TaskGroup."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from edge import records
from edge.clock import SystemClock
from edge.control import Control
from edge.core import effects as fx
from edge.core import events as ev
from edge.core.configuration import number
from edge.core.memory import ignored, restored
from edge.core.sampling import wakes_ms
from edge.devices import Devices, make_parts, make_readers
from edge.fitting import station
from edge.link.dial import Address
from edge.link.link import Link
from edge.link.ports import Agent as Surroundings
from edge.link.ports import Clock
from edge.link.registration import BootInfo
from edge.link.timing import Patience
from edge.loop import Loop
from edge.rebooting import rebooted
from edge.settings import Settings
from edge.store import Store
from hardware.guardian_client import GuardianLink
from hardware.notify import notifier

TICK_S = 1.0
FAREWELL_MS, LOOK_MS = 10_000, 100
Say = Callable[[str], None]


class Restarted(Exception):
    """A reset was asked for and every session has been closed; the agent starts again."""


class Agent:
    """One charge point at work. `perform` is where every effect finds who carries it out."""

    def __init__(
        self, path: Path, wanted: Settings, store: Store, guardian: GuardianLink, clock: Clock, say: Say
    ) -> None:
        self.settings = wanted
        self.store = store
        self.clock = clock
        self.say = say
        self._guardian = guardian
        self.loop = Loop(station(path, wanted), store, self)
        parts = [make_parts(connector) for connector in wanted.connectors]
        self.devices = Devices(parts, make_readers(wanted), guardian, self.loop.take, clock.now)
        around = Surroundings(lambda: self.loop.station, self.loop.take, clock, say, self.refuse)
        self.link = Link(_address(wanted), _boot_info(wanted), around, store, patience=Patience(wanted.csms.retry_s))
        self.control = Control(wanted.identity, self.loop, store, clock, self.link)
        self._restarts: asyncio.Queue[bool] = asyncio.Queue()

    def release(self, connector: int) -> None:
        """Open the circuit."""
        self.devices.release(connector)

    def perform(self, effect: fx.Effect) -> None:
        """Carry out one effect of the core; never waits."""
        match effect:
            case fx.Say(text, refusal=True):
                self.refuse(text)
            case fx.Say(text):
                self.say(text)
            case fx.Reply(request) if request in self.control.waiting:
                self.control.reply(effect)
            case fx.AskAuthorization() | fx.Reply() | fx.Report():
                self.link.perform(effect)
            case fx.Restart(hard):
                self._restarts.put_nowait(hard)
            case _:
                self.devices.perform(effect)

    def refuse(self, text: str) -> None:
        """Say why something was refused; the technician can ask for the latest."""
        self.control.refusals.append((self.clock.now(), text))
        self.say(text)

    async def run(self) -> None:
        """Work until cancelled; raises GuardianLost, sqlite3.Error, TimeoutError or Restarted in an ExceptionGroup."""
        remembered = records.decoded(await self.store.load())
        for complaint in ignored(self.loop.station, remembered):
            self.say(complaint)
        self.loop.station = restored(self.loop.station, remembered)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.loop.run())
            self.loop.take(ev.Started(self.clock.now()))
            await self.devices.see_vehicles()
            tasks.create_task(self._renew())
            tasks.create_task(self.devices.run(lambda: self.loop.station))
            tasks.create_task(self.link.run())
            tasks.create_task(self.control.serve(self.settings.control_socket))
            tasks.create_task(self._tick())
            tasks.create_task(self._until_restart())

    async def _tick(self) -> None:
        while True:
            now = self.clock.now()
            due_ms = wakes_ms(self.loop.station, now)
            await asyncio.sleep(TICK_S if due_ms is None else min(TICK_S, (due_ms - now.mono_ms) / 1000))
            self.loop.take(ev.Ticked(self.clock.now()))

    async def _renew(self) -> None:
        """Say that this process lives: to the guardian, which would release, and to systemd, which would restart."""
        notify = notifier()
        notify(b"READY=1")
        while True:
            self._guardian.renew()
            notify(b"WATCHDOG=1")
            await asyncio.sleep(self.settings.guardian.lease_s / 5)

    async def _until_restart(self) -> None:
        while True:
            hard = await self._restarts.get()
            await self._told()
            failure = await self._reboot() if hard else None
            if failure is None:
                raise Restarted("hard" if hard else "soft")
            self.loop.take(ev.ResetFailed(self.clock.now(), failure))

    async def _reboot(self) -> str | None:
        """Restart the hardware where the settings say how; None, or why it failed."""
        command = self.settings.station.hard_reset
        if not command:
            return None
        return await rebooted(command, number(self.loop.station.configuration, "ResetRetries"), self.say)

    async def _told(self) -> None:
        """While there is a central system to hear it, it hears the answer and of the sessions that the reset ended."""
        for _ in range(FAREWELL_MS // LOOK_MS):
            await asyncio.sleep(LOOK_MS / 1000)
            if not self.loop.station.online or not (await self.store.waiting())[0]:
                return


def _address(wanted: Settings) -> Address:
    return Address(wanted.csms.url, wanted.identity, wanted.csms.password(), wanted.csms.ca_file)


def _boot_info(wanted: Settings) -> BootInfo:
    station = wanted.station
    return BootInfo(station.vendor, station.model, station.serial, version("bollard"))


@asynccontextmanager
async def opened(
    path: Path, wanted: Settings, say: Say, guardian: GuardianLink, clock: Clock | None = None
) -> AsyncIterator[Agent]:
    """An agent, not yet running, with everything that must be closed afterwards."""
    async with AsyncExitStack() as closing:
        store = await Store.open(wanted.made_data_dir() / "edge.db")
        closing.push_async_callback(store.close)
        closing.callback(guardian.close)
        agent = Agent(path, wanted, store, guardian, clock or SystemClock(), say)
        closing.push_async_callback(agent.devices.close)
        yield agent
