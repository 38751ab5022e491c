"""Stations: keys, knocking strangers, boots, statuses and connections."""

import pytest
from sqlalchemy import select

from cloud.db.tables import audit_log, evse, station
from cloud.domain.stations import BootInfo, ConnectorStatus, RegistrationStatus, StatusReport
from cloud.domain.views import StationRow
from cloud.services import access, overview, registration, stations
from cloud.services.errors import AlreadyThere, NotFound, NotNow
from tests.cloud.conftest import NOON, Business, after
from tests.ours import OURS


async def shown(business: Business) -> StationRow:
    found = await business.ask(overview.station, business.station.id)
    assert found is not None
    return found


async def test_a_station_is_known_by_its_key_alone(business: Business) -> None:
    added, key = await business.do(stations.add, OURS, "lab-2", "Two", 3, NOON)
    assert len(key) == 20
    assert await business.ask(access.authenticate, "lab-2", key) == added
    assert await business.ask(access.authenticate, "lab-2", key[:-1]) is None
    assert await business.ask(access.authenticate, "lab-1", key) is None
    assert await business.ask(access.authenticate, "lab-3", key) is None
    assert await business.ask(access.authenticate, "lab-2", b"") is None


async def test_keys_are_not_kept(business: Business) -> None:
    _added, key = await business.do(stations.add, OURS, "lab-2", "Two", 1, NOON)
    kept = await business.db.read(lambda conn: conn.execute(select(station)).all())
    assert key not in [value for row in kept for value in row]
    assert len({row.key_salt for row in kept}) == 2


async def test_each_connector_has_an_evse(business: Business) -> None:
    numbers = await business.db.read(lambda conn: conn.execute(select(evse.c.number)).scalars().all())
    assert sorted(numbers) == [1, 2]


@pytest.mark.parametrize("identity", ["", "a:b", "x" * 65, "line\nbreak"])
async def test_an_identity_that_cannot_be_is_refused(business: Business, identity: str) -> None:
    with pytest.raises(NotNow, match="identity"):
        await business.do(stations.add, OURS, identity, "", 1, NOON)


async def test_a_station_is_added_once(business: Business) -> None:
    with pytest.raises(AlreadyThere, match="lab-1"):
        await business.do(stations.add, OURS, "lab-1", "", 1, NOON)
    with pytest.raises(NotNow, match="1 to 64 connectors"):
        await business.do(stations.add, OURS, "lab-2", "", 0, NOON)
    with pytest.raises(NotFound, match="no tariff 'dear'"):
        await business.do(stations.add, OURS, "lab-2", "", 1, NOON, tariff="dear")


async def test_strangers_are_counted_and_bounded(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stations, "MOST_PENDING", 3)
    for minute, identity in enumerate(["a", "b", "a", "c", "d", "e" * 1000]):
        await business.do(stations.note_pending, identity, "10.0.0.1", after(minute))
    listed = await business.ask(stations.pending)
    assert [(knock.identity[:4], knock.count) for knock in listed] == [("eeee", 1), ("d", 1), ("c", 1)]
    await business.do(stations.add, OURS, "d", "", 1, NOON)
    assert [knock.identity[:4] for knock in await business.ask(stations.pending)] == ["eeee", "c"]


async def test_a_repeated_knock_is_counted(business: Business) -> None:
    for minute, remote in enumerate(["10.0.0.1", "10.0.0.2"]):
        await business.do(stations.note_pending, "a", remote, after(minute))
    (knock,) = await business.ask(stations.pending)
    assert (knock.remote, knock.first_at, knock.last_at, knock.count) == ("10.0.0.2", after(0), after(1), 2)


async def test_a_boot_is_accepted_and_remembered(business: Business) -> None:
    info = BootInfo("Bollard", "sim", firmware="1.0", serial="S1")
    answer = await business.do(registration.booted, business.station.id, info, NOON, interval_s=60)
    assert (answer.status, answer.interval_s) == (RegistrationStatus.ACCEPTED, 60)
    row = await shown(business)
    assert (row.vendor, row.model, row.firmware, row.last_seen_at) == ("Bollard", "sim", "1.0", NOON)


async def test_statuses_of_connectors_and_of_the_station_itself(business: Business) -> None:
    reports = [
        StatusReport(0, ConnectorStatus.AVAILABLE),
        StatusReport(1, ConnectorStatus.FAULTED, "GroundFailure", info="the RCD tripped"),
        StatusReport(4, ConnectorStatus.CHARGING),
    ]
    for report in reports:
        await business.do(stations.status_changed, business.station.id, report, NOON)
    row = await shown(business)
    assert row.status is ConnectorStatus.AVAILABLE
    assert [(c.number, c.status, c.error_code) for c in row.connectors] == [
        (1, ConnectorStatus.FAULTED, "GroundFailure"),
        (2, ConnectorStatus.UNKNOWN, "NoError"),
        (4, ConnectorStatus.CHARGING, "NoError"),
    ]
    assert row.connectors[0].info == "the RCD tripped"


async def test_only_the_newest_connection_can_end_being_online(business: Business) -> None:
    id = business.station.id
    await business.do(stations.came_online, id, "one", after(0))
    await business.do(stations.came_online, id, "two", after(1))
    await business.do(stations.went_offline, id, "one", after(2))
    assert (await shown(business)).online
    await business.do(stations.went_offline, id, "two", after(3))
    assert not (await shown(business)).online
    assert (await shown(business)).last_seen_at == after(1)


async def test_a_restarted_server_knows_that_nobody_is_connected(business: Business) -> None:
    await business.do(stations.came_online, business.station.id, "one", after(0))
    await business.do(stations.all_offline, after(1))
    assert not (await shown(business)).online


async def test_what_the_operator_does_is_audited(business: Business) -> None:
    query = select(audit_log.c.action, audit_log.c.subject).order_by(audit_log.c.id)
    rows = await business.db.read(lambda conn: [tuple(row) for row in conn.execute(query)])
    assert rows == [
        ("tariff added", "standard"),
        ("tariff assigned", "standard"),
        ("tag added", "04A1B2C3"),
        ("station added", "lab-1"),
    ]
