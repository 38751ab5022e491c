"""A running central system with several stations, tormented together; and what its books say in the end."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import Connection, Select, String, cast, func, select

from cloud.db.database import Database
from cloud.db.tables import bill, meter_sample, orphan_stop, session, station
from cloud.domain.tariffs import simple_terms
from cloud.services import overview, stations, tags, tariffs
from tests.cloud.delivery.facts import NOON, Story
from tests.cloud.delivery.server import Server
from tests.cloud.delivery.station import GONE, Fate, Station
from tests.cloud.services.histories import CONNECTORS, KNOWN, STATIONS
from tests.ours import OURS

BEFORE = NOON - timedelta(days=30)
Outage = Callable[[Server], AbstractContextManager[None]]


class Weather(StrEnum):
    """What happens to all stations at once."""

    RESTART = "the central system is told to end, and started again"
    KILL = "the central system is killed the moment after an answer, and started again"
    OUTAGE = "the database cannot commit for a while"
    OUTAGE_AND_KILL = "the database cannot commit, and the central system is killed meanwhile"


@dataclass(frozen=True)
class Torment:
    """The fates of each station's messages, and the weather after so many messages of all."""

    fates: Sequence[Sequence[Fate]] = ((),) * STATIONS
    weather: Mapping[int, tuple[Weather, int]] = field(default_factory=dict)


CALM = Torment()


@dataclass(frozen=True)
class Outcome:
    """What is in the books: everything but ids, numbers and times of receipt."""

    sessions: list[tuple[Any, ...]]
    bills: list[str]
    samples: list[tuple[Any, ...]]
    orphans: list[tuple[Any, ...]]
    shown: list[tuple[Any, ...]]


@dataclass
class Stage:
    """`outages` are ways to keep the server's database from committing."""

    db: Database
    server: Server
    outages: Sequence[Outage]
    runs: int = 0

    async def told(self, story: Story, torment: Torment = CALM) -> Outcome:
        """The books once stations of their own have told a story."""
        self.runs += 1
        run = f"run{self.runs:04}"
        play = Play(self, await self.db.write(lambda conn: self._furnish(conn, run, story)), torment)
        try:
            await at_once(play.tell(number) for number in range(STATIONS))
            await at_once(each.come_back() for each in play.stations)
            return await self.db.read(lambda conn: outcome(conn, run))
        finally:
            for each in play.stations:
                await each.hang_up()

    def _furnish(self, conn: Connection, run: str, story: Story) -> list[Station]:
        added = [stations.add(conn, OURS, f"{run}-{number}", "", CONNECTORS, BEFORE) for number in range(STATIONS)]
        return [
            Station(self.server.ws, place.identity, key, deque(story.facts(number)))
            for number, (place, key) in enumerate(added)
        ]


@dataclass
class Play:
    """One story told in one torment; whoever sends the message after which the weather changes lives through it."""

    stage: Stage
    stations: list[Station]
    torment: Torment
    messages: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tell(self, number: int) -> None:
        teller = self.stations[number]
        for fate in self.torment.fates[number]:
            await self.look_up(teller)
            await teller.meet(fate)
        await teller.finish()

    async def look_up(self, witness: Station) -> None:
        self.messages += 1
        weather, which = self.torment.weather.get(self.messages, (None, 0))
        if weather is not None:
            async with self.turn:
                outage = self.stage.outages[which % len(self.stage.outages)]
                await WEATHER[weather](self.stage.server, witness, outage)


async def restart(server: Server, _witness: Station, _outage: Outage) -> None:
    await server.stop()
    await server.start()


async def kill(server: Server, witness: Station, _outage: Outage) -> None:
    if witness.outbox:
        await witness.attempt(lambda station, line: station.last_answer(line, server.kill))
    await server.kill()
    await server.start()


async def outage(server: Server, witness: Station, outage: Outage) -> None:
    with outage(server):
        await nothing_is_answered(witness)


async def outage_and_kill(server: Server, witness: Station, outage: Outage) -> None:
    with outage(server):
        await nothing_is_answered(witness)
        await server.kill()
    await server.start()


WEATHER: Mapping[Weather, Callable[[Server, Station, Outage], Awaitable[None]]] = {
    Weather.RESTART: restart,
    Weather.KILL: kill,
    Weather.OUTAGE: outage,
    Weather.OUTAGE_AND_KILL: outage_and_kill,
}


async def nothing_is_answered(witness: Station) -> None:
    """What cannot be committed is not acknowledged."""
    with pytest.raises(GONE):
        line = await witness.online()
        await (witness.call(line, witness.outbox[0]) if witness.outbox else line.heartbeat())
    await witness.hang_up()


async def at_once(doings: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Like gather, but nobody goes on when one of them failed."""
    async with asyncio.TaskGroup() as group:
        for doing in doings:
            group.create_task(doing)


def furnish(conn: Connection) -> None:
    """0.40 EUR a kWh and 0.50 EUR a session with 20 % VAT; the known tags."""
    tariffs.add(conn, OURS, "standard", simple_terms("EUR", Decimal("0.40"), Decimal("0.50"), Decimal(20)), BEFORE)
    tariffs.assign(conn, OURS, "standard", BEFORE)
    for tag in KNOWN:
        tags.add(conn, OURS, tag, BEFORE)


TOLD = (
    "id_tag",
    "started_at",
    "ended_at",
    "ended_by",
    "state",
    "meter_start_wh",
    "meter_stop_wh",
    "stop_reason",
    "energy_wh",
    "findings",
    "doubts",
)
MEASURED = ("connector", "at", "context", "energy_wh", "power_w")
LOST = ("transaction_id", "id_tag", "at", "meter_stop_wh")


def outcome(conn: Connection, run: str) -> Outcome:
    """The books about the stations of one run."""
    mine, number = station.c.identity.startswith(run), func.substr(station.c.identity, len(run) + 1)
    told = [number, *(session.c[name] for name in TOLD), bill.c.gross_minor]
    measured = [number, *(meter_sample.c[name] for name in MEASURED), session.c.started_at]
    lost = [number, *(orphan_stop.c[name] for name in LOST), orphan_stop.c.session_id.is_(None)]
    of_session = session.c.id == meter_sample.c.session_id
    assert numbered_without_a_gap(conn)
    return Outcome(
        listed(conn, select(*told).join_from(session, station).outerjoin(bill).where(mine)),
        [row[0].replace(run, "") for row in listed(conn, documents().where(mine))],
        listed(conn, select(*measured).join_from(meter_sample, station).outerjoin(session, of_session).where(mine)),
        listed(conn, select(*lost).join_from(orphan_stop, station).where(mine)),
        shown(conn, run),
    )


def documents() -> Select[Any]:
    """What the bills say: parties, energy, times, every line and the total."""
    return select(cast(bill.c.document, String)).join_from(bill, session).join(station)


def shown(conn: Connection, run: str) -> list[tuple[Any, ...]]:
    """What the operator sees of each station, its connectors and their open sessions."""
    return [
        (row.online, row.status, *((place.status, place.session) for place in row.connectors))
        for row in overview.stations(conn)
        if row.identity.startswith(run)
    ]


def numbered_without_a_gap(conn: Connection) -> bool:
    count, last = conn.execute(select(func.count(bill.c.id), func.max(bill.c.series_number))).one()
    return bool(count == (last or 0))


def listed(conn: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in conn.execute(query)), key=str)
