"""Parking has a price: a session waits for its car to leave, and costs the same in whatever order that is told."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from cloud.db.tables import connector_state
from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport
from cloud.domain.sessions import SessionState
from cloud.domain.stations import BootInfo, ConnectorStatus, StatusReport
from cloud.domain.tariffs import Dimension, Element, PriceComponent, Restrictions, Terms
from cloud.services import connectors, overview, registration, sessions, stations, tariffs
from tests.cloud.conftest import NOON, TAG, Business, after, furnish
from tests.cloud.services.test_any_order import RECEIVED, UNHURRIED, Deliverer, Outcome, deliverer
from tests.cloud.services.test_corrections import spoil
from tests.ours import OURS

__all__ = ["deliverer"]

A_DAY = 24 * 60
BY_HOUR = (PriceComponent(Dimension.PARKING_TIME, Decimal(6)),)
DEARER_LATER = (
    Element((PriceComponent(Dimension.ENERGY, Decimal(1)),), Restrictions(max_duration=900)),
    Element((PriceComponent(Dimension.ENERGY, Decimal(2)),)),
)
PARKING = Terms("EUR", (*DEARER_LATER, Element(BY_HOUR)), parking_grace_s=300)
"""1 EUR a kWh in the first quarter of an hour, then 2 EUR; 6 EUR an hour parked, after 5 minutes."""


@pytest.fixture
async def parked(business: Business) -> Business:
    """A business whose site asks for parking."""
    await business.do(tariffs.change, OURS, "standard", PARKING, after(-30))
    return business


async def show(business: Business, status: ConnectorStatus, minute: float, **options: Any) -> None:
    report = StatusReport(1, status, at=options.pop("at", after(minute)))
    await business.do(connectors.told, business.station.id, report, after(minute))


async def charged(business: Business) -> int:
    """A session of 1 kWh from 0 to 30 minutes, half of it in each quarter of an hour."""
    start = await business.start()
    await business.meter(start.transaction_id, 15, 1500)
    assert (await business.stop(start.transaction_id, 30, 2000)).bill is None
    return start.session_id


async def test_a_bill_waits_for_the_car_to_leave(parked: Business) -> None:
    id = await charged(parked)
    await show(parked, ConnectorStatus.FINISHING, 30)
    assert (await parked.session(id)).state is SessionState.AWAITING_UNPLUG
    await show(parked, ConnectorStatus.AVAILABLE, 65)
    ended = await parked.session(id)
    assert (ended.state, ended.cost_minor) == (SessionState.FINISHED, 50 + 100 + 300)
    assert ended.bill is not None


async def test_what_the_car_does_not_ask_for_is_parking_too_but_not_what_the_station_withholds(
    parked: Business,
) -> None:
    start = await parked.start()
    await parked.meter(start.transaction_id, 15, 1500)
    for minute, status in enumerate(("SUSPENDED_EV", "CHARGING", "SUSPENDED_EVSE")):
        await show(parked, ConnectorStatus[status], 15 * minute + 15)
    await parked.stop(start.transaction_id, 60, 2000)
    await show(parked, ConnectorStatus.AVAILABLE, 61)
    assert (await parked.session(start.session_id)).cost_minor == 50 + 100 + 100


async def test_a_car_that_left_before_the_stop_parks_nothing(parked: Business) -> None:
    start = await parked.start()
    await show(parked, ConnectorStatus.AVAILABLE, 29.9)
    bill = (await parked.stop(start.transaction_id, 30, 1000)).bill
    assert bill is not None and bill.gross_minor == 0


async def test_a_car_that_stays_pays_until_the_limit(parked: Business) -> None:
    id = await charged(parked)
    await show(parked, ConnectorStatus.FINISHING, 30)
    assert await parked.do(sessions.end_long_waits, after(29 + A_DAY)) == []
    await parked.do(sessions.end_long_waits, after(31 + A_DAY))
    ended = await parked.session(id)
    assert (ended.state, ended.cost_minor) == (SessionState.FINISHED, 150 + 600 * 24 - 50)
    await show(parked, ConnectorStatus.AVAILABLE, 32 + A_DAY)
    assert await parked.session(id) == ended


async def test_a_station_that_was_away_cannot_tell_when_the_car_left(parked: Business) -> None:
    id = await charged(parked)
    await show(parked, ConnectorStatus.FINISHING, 31)
    await parked.do(stations.went_offline, parked.station.id, "first", after(40))
    await parked.do(stations.came_online, parked.station.id, "second", after(100))
    await show(parked, ConnectorStatus.AVAILABLE, 100, at=None)
    ended = await parked.session(id)
    assert (ended.state, ended.cost_minor, ended.bill) == (SessionState.SUSPECT, 150, None)
    assert "nobody saw when the car left" in ended.reasons[0]


async def test_parking_that_cannot_be_priced_costs_the_station_nothing(parked: Business) -> None:
    id = await charged(parked)
    await parked.do(spoil)
    await parked.do(stations.went_offline, parked.station.id, "first", after(40))
    await parked.do(stations.came_online, parked.station.id, "second", after(100))
    await show(parked, ConnectorStatus.AVAILABLE, 100, at=None)
    assert (await parked.session(id)).state is SessionState.FINISHED
    (task,) = await parked.ask(overview.bills_put_off)
    assert "UnknownCurrency" in task.error


async def test_a_station_that_was_away_is_believed_if_it_tells_when(parked: Business) -> None:
    id = await charged(parked)
    await parked.do(stations.went_offline, parked.station.id, "first", after(40))
    await parked.do(sessions.end_long_waits, after(31 + A_DAY))
    assert (await parked.session(id)).state is SessionState.SUSPECT
    await parked.do(stations.came_online, parked.station.id, "second", after(40 + A_DAY))
    await show(parked, ConnectorStatus.AVAILABLE, 40 + A_DAY, at=after(65))
    ended = await parked.session(id)
    assert (ended.state, ended.cost_minor, ended.reasons) == (SessionState.FINISHED, 450, ())


@pytest.mark.parametrize(("minute", "state"), [(34, SessionState.FINISHED), (90, SessionState.SUSPECT)])
async def test_the_next_session_ends_the_wait(parked: Business, minute: int, state: SessionState) -> None:
    id = await charged(parked)
    await parked.start(minute, wh=2000)
    ended = await parked.session(id)
    assert (ended.state, ended.cost_minor) == (state, 150)


async def test_a_boot_alone_does_not_say_that_the_car_left(parked: Business) -> None:
    id = await charged(parked)
    await parked.do(registration.booted, parked.station.id, BootInfo("Bollard", "sim"), after(40))
    await show(parked, ConnectorStatus.FINISHING, 41)
    assert (await parked.session(id)).state is SessionState.AWAITING_UNPLUG
    await show(parked, ConnectorStatus.AVAILABLE, 65)
    assert (await parked.session(id)).cost_minor == 450


async def test_a_status_after_the_bill_makes_the_session_suspect_if_it_matters(parked: Business) -> None:
    id = await charged(parked)
    await show(parked, ConnectorStatus.AVAILABLE, 65)
    await show(parked, ConnectorStatus.AVAILABLE, 66)
    assert (await parked.session(id)).state is SessionState.FINISHED
    await show(parked, ConnectorStatus.AVAILABLE, 67, at=after(40))
    ended = await parked.session(id)
    assert (ended.state, ended.cost_minor) == (SessionState.SUSPECT, 150 + 50)
    assert "makes it 2.00 EUR, but 4.50 EUR were billed" in ended.reasons[0]


async def test_old_states_go_unless_they_price_a_session(parked: Business) -> None:
    await show(parked, ConnectorStatus.AVAILABLE, -50)
    await charged(parked)
    await show(parked, ConnectorStatus.AVAILABLE, 65)
    await show(parked, ConnectorStatus.PREPARING, 70)
    await parked.do(connectors.shorten, after(40 * A_DAY))
    assert [state.status for state in await parked.ask(kept, parked.station.id)] == ["Available"]


def kept(conn: Connection, station_id: int) -> list[Any]:
    return list(conn.execute(connector_state.select().where(connector_state.c.station_id == station_id)))


Told = tuple[str, float]
TOLD: tuple[Told, ...] = (
    *(("meter", minute) for minute in (10.0, 20.0)),
    *((str(status), minute) for status, minute in (("Charging", 0.1), ("SuspendedEV", 12.0), ("Charging", 22.0))),
    ("stop", 30.0),
    ("Finishing", 30.0),
    ("Available", 50.0),
)

PRICE = 170 + 260 + 50 + 150


def delivered(conn: Connection, script: list[Told]) -> tuple[Any, ...]:
    station = furnish(conn)
    tariffs.change(conn, OURS, "standard", PARKING, after(-30))
    start = StartReport(1, TAG, 0, NOON)
    transaction = sessions.started(conn, station.id, start, RECEIVED).transaction_id
    for (what, minute), second in zip(script, itertools.count(1), strict=False):
        now = RECEIVED.replace(second=second)
        if what == "meter":
            sample = Sample(after(minute), energy_wh=int(100 * minute) + 200)
            sessions.metered(conn, station.id, MeterReport(1, transaction, (sample,)), now)
        elif what == "stop":
            sessions.stopped(conn, station.id, StopReport(transaction, 3000, after(minute), raw={"n": 1}), now)
        else:
            connectors.told(conn, station.id, StatusReport(1, ConnectorStatus(what), at=after(minute)), now)
    (row,) = overview.ended_sessions(conn)
    return row.energy_wh, row.cost_minor, bool(row.bill), row.state is SessionState.SUSPECT


def price_in_order(deliverer: Deliverer, script: list[Told]) -> tuple[Any, ...]:
    def unit(conn: Connection) -> None:
        raise Outcome(delivered(conn, script))

    with pytest.raises(Outcome) as caught:
        deliverer.loop.run(deliverer.db.write(unit))
    (found,) = caught.value.args
    return tuple(found)


def same_price_in_any_order(deliverer: Deliverer, script: list[Told]) -> None:
    """1.7 kWh in the first 15 minutes, 1.3 kWh after; parked 5 of 10 minutes and 15 of 20.

    What comes after the bill makes the session suspect, with the right price beside it.
    """
    energy_wh, cost_minor, billed, _suspect = price_in_order(deliverer, script)
    assert (energy_wh, cost_minor, billed) == (3000, PRICE, True)


SCRIPTS = st.tuples(st.permutations(TOLD), st.lists(st.sampled_from(TOLD), max_size=4)).map(
    lambda two: [*two[0], *two[1]]
)


@settings(UNHURRIED, max_examples=5)
@given(script=SCRIPTS)
def test_any_order_of_what_is_told_gives_the_same_price(deliverer: Deliverer, script: list[Told]) -> None:
    same_price_in_any_order(deliverer, script)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(UNHURRIED, max_examples=500)
@given(script=SCRIPTS)
def test_any_order_of_what_is_told_gives_the_same_price_at_length(deliverer: Deliverer, script: list[Told]) -> None:
    same_price_in_any_order(deliverer, script)


def test_the_price_in_order(deliverer: Deliverer) -> None:
    assert price_in_order(deliverer, list(TOLD)) == (3000, PRICE, True, False)
