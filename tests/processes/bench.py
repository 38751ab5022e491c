"""A world, a central system and charge points as real processes, over WSS and Modbus; and what came of it all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection

from bollard.demo.agents import Agent, Surroundings, write_settings
from bollard.demo.certificates import Certificates, certificates
from bollard.demo.household import identities
from bollard.demo.play import CLOUD_READY, WORLD_READY
from bollard.demo.processes import Program
from cloud.db.database import Database
from cloud.db.migrations import migrate
from cloud.domain.tariffs import simple_terms
from cloud.services import stations as places
from cloud.services import tags, tariffs
from hardware.simulation.requests import Truth
from tests.ours import OURS
from tests.processes.actors import Actor
from tests.processes.people import Person

LEASE_S = 1.0
SPEED = 60.0
CONFIGURATION = {
    "MeterValueSampleInterval": 1,
    "MessageTimeout": 5,
    "TransactionMessageAttempts": 1000,
    "TransactionMessageRetryInterval": 1,
    "WebSocketPingInterval": 2,
}
MAX_POWER_W = int(22_000 * SPEED)


@dataclass
class Bench:
    """Everything on stage. Each station has one connector, whose outlet is "IDENTITY/1"."""

    folder: Path
    url: str
    pem: Certificates
    world: Actor
    cloud: Actor
    stations: list[Agent] = field(default_factory=list)
    agents: list[Actor] = field(default_factory=list)
    world_address: str = ""
    meters_address: str = ""
    port: int = 0

    def person(self, number: int) -> Person:
        """The one who charges at that station, with a card of their own."""
        return Person(self.world_address, f"lab-{number}/1", id_tag(number))

    def door(self, number: int) -> tuple[str, str, bytes]:
        """Where that station knocks, its identity and its key."""
        station = self.stations[number - 1]
        return f"wss://localhost:{self.port}", station.identity, bytes.fromhex(station.key)

    def delivered_wh(self) -> dict[str, int]:
        """Outlet -> what its register has risen by since the world began; outlets without energy are left out."""
        registers = {agent.outlet: self.look(agent.outlet).register_wh for agent in self.stations}
        return {outlet: energy_wh for outlet, energy_wh in registers.items() if energy_wh}

    def look(self, outlet: str) -> Truth:
        """What really is and was at an outlet."""
        return Person(self.world_address, outlet, "").look()


def id_tag(number: int) -> str:
    return f"04C0FFEE{number:06X}"


@asynccontextmanager
async def bench(folder: Path, stations: int, url: str = "", *, agents: bool = True) -> AsyncIterator[Bench]:
    """World and central system, and with `agents` the stations' own processes; ended afterwards, whatever happened.

    A contactor stays driven when its owner dies: only a guardian's word releases it.
    """
    pem = certificates(folder)
    url = url or f"sqlite:///{folder / 'cloud.db'}"
    outlets = [word for identity in identities(stations) for word in ("--outlet", f"{identity}/1")]
    pace = ("--port", "0", "--modbus-port", "0", "--speed", str(SPEED), "--pins", "kept")
    made = Bench(folder, url, pem, Actor(Program("world", ("world", *pace, *outlets))), Actor(cloud(url, pem)))
    try:
        await _raise_curtain(made, stations)
        if agents:
            await _agents_enter(made)
        yield made
    finally:
        for actor in [*made.agents, made.cloud, made.world]:
            await actor.leave()


def cloud(url: str, pem: Certificates, port: int = 0) -> Program:
    tls = ("--tls-cert", str(pem.chain), "--tls-key", str(pem.key))
    return Program("cloud", ("cloud", "serve", "--database-url", url, "--port", str(port), *tls))


async def _raise_curtain(made: Bench, stations: int) -> None:
    made.stations = await _furnished(made.url, stations)
    await asyncio.gather(made.world.enter(), made.cloud.enter())
    ready = await made.world.says(WORLD_READY)
    made.world_address, made.meters_address = ready[1], ready[2]
    made.port = int((await made.cloud.says(CLOUD_READY))[1])
    made.cloud.program = cloud(made.url, made.pem, made.port)


async def _agents_enter(made: Bench) -> None:
    around = Surroundings(
        f"wss://localhost:{made.port}/ocpp",
        made.pem.authority,
        made.world_address,
        made.meters_address,
        LEASE_S,
        SPEED,
        CONFIGURATION,
    )
    for agent in made.stations:
        settings = write_settings(made.folder, agent, around)
        made.agents.append(await Actor(Program(agent.identity, ("edge", "run", "--config", str(settings)))).enter())


async def _furnished(url: str, stations: int) -> list[Agent]:
    """A migrated database with a tariff, and a tag and a station for each of them."""
    await migrate(url)
    db = await Database.open(url)
    try:
        return await db.write(lambda conn: _furnish(conn, stations, datetime.now(UTC) - timedelta(days=30)))
    finally:
        await db.close()


def _furnish(conn: Connection, stations: int, now: datetime) -> list[Agent]:
    tariffs.add(conn, OURS, "Standard", simple_terms("EUR", Decimal("0.39"), Decimal("0.50"), Decimal(19)), now)
    tariffs.assign_where_none(conn, OURS, "Standard", now)
    for number in range(1, stations + 1):
        tags.add(conn, OURS, id_tag(number), now)
    return [
        Agent(identity, places.add(conn, OURS, identity, identity, 1, now, max_power_w=MAX_POWER_W)[1].hex(), number)
        for number, identity in enumerate(identities(stations), 1)
    ]
