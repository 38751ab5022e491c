"""A small charging business: one site with a tariff, one station with two connectors, a few tags."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.domain.bills import StopAnswer
from cloud.domain.reports import MeterReport, Sample, StartAnswer, StartReport, StopReport
from cloud.domain.sessions import Session
from cloud.domain.stations import Station
from cloud.domain.tariffs import simple_terms
from cloud.domain.views import SessionRow
from cloud.services import overview, sessions, stations, tags, tariffs
from tests.ours import OURS

T = TypeVar("T")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAG = "04A1B2C3"


def after(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Business:
    """The database and the station; each method is one committed unit of work."""

    db: Database
    station: Station

    async def do(self, service: Callable[..., T], *arguments: Any, **options: Any) -> T:
        return await self.db.write(lambda conn: service(conn, *arguments, **options))

    async def ask(self, query: Callable[..., T], *arguments: Any, **options: Any) -> T:
        return await self.db.read(lambda conn: query(conn, *arguments, **options))

    async def start(self, minutes: float = 0, wh: int | None = 1000, **options: Any) -> StartAnswer:
        values = {"connector": 1, "id_tag": TAG, "meter_start_wh": wh, "at": after(minutes), **options}
        return await self.do(sessions.started, self.station.id, StartReport(**values), after(minutes))

    async def meter(self, transaction_id: int | None, minutes: float, wh: int, **options: Any) -> Session | None:
        sample = Sample(after(minutes), energy_wh=wh, power_w=options.pop("power_w", None))
        report = MeterReport(options.pop("connector", 1), transaction_id, (sample,), **options)
        return await self.do(sessions.metered, self.station.id, report, after(minutes))

    async def stop(self, transaction_id: int, minutes: float, wh: int | None, **options: Any) -> StopAnswer:
        values = {"meter_stop_wh": wh, "at": after(minutes), **options}
        report = StopReport(transaction_id, raw={"meterStop": wh}, **values)
        return await self.do(sessions.stopped, self.station.id, report, after(minutes))

    async def beside(self, identity: str) -> "Business":
        """The same with a second station."""
        station, _key = await self.do(stations.add, OURS, identity, "", 1, NOON)
        return Business(self.db, station)

    async def session(self, id: int) -> SessionRow:
        found = await self.ask(overview.session, id)
        assert found is not None
        return found

    async def incidents(self) -> list[str]:
        return [f"{incident.kind}: {incident.summary}" for incident in await self.ask(overview.incidents)]


def furnish(conn: Connection) -> Station:
    """0.40 EUR a kWh and 0.50 EUR a session with 20 % VAT; station `lab-1`, online; the tag."""
    before = after(-60)
    tariffs.add(conn, OURS, "standard", simple_terms("EUR", Decimal("0.40"), Decimal("0.50"), Decimal(20)), before)
    tariffs.assign(conn, OURS, "standard", before)
    tags.add(conn, OURS, TAG, before)
    station, _key = stations.add(conn, OURS, "lab-1", "Lab", 2, before, max_power_w=22_000)
    stations.came_online(conn, station.id, "first", before)
    return station


@pytest.fixture
async def business(database: Database) -> Business:
    return Business(database, await database.write(furnish))
