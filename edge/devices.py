"""Between hardware and decisions: readers, pilots, meters and the guardian become events; effects become deeds."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from edge.core import effects as fx
from edge.core import events as ev
from edge.core.state import Station
from edge.core.values import Moment, Reading, Vehicle
from edge.settings import ConnectorSettings, Settings, part, reader_part, served
from hardware import catalogue
from hardware import ports as hw
from hardware.errors import HardwareError
from hardware.guardian import Cleared, Disobeyed, Engaged, GuardianEvent, Obeyed, Released, Tripped
from hardware.guardian_client import GuardianLink

VEHICLE_POLL_S = 0.2
METER_POLL_S = 1.0
READER_POLL_S = 1.0
METER_PATIENCE_MS = 3_000
DEED_S = 10.0
OFFER_AGAIN_S = 1.0
SHOW_AGAIN_S = 10.0

Take = Callable[[ev.Event], None]
Now = Callable[[], Moment]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one connector that the agent itself drives."""

    connector: int
    meter: hw.Meter
    vehicle: hw.VehicleState | None
    limit: hw.CurrentLimit | None
    lock: hw.Lock | None
    indicator: hw.Indicator | None

    async def close(self) -> None:
        """Close every part."""
        for one in (self.meter, self.vehicle, self.limit, self.lock, self.indicator):
            if one is not None:
                await one.close()


@dataclass(frozen=True, slots=True)
class Reader:
    """A card reader and the connectors that it serves."""

    reader: hw.TagReader
    connectors: tuple[int, ...]


def make_parts(connector: ConnectorSettings) -> Parts:
    """Build the parts of a connector; HardwareError names the one that cannot be used."""
    try:
        return _made(connector)
    except HardwareError as error:
        raise type(error)(f"connector {connector.id}: {error}") from error


def _made(c: ConnectorSettings) -> Parts:
    return Parts(
        c.id,
        catalogue.make_meter(part(c.meter)),
        catalogue.make_vehicle_state(part(c.vehicle)) if c.vehicle is not None else None,
        catalogue.make_current_limit(part(c.limit)) if c.limit is not None else None,
        catalogue.make_lock(part(c.lock)) if c.lock is not None else None,
        catalogue.make_indicator(part(c.indicator)) if c.indicator is not None else None,
    )


def make_readers(settings: Settings) -> list[Reader]:
    """Build the card readers."""
    return [Reader(catalogue.make_reader(reader_part(table)), served(settings, table)) for table in settings.readers]


class Devices:
    """All hardware of a station. `release` and `perform` never wait; `run` watches until something is lost."""

    def __init__(self, parts: list[Parts], readers: list[Reader], guardian: GuardianLink, take: Take, now: Now) -> None:
        self._parts = {one.connector: one for one in parts}
        self._readers = readers
        self._guardian = guardian
        self._take = take
        self._now = now
        self._deeds: dict[int, asyncio.Queue[fx.Effect]] = {one.connector: asyncio.Queue() for one in parts}
        self._latest: dict[tuple[type[fx.Effect], int], fx.Effect] = {}
        self._dark: set[int] = set()
        self._read_now = {one.connector: asyncio.Event() for one in parts}
        self._look_now = {one.connector: asyncio.Event() for one in parts}

    def release(self, connector: int) -> None:
        """Open the circuit, before anything else happens."""
        self._guardian.release(connector)

    def perform(self, effect: fx.Effect) -> None:
        """Carry out an effect that concerns hardware."""
        match effect:
            case fx.Engage(connector):
                self._guardian.engage(connector)
            case fx.ReadMeter(connector):
                self._read_now[connector].set()
            case fx.Offer(connector) | fx.Show(connector):
                self._latest[type(effect), connector] = effect
                self._deeds[connector].put_nowait(effect)
            case fx.LockCable(connector) | fx.UnlockCable(connector):
                self._deeds[connector].put_nowait(effect)
            case _:
                raise TypeError(effect)

    async def see_vehicles(self) -> None:
        """Read every pilot once, before anything else may happen."""
        for parts in self._parts.values():
            if parts.vehicle is not None:
                await self._see(parts.connector, parts.vehicle, None)

    async def run(self, station: Callable[[], Station]) -> None:
        """Watch everything; raises GuardianLost when the guardian has gone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen_to_guardian())
            for number, reader in enumerate(self._readers, 1):
                tasks.create_task(self._watch_reader(reader))
                tasks.create_task(self._watch_health(number, reader.reader))
            for parts in self._parts.values():
                tasks.create_task(self._watch_meter(parts))
                tasks.create_task(self._do(parts))
                if parts.vehicle is not None:
                    tasks.create_task(self._watch_vehicle(parts.connector, parts.vehicle, station))

    async def close(self) -> None:
        """Close every part."""
        self._guardian.close()
        for parts in self._parts.values():
            await parts.close()
        for reader in self._readers:
            await reader.reader.close()

    async def _listen_to_guardian(self) -> None:
        async for event in self._guardian.events():
            self._take(_translated(event, self._now()))

    async def _watch_reader(self, reader: Reader) -> None:
        async for tap in reader.reader.taps():
            self._take(ev.TagTapped(self._now(), tap.id_tag, reader.connectors))

    async def _watch_health(self, number: int, reader: hw.TagReader) -> None:
        before = None
        while True:
            trouble = reader.trouble
            if trouble is not None and trouble != before:
                self._take(ev.ReaderFailed(self._now(), number, trouble))
            elif trouble is None and before is not None:
                self._take(ev.ReaderRecovered(self._now(), number))
            before = trouble
            await asyncio.sleep(READER_POLL_S)

    async def _watch_vehicle(self, number: int, vehicle: hw.VehicleState, station: Callable[[], Station]) -> None:
        wanted = self._look_now[number]
        while True:
            wanted.clear()
            await self._see(number, vehicle, station().connectors[number].vehicle)
            await _wait(wanted, VEHICLE_POLL_S)

    async def _see(self, number: int, vehicle: hw.VehicleState, before: Vehicle | None) -> None:
        try:
            seen, why = Vehicle((await vehicle.read()).value), ""
        except HardwareError as error:
            seen, why = Vehicle.FAULTY, str(error)
        if seen is not before:
            self._take(ev.VehicleSeen(self._now(), number, seen, why))

    async def _watch_meter(self, parts: Parts) -> None:
        answered_ms = self._now().mono_ms
        wanted = self._read_now[parts.connector]
        while True:
            wanted.clear()
            asked = self._now()
            try:
                reading = await parts.meter.read()
            except HardwareError as error:
                if asked.mono_ms - answered_ms > METER_PATIENCE_MS:
                    self._take(ev.MeterFailed(self._now(), parts.connector, str(error)))
            else:
                answered_ms = asked.mono_ms
                self._take(ev.MeterRead(self._now(), parts.connector, _taken(reading, asked)))
            await _wait(wanted, METER_POLL_S)

    async def _do(self, parts: Parts) -> None:
        while True:
            effect = await self._deeds[parts.connector].get()
            try:
                async with asyncio.timeout(DEED_S):
                    await _deed(parts, effect)
            except HardwareError as error:
                self._failed(parts.connector, effect, str(error))
            except TimeoutError:
                self._failed(parts.connector, effect, f"it does not answer within {DEED_S:g} s")
            else:
                self._done(effect)

    def _done(self, effect: fx.Effect) -> None:
        match effect:
            case fx.LockCable(connector):
                self._take(ev.CableLocked(self._now(), connector))
            case fx.UnlockCable(connector):
                self._take(ev.CableUnlocked(self._now(), connector))
            case fx.Offer(connector):
                self._look_now[connector].set()
                self._take(ev.OfferMade(self._now(), connector))
            case fx.Show(connector) if connector in self._dark:
                self._dark.remove(connector)
                self._take(ev.IndicatorRecovered(self._now(), connector))

    def _failed(self, number: int, effect: fx.Effect, why: str) -> None:
        match effect:
            case fx.LockCable() | fx.UnlockCable():
                self._take(ev.LockFailed(self._now(), number, why))
            case fx.Offer():
                self._take(ev.OfferFailed(self._now(), number, why))
                asyncio.get_running_loop().call_later(OFFER_AGAIN_S, self._again, number, effect)
            case fx.Show():
                self._dark.add(number)
                self._take(ev.IndicatorFailed(self._now(), number, why))
                asyncio.get_running_loop().call_later(SHOW_AGAIN_S, self._again, number, effect)

    def _again(self, number: int, effect: fx.Effect) -> None:
        if self._latest[type(effect), number] is effect:
            self._deeds[number].put_nowait(effect)


def _translated(event: GuardianEvent, now: Moment) -> ev.Event:
    match event:
        case Engaged(connector):
            return ev.ContactorEngaged(now, connector)
        case Released(connector, why):
            return ev.ContactorReleased(now, connector, why)
        case Disobeyed(connector, contacts):
            return ev.ContactorDisobeyed(now, connector, contacts == "closed")
        case Obeyed(connector):
            return ev.ContactorObeyed(now, connector)
        case Tripped(name, why, said):
            return ev.InputTripped(now, name, why == "unread", said)
        case Cleared(name):
            return ev.InputCleared(now, name)


def _taken(reading: hw.Reading, asked: Moment) -> Reading:
    """A register may have been latched any time after the question: it counts as taken when it was asked for."""
    return Reading(
        reading.energy_wh,
        reading.power_w,
        asked.mono_ms,
        reading.current_ma,
        reading.voltage_mv,
        reading.quality is hw.Quality.ESTIMATED,
        reading.serial,
        reading.wraps_at_wh,
    )


async def _deed(parts: Parts, effect: fx.Effect) -> None:
    deed: Awaitable[None] | None = None
    match effect:
        case fx.Offer(_, limit_ma) if parts.limit is not None:
            deed = parts.limit.offer(limit_ma)
        case fx.LockCable() if parts.lock is not None:
            deed = parts.lock.lock()
        case fx.UnlockCable() if parts.lock is not None:
            deed = parts.lock.unlock()
        case fx.Show(_, signal, text, light_percent, blinks) if parts.indicator is not None:
            deed = parts.indicator.show(hw.Signal(signal.value), text, light_percent, blinks)
    if deed is not None:
        await deed


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
