"""The station that calls, and what the handlers of its calls may do on its behalf."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection as DbConnection

from bollard.wire.errors import NoAnswer
from cloud.db.errors import Unavailable
from cloud.domain.effects import Report
from cloud.domain.stations import Station
from cloud.ocpp.central import Central
from cloud.ocpp.connections import Connection
from cloud.ocpp.log import say
from cloud.ocpp.translation import Payload
from cloud.services import effects, stations
from cloud.services.bell import Topic

T = TypeVar("T")
Service = Callable[..., T]


@dataclass(frozen=True, slots=True)
class Caller:
    """One station on one connection."""

    central: Central
    station: Station
    connection: Connection

    @property
    def identity(self) -> str:
        return self.station.identity

    async def write(self, service: Service[T], *arguments: Any, topics: tuple[Topic, ...] = (), **options: Any) -> T:
        """Commit `service(conn, station_id, *arguments, now, **options)`, then ring. Raises NoAnswer.

        The station's row comes first in every unit of work, so that units cannot block each other for good.
        """
        now = self.central.now()

        def unit(conn: DbConnection) -> T:
            stations.seen(conn, self.station.id, now)
            return service(conn, self.station.id, *arguments, now, **options)

        try:
            return await self.central.write(unit, *topics)
        except Unavailable as error:
            raise NoAnswer from error

    async def report(
        self, report: Report, service: Service[T], *arguments: Any, topics: tuple[Topic, ...] = (), **options: Any
    ) -> T:
        """`write`, and in the same unit of work completes the commands that waited for this report. Raises NoAnswer."""

        def unit(conn: DbConnection, station_id: int, now: datetime) -> tuple[T, list[effects.Seen]]:
            result = service(conn, station_id, *arguments, now, **options)
            return result, effects.reported(conn, station_id, report, now)

        result, seen = await self.write(unit, topics=topics)
        for command, step in seen:
            say(self.identity, f"command {command.id} {command.kind}", str(step), report.words)
        self.central.bell.ring(*[Topic.COMMANDS] * bool(seen))
        return result

    async def read(self, service: Service[T], *arguments: Any) -> T:
        """Run the query `service(conn, station_id, *arguments, now)`. Raises NoAnswer."""
        now = self.central.now()
        try:
            return await self.central.read(lambda conn: service(conn, self.station.id, *arguments, now))
        except Unavailable as error:
            raise NoAnswer from error

    def now(self) -> datetime:
        return self.central.now()

    def incident(self, kind: str, summary: str, raw: str | Payload) -> None:
        """Have something odd about this station shown to the operator, and unless there are too many, in the log."""
        self.central.incident(self.station, kind, summary, raw)
        if self.connection.lines.spend(time.monotonic()):
            say(self.identity, summary)
