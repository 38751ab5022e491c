"""What sites draw and deliver: now, since midnight, slice by slice; and stations looked for, page by page."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.db.queries import load as rows
from cloud.db.queries import places
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.stations import ConnectorStatus, RegistrationStatus, StatusReport
from cloud.domain.views import StationSearch, StationState
from cloud.services import access, load, overview, registration, stations
from tests.cloud.conftest import NOON, Business, after
from tests.ours import OURS


async def test_energy_today_is_what_flowed_since_midnight(business: Business) -> None:
    over_midnight = await business.start(0, wh=1000)
    await business.meter(over_midnight.transaction_id, 10, 2000)
    await business.meter(over_midnight.transaction_id, 30, 5000)
    today = await business.start(25, wh=0, connector=2, id_tag="T2")
    await business.meter(today.transaction_id, 30, 700, connector=2)
    (site,) = await business.ask(rows.sites, after(20))
    assert site.delivered_wh == 3000 + 700
    await business.stop(over_midnight.transaction_id, 40, 6000)
    (site,) = await business.ask(rows.sites, after(20))
    assert site.delivered_wh == 4000 + 700
    (site,) = await business.ask(rows.sites, after(41))
    assert site.delivered_wh == 0


async def test_energy_in_doubt_is_not_counted(business: Business) -> None:
    start = await business.start(0, wh=0)
    await business.stop(start.transaction_id, 10, 900_000)
    (site,) = await business.ask(rows.sites, after(-10))
    assert site.delivered_wh == 0


async def test_a_sites_figures(business: Business) -> None:
    start = await business.start(0)
    await business.meter(start.transaction_id, 5, 1500, power_w=7000)
    quay, _key = await business.do(stations.add, OURS, "quay-1", "Quay", 1, NOON, site="Harbour")
    fault = StatusReport(1, ConnectorStatus.FAULTED, "GroundFailure", at=NOON)
    await business.do(stations.status_changed, quay.id, fault, NOON)
    harbour, home = await business.ask(rows.sites, after(-10))
    assert (harbour.name, harbour.stations, harbour.online, harbour.faulted, harbour.power_w) == ("Harbour", 1, 0, 1, 0)
    assert (home.stations, home.online, home.faulted, home.charging, home.power_w) == (1, 1, 0, 1, 7000)
    only = Scope(None, frozenset({quay.site_id}))
    assert [site.name for site in await business.ask(rows.sites, NOON, only)] == ["Harbour"]
    assert await business.ask(rows.site_names, only) == {quay.site_id: "Harbour"}


async def test_power_is_kept_once_a_slice_and_not_for_ever(business: Business) -> None:
    start = await business.start(0)
    await business.meter(start.transaction_id, 5, 1500, power_w=7000)
    for minutes in (6, 7, 9, 10, 16):
        await business.do(load.note, after(minutes))
    kept = await business.ask(rows.power, NOON)
    assert kept == [(after(5), 7000), (after(10), 7000), (after(15), 7000)]
    await business.do(load.note, NOON + load.KEPT + timedelta(minutes=12))
    assert len(await business.ask(rows.power, NOON)) == 2


@pytest.fixture
async def yard(business: Business) -> Business:
    """`lab-1` charges, `far-n` were never there, `off-1` is disabled, `held-1` waits."""

    def furnish(conn: Connection) -> None:
        for number in range(5):
            stations.add(conn, OURS, f"far-{number}", f"Far 100% {number}", 1, NOON, site="Harbour")
        for identity in ("off-1", "held-1"):
            stations.add(conn, OURS, identity, "", 1, NOON)
        access.disable(conn, OURS, "off-1", None, NOON)
        registration.decide(conn, OURS, "held-1", RegistrationStatus.PENDING, None, NOON)
        free = StatusReport(2, ConnectorStatus.AVAILABLE, at=NOON)
        stations.status_changed(conn, business.station.id, free, NOON)

    await business.db.write(furnish)
    await business.start(0)
    return business


async def found(yard: Business, limit: int = 50, **wanted: object) -> list[str]:
    stations_found, _open = await yard.ask(overview.some_stations, StationSearch(**wanted), limit)  # type: ignore[arg-type]  # any field
    return [row.identity for row in stations_found]


async def test_stations_are_looked_for(yard: Business) -> None:
    far = [f"far-{number}" for number in range(5)]
    harbour = await yard.ask(lambda conn: places.site_id(conn, 1, "Harbour"))
    assert await found(yard, site_id=harbour) == far
    assert await found(yard, state=StationState.ONLINE) == ["lab-1"]
    assert await found(yard, state=StationState.OFFLINE) == [*far, "held-1", "off-1"]
    assert await found(yard, state=StationState.CHARGING) == ["lab-1"]
    assert await found(yard, state=StationState.FREE) == ["lab-1"]
    assert await found(yard, state=StationState.FAULTED) == []
    assert await found(yard, state=StationState.HELD) == ["held-1", "off-1"]
    assert await found(yard, contains="AR-3") == ["far-3"]
    assert await found(yard, contains="100% 1") == ["far-1"]
    assert await found(yard, contains="%") == far


async def test_pages_of_stations_follow_each_other(yard: Business) -> None:
    first = await found(yard, 3)
    rest = await found(yard, 50, after=first[-1])
    everything = [row.identity for row in await yard.ask(overview.stations, EVERYTHING)]
    assert (len(first), [*first, *rest]) == (3, everything)
    (lab,), open_ = await yard.ask(overview.some_stations, StationSearch(contains="lab"), 5)
    assert lab.connectors[0].session == open_[0]
