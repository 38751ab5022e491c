"""What every part of the OCPP side shares: the database, the bell, the sockets, the clock."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.domain.stations import Station
from cloud.ocpp.aside import Aside
from cloud.ocpp.connections import Connections
from cloud.ocpp.journal import Journal
from cloud.ocpp.measures import Measures
from cloud.ocpp.outage import Outage
from cloud.ocpp.tape import Tape
from cloud.services import commands, incidents, organisations, stations
from cloud.services.bell import Bell, Topic
from cloud.settings import Settings

T = TypeVar("T")
Unit = Callable[[Connection], T]

AT_ONCE = 64


class Central:
    """One a process; `now` gives aware UTC."""

    def __init__(self, db: Database, bell: Bell, settings: Settings, now: Callable[[], datetime]) -> None:
        self.db = db
        self.bell = bell
        self.settings = settings
        self.now = now
        self.connections = Connections()
        self.aside = Aside(db, bell)
        self.measures = Measures()
        self.journal = Journal(db, settings.message_days)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.outage = Outage(db, self.connections, settings.probe_interval_s)

    async def write(self, unit: Unit[T], *topics: Topic) -> T:
        """Commit a unit of work, then ring. Raises Unavailable, and then nobody may be answered."""
        result = await self._in_turn(self.db.write, unit)
        self.bell.ring(*topics)
        return result

    async def read(self, query: Unit[T]) -> T:
        """Run a query. Raises Unavailable, and then nobody may be answered."""
        return await self._in_turn(self.db.read, query)

    async def _in_turn(self, do: Callable[[Unit[T]], Awaitable[T]], unit: Unit[T]) -> T:
        """A crowd of stations waits here for its turn, so that the database never takes a queue for an outage."""
        async with self._turns:
            if self.outage.lasting:
                raise Unavailable("the database cannot commit")
            try:
                return await do(unit)
            except Unavailable:
                self.outage.begin()
                raise

    def tape(self, station: Station) -> Tape:
        """For a new connection of a station."""
        return Tape(self.journal, self.measures, station.id, self.now)

    async def nobody_is_connected(self) -> None:
        """What the database says of sockets and of calls on them is out of date: at the start, and after an outage.

        Raises Unavailable.
        """
        now = self.now()

        def unit(conn: Connection) -> None:
            stations.all_offline(conn, now)
            commands.interrupted(conn, now)
            organisations.keep_time(conn, self.settings.time_zone)
            organisations.keep_waiting(conn, self.settings.unplug_limit_s)

        await self.db.write(unit)
        self.bell.ring(*Topic)

    def incident(self, station: Station, kind: str, summary: str, raw: str | Mapping[str, Any]) -> None:
        """Have something odd about a station shown to the operator, without anyone waiting for it."""
        now = self.now()
        shown = incidents.shown(raw)

        def unit(conn: Connection) -> None:
            incidents.record(conn, station.id, station.identity, kind, summary, shown, now)

        self.aside.put(unit, Topic.INCIDENTS)
