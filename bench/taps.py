"""From a card to the contactor, as the driver, the agent and the world see it."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import random
from statistics import median, quantiles

from bench.central import Central
from bench.rig import OUTLETS, TAG, World
from hardware.outlet import Car, Conduction
from hardware.simulation.client import WorldLink, connect
from hardware.simulation.requests import Plug, Tap, Truth, Unplug, Witness

Present = Callable[[int], Awaitable[None]]
BETWEEN_S = 2.5  # an agent lets its contactors rest between switching


@dataclass
class Delays:
    """Milliseconds, one for each tap."""

    engaged_ms: list[float] = field(default_factory=list)
    released_ms: list[float] = field(default_factory=list)


async def at_the_reader(world: World, central: Central, times: int) -> Delays:
    """The card is held to the simulated reader, which is read every 30 ms."""
    hands = connect(world.address)

    async def present(connector: int) -> None:
        hands.tell(Tap(OUTLETS[0], TAG))

    return await _delays(hands, central, present, times)


async def known_to_the_agent(world: World, central: Central, control: Path, times: int) -> Delays:
    """The agent is told of the card over the technician's socket: no reader's polling in between."""

    async def present(connector: int) -> None:
        reader, writer = await asyncio.open_unix_connection(control)
        writer.write(json.dumps({"command": "tap", "tag": TAG, "connector": connector}).encode() + b"\n")
        await reader.readline()
        writer.close()

    return await _delays(connect(world.address), central, present, times)


async def _delays(hands: WorldLink, central: Central, present: Present, times: int) -> Delays:
    """One car after the other, at the connectors in turn, at any phase of whatever the agent polls."""
    delays = Delays()
    begin_s = dict.fromkeys((1, 2), time.monotonic() + BETWEEN_S)
    for place in range(times):
        connector = 1 + place % 2
        hands.tell(Plug(OUTLETS[connector - 1], Car(battery_wh=10_000_000)))
        await central.expect("StatusNotification", connectorId=connector, status="Preparing")
        await asyncio.sleep(max(0, begin_s[connector] - time.monotonic()) + random() * 0.2)
        await _one_session(hands, central, partial(present, connector), connector, delays)
        begin_s[connector] = time.monotonic() + BETWEEN_S
        hands.tell(Unplug(OUTLETS[connector - 1]))
        await central.expect("StatusNotification", connectorId=connector, status="Available")
    hands.close()
    return delays


async def _one_session(
    hands: WorldLink, central: Central, present: Callable[[], Awaitable[None]], connector: int, delays: Delays
) -> None:
    before = _conductions(hands, connector)
    tapped_ms = time.monotonic() * 1000
    await present()
    await central.expect("StatusNotification", connectorId=connector, status="Charging")
    while len(after := _conductions(hands, connector)) == len(before):  # noqa: ASYNC110 - it answers, it does not call
        await asyncio.sleep(0.001)
    delays.engaged_ms.append(after[-1].real_from_ms - tapped_ms)
    tapped_ms = time.monotonic() * 1000
    await present()
    await central.expect("StopTransaction")
    released_ms = _conductions(hands, connector)[-1].real_to_ms
    assert released_ms is not None
    delays.released_ms.append(released_ms - tapped_ms)


def _conductions(hands: WorldLink, connector: int) -> tuple[Conduction, ...]:
    return hands.ask(Witness(OUTLETS[connector - 1]), Truth).conductions


def commits_ms(folder: Path, times: int) -> list[float]:
    """What one durable commit costs on this disk: SQLite, WAL, synchronous=FULL, a row of 500 bytes."""
    db = sqlite3.connect(folder / "probe.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE probe (value BLOB)")
    taken = []
    for _ in range(times):
        began = time.monotonic()
        db.execute("INSERT INTO probe VALUES (randomblob(500))")
        taken.append((time.monotonic() - began) * 1000)
        time.sleep(0.01)
    db.close()
    return taken


def p50(values: list[float]) -> float:
    """The median."""
    return median(values)


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100, method="inclusive")[98]
