"""Reports that are wrong, foreign or impossible: answered, kept, and nothing else disturbed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from cloud.db.tables import meter_sample, site
from cloud.domain.reports import MeterReport, Sample
from cloud.domain.sessions import SessionState
from cloud.services import overview, sessions
from tests.cloud.conftest import TAG, Business, after

FIRST_INSTANT = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
LAST_INSTANT = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))


@pytest.mark.parametrize("transaction_id", [-1, 0, 999, 2**31, 2**70])
async def test_a_stop_of_no_session_is_an_incident(business: Business, transaction_id: int) -> None:
    answer = await business.stop(transaction_id, 60, 2000, id_tag=TAG)
    assert (answer.session_id, answer.bill) == (None, None)
    assert answer.verdict is not None and answer.verdict.accepted
    (incident,) = await business.incidents()
    assert incident == f"orphan_stop: a stop arrived for session {transaction_id}, which is not known"


async def test_another_stations_stop_and_meter_value_change_nothing(business: Business) -> None:
    start = await business.start()
    other = await business.beside("lab-2")
    assert await other.meter(start.transaction_id, 5, 9000) is None
    assert (await other.stop(start.transaction_id, 6, 9000)).session_id is None
    unharmed = await business.session(start.session_id)
    assert (unharmed.state, unharmed.energy_wh) == (SessionState.RUNNING, 0)
    assert [incident.split(":")[0] for incident in await business.incidents()] == ["orphan_stop", "foreign_session"]
    assert "belongs to lab-1" in (await business.incidents())[0]


async def test_a_meter_value_of_another_connector_changes_nothing(business: Business) -> None:
    start = await business.start()
    assert await business.meter(start.transaction_id, 5, 9000, connector=2) is None
    assert (await business.session(start.session_id)).energy_wh == 0


@pytest.mark.parametrize("year", [1970, 2099])
async def test_an_impossible_clock_dates_by_receipt_and_makes_suspect(business: Business, year: int) -> None:
    wrong = datetime(year, 1, 1, tzinfo=UTC)
    start = await business.start(at=wrong)
    answer = await business.stop(start.transaction_id, 60, 2000, at=wrong)
    ended = await business.session(start.session_id)
    assert answer.bill is None
    assert (ended.state, ended.started_at, ended.ended_at) == (SessionState.SUSPECT, after(0), after(60))
    assert f"the station's clock said {year}-01-01" in ended.reasons[0]


@pytest.mark.parametrize("at", [FIRST_INSTANT, LAST_INSTANT])
async def test_the_ends_of_the_calendar_do_no_harm(business: Business, at: datetime) -> None:
    start = await business.start(at=at)
    report = MeterReport(1, start.transaction_id, (Sample(at, energy_wh=1500),))
    await business.do(sessions.metered, business.station.id, report, after(10))
    await business.stop(start.transaction_id, 60, 2000, at=at)
    ended = await business.session(start.session_id)
    assert (ended.state, ended.energy_wh) == (SessionState.SUSPECT, 1000)
    assert (await business.start(at=at)).session_id == start.session_id


async def test_samples_are_kept_once_and_completed(business: Business) -> None:
    start = await business.start()
    readings = [Sample(after(5), energy_wh=1500), Sample(after(5), power_w=7000), Sample(after(6), energy_wh=1600)]
    for samples in (readings, readings[::-1], [Sample(after(5), energy_wh=9, soc_percent=50)]):
        report = MeterReport(1, start.transaction_id, tuple(samples))
        await business.do(sessions.metered, business.station.id, report, after(10))
    columns = [meter_sample.c[name] for name in ("at", "energy_wh", "power_w", "soc_percent")]
    query = select(*columns).order_by(meter_sample.c["at"])
    kept = await business.db.read(lambda conn: [tuple(row) for row in conn.execute(query)])
    assert kept == [(after(5), 1500, 7000, 50), (after(6), 1600, None, None)]


async def test_a_stop_with_many_samples(business: Business) -> None:
    start = await business.start()
    samples = tuple(Sample(after(n / 60), energy_wh=1000 + n) for n in range(3000))
    answer = await business.stop(start.transaction_id, 60, 4000, samples=samples)
    assert answer.bill is not None and answer.bill.document.delivery.energy_wh == 3000


async def test_a_station_without_a_clock_still_shows_its_energy(business: Business) -> None:
    start = await business.start()
    sample = Sample(datetime(1970, 1, 1, 0, 5, tzinfo=UTC), energy_wh=2000)
    report = MeterReport(1, start.transaction_id, (sample,))
    await business.do(sessions.metered, business.station.id, report, after(10))
    assert (await business.session(start.session_id)).energy_wh == 1000


async def test_a_salvaged_stop_closes_and_waits_for_review(business: Business) -> None:
    start = await business.start()
    answer = await business.stop(start.transaction_id, 60, 2000, doubts=("reason was 'Foo'",))
    assert answer.bill is None
    assert (await business.session(start.session_id)).reasons == ("reason was 'Foo'",)


async def test_a_session_without_tariff_is_suspect_never_free(business: Business) -> None:
    bare = await business.beside("lab-2")
    await business.db.write(lambda conn: conn.execute(site.update().values(tariff_id=None)))
    start = await bare.start()
    assert "no tariff applies" in start.verdict.why
    assert (await bare.stop(start.transaction_id, 60, 2000)).bill is None
    ended = await bare.session(start.session_id)
    assert (ended.state, ended.cost_minor) == (SessionState.SUSPECT, None)
    assert "no tariff applied" in ended.reasons[0]


@pytest.mark.parametrize("wh", [10**13, -(10**13), 10**40])
async def test_a_register_beyond_any_meter_is_kept_out_of_the_database(business: Business, wh: int) -> None:
    start = await business.start(wh=wh)
    await business.meter(start.transaction_id, 5, wh, power_w=wh)
    await business.stop(start.transaction_id, 60, wh)
    ended = await business.session(start.session_id)
    assert (ended.state, ended.energy_wh) == (SessionState.SUSPECT, 0)


async def test_text_that_no_database_holds_is_replaced(business: Business) -> None:
    start = await business.start(id_tag="A\0\ud800é")
    answer = await business.stop(start.transaction_id, 60, 2000, reason="\0", id_tag="\0")
    assert answer.bill is None
    (reason,) = (await business.session(start.session_id)).reasons
    assert "1000 Wh were delivered although nobody knows the tag" in reason
    assert (await business.start(id_tag="A\0\ud800é")).session_id == start.session_id


@pytest.mark.parametrize("connector", [0, -1, 65, 2**40])
async def test_a_connector_that_cannot_be_costs_no_energy(business: Business, connector: int) -> None:
    start = await business.start(connector=connector)
    assert (await business.start(connector=connector)).session_id == start.session_id
    await business.meter(start.transaction_id, 30, 1500, connector=connector)
    await business.stop(start.transaction_id, 60, 2000)
    ended = await business.session(start.session_id)
    assert (ended.state, ended.connector, ended.energy_wh) == (SessionState.SUSPECT, 0, 1000)
    assert ended.reasons == (f"connector {connector} cannot be; look at the station's configuration",)
    assert [row.number for row in (await business.ask(overview.stations))[0].connectors] == [1, 2]


async def test_a_connector_nobody_listed_is_added(business: Business) -> None:
    start = await business.start(connector=3)
    assert (await business.session(start.session_id)).connector == 3
    assert [row.number for row in (await business.ask(overview.stations))[0].connectors] == [1, 2, 3]
