"""What every part of the OCPP side shares: the database, the bell, the sockets, the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection as DbConnection

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.domain.stations import Station
from cloud.ocpp.aside import Aside
from cloud.ocpp.connections import Connections
from cloud.ocpp.outage import Outage
from cloud.services import incidents, stations
from cloud.services.bell import Bell, Topic
from cloud.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Central:
    """One a process; `now` gives aware UTC."""

    db: Database
    bell: Bell
    settings: Settings
    now: Callable[[], datetime]
    connections: Connections = field(default_factory=Connections)
    aside: Aside = field(init=False)
    outage: Outage = field(init=False)

    def __post_init__(self) -> None:
        outage = Outage(self.db, self.connections, self.settings.probe_interval_s)
        object.__setattr__(self, "aside", Aside(self.db, self.bell))
        object.__setattr__(self, "outage", outage)

    async def write(self, unit: Callable[[DbConnection], T], *topics: Topic) -> T:
        """Commit a unit of work, then ring. Raises Unavailable, and then nobody may be answered."""
        try:
            result = await self.db.write(unit)
        except Unavailable:
            self.outage.begin()
            raise
        self.bell.ring(*topics)
        return result

    async def read(self, query: Callable[[DbConnection], T]) -> T:
        """Run a query. Raises Unavailable, and then nobody may be answered."""
        try:
            return await self.db.read(query)
        except Unavailable:
            self.outage.begin()
            raise

    async def nobody_is_connected(self) -> None:
        """What the database says of sockets is out of date: at the start, and after an outage. Raises Unavailable."""
        now = self.now()
        await self.db.write(lambda conn: stations.all_offline(conn, now))
        self.bell.ring(*Topic)

    def incident(self, station: Station, kind: str, summary: str, raw: str | Mapping[str, Any]) -> None:
        """Have something odd about a station shown to the operator, without anyone waiting for it."""
        now = self.now()
        self.aside.put(
            lambda conn: incidents.record(conn, station.id, station.identity, kind, summary, raw, now), Topic.INCIDENTS
        )
