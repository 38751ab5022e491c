"""What is shown, in a number of queries that does not grow; incidents stay bounded."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from cloud.db.database import Database
from cloud.services import incidents, overview, remote, stations
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS

READS: dict[str, tuple[Callable[..., Any], int]] = {
    "stations": (overview.stations, 3),
    "station": (lambda conn: overview.station(conn, 1), 3),
    "open sessions": (overview.open_sessions, 1),
    "ended sessions": (overview.ended_sessions, 1),
    "bills": (overview.bills, 1),
    "incidents": (overview.incidents, 1),
    "commands": (lambda conn: overview.commands(conn, 1), 2),
}


async def fill(business: Business, count: int) -> None:
    for n in range(count):
        start = await business.start(n, wh=n, connector=1)
        await business.stop(start.transaction_id, n + 1, n + 100)
        await business.start(n, wh=n, connector=2, id_tag=f"T{n}")
        await business.do(stations.add, OURS, f"filler-{n}", "", 2, NOON)
        await business.do(incidents.record_of, OURS, f"filler-{n}", "odd", "odd", {}, after(n))
        await business.do(remote.ask_start, business.station.id, 1, TAG, None, after(n))


async def queries(db: Database, read: Callable[..., Any]) -> int:
    """How many statements a read executes."""
    seen: list[str] = []

    def counted(conn: Connection) -> None:
        note = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(conn, "before_cursor_execute", note)
        read(conn)

    await db.read(counted)
    return len(seen)


@pytest.mark.parametrize("name", READS)
async def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(business: Business, name: str) -> None:
    read, most = READS[name]
    await fill(business, 3)
    assert 0 < await queries(business.db, read) <= most


async def test_stations_with_their_sessions(business: Business) -> None:
    first = await business.start(0)
    newer = await business.start(5, wh=1500)
    (row,) = await business.ask(overview.stations)
    assert row.connectors[0].session == await business.session(newer.session_id)
    assert row.connectors[1].session is None
    assert [session.id for session in await business.ask(overview.open_sessions)] == [
        newer.session_id,
        first.session_id,
    ]
    assert await business.ask(overview.station, 99) is None


async def test_ended_sessions_are_paged(business: Business) -> None:
    for n in range(5):
        start = await business.start(n, wh=n)
        await business.stop(start.transaction_id, n + 0.5, n)
    page = await business.ask(overview.ended_sessions, limit=2)
    following = await business.ask(overview.ended_sessions, limit=2, before_id=page[-1].id)
    assert [row.id for row in page + following] == [5, 4, 3, 2]


async def test_the_same_incident_is_counted(business: Business) -> None:
    for minute in range(3):
        raw = {"minute": minute}
        await business.do(incidents.record, business.station.id, "lab-1", "odd", "it was odd", raw, after(minute))
    (incident,) = await business.ask(overview.incidents)
    assert (incident.count, incident.first_at, incident.last_at) == (3, after(0), after(2))
    assert incident.raw == '{"minute":2}'


async def test_incidents_are_bounded_whatever_a_station_does(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "MOST_OF_ONE_IDENTITY", 4)
    monkeypatch.setattr(incidents, "MOST", 6)
    await business.do(incidents.record_of, OURS, "quiet", "odd", "kept", {}, after(500))
    for n in range(30):
        await business.do(incidents.record_of, OURS, "noisy" * 100, "odd", f"{n}" * 1000, "x" * 10_000, after(n))
    for n in range(30):
        await business.do(incidents.record_of, OURS, f"many-{n}", "odd", "odd", {}, after(100 + n))
    found = await business.ask(overview.incidents)
    assert [incident.identity for incident in found] == ["quiet"] + [f"many-{n}" for n in (29, 28, 27, 26, 25)]
    assert max(len(incident.raw) for incident in found) <= 4000


async def test_only_the_latest_of_a_noisy_station_are_kept(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incidents, "MOST_OF_ONE_IDENTITY", 2)
    await business.do(incidents.record_of, OURS, "quiet", "odd", "kept", {}, after(0))
    for n in range(10):
        await business.do(incidents.record_of, OURS, "noisy", "odd", str(n), {}, after(n))
    assert [incident.summary for incident in await business.ask(overview.incidents)] == ["9", "8", "kept"]
