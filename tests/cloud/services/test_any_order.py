"""Whatever is sent twice, late or out of order: the same sessions and bills as in the clean run."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from cloud.db.database import Database
from cloud.db.tables import bill, meter_sample, session, station
from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport
from cloud.domain.stations import BootInfo
from cloud.services import registration, sessions, stations, tags
from tests.cloud.conftest import NOON, after, furnish
from tests.ours import OURS

STATIONS = 2
CONNECTORS = 2
BOOT = -1
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
RECEIVED = after(24 * 60)


@dataclass(frozen=True)
class Visit:
    """One car: where, when it begins, and its register at begin, at each sample and at the end."""

    station: int
    connector: int
    minute: int
    registers: tuple[int, ...]

    @property
    def start(self) -> StartReport:
        return StartReport(self.connector, f"TAG{self.station}{self.connector}", self.registers[0], after(self.minute))

    def meter(self, transaction_id: int, n: int) -> MeterReport:
        sample = Sample(after(self.minute + n), energy_wh=self.registers[n], power_w=1000)
        return MeterReport(self.connector, transaction_id, (sample,))

    def stop(self, transaction_id: int) -> StopReport:
        last = len(self.registers) - 1
        return StopReport(transaction_id, self.registers[last], after(self.minute + last), raw={"n": last})


@dataclass(frozen=True, order=True)
class Message:
    """One transmission: a visit's start (0), one of its samples, its stop (the last), or a boot of its station."""

    key: float
    visit: int
    n: int


@st.composite
def days(draw: st.DrawFn) -> list[Visit]:
    """Visits one after the other on each connector."""
    found = []
    for number in range(STATIONS):
        for connector in range(1, CONNECTORS + 1):
            wh = draw(st.integers(0, 10_000))
            for n in range(draw(st.integers(0, 2))):
                steps = draw(st.lists(st.integers(0, 300), min_size=1, max_size=4))
                registers = [wh]
                for step in steps:
                    registers.append(wh := wh + step)
                found.append(Visit(number, connector, 10 * n, tuple(registers)))
    return found


@st.composite
def scripts(draw: st.DrawFn) -> tuple[list[Visit], list[Message]]:
    """Every message once, in any order after its start's first transmission, some of them again, and boots."""
    visits = draw(days())
    moments = st.floats(0, 1, allow_nan=False)
    messages = []
    for index, visit in enumerate(visits):
        begin = draw(moments)
        messages.append(Message(begin, index, 0))
        for n in range(1, len(visit.registers)):
            for _ in range(draw(st.integers(1, 2))):
                messages.append(Message(begin + draw(moments), index, n))
        for again in draw(st.lists(st.sampled_from([0, BOOT]), max_size=3)):
            messages.append(Message(begin + draw(moments), index, again))
    return visits, sorted(messages)


class Run:
    """One delivery of a script in a database that is rolled back afterwards."""

    def __init__(self, conn: Connection, visits: list[Visit]) -> None:
        self.conn = conn
        self.visits = visits
        furnish(conn)
        for number in range(STATIONS):
            for connector in range(1, CONNECTORS + 1):
                tags.add(conn, OURS, f"TAG{number}{connector}", NOON)
        self.stations = [stations.add(conn, OURS, f"s-{n}", "", CONNECTORS, NOON)[0].id for n in range(STATIONS)]
        self.transactions: dict[int, int] = {}

    def deliver(self, message: Message, received: int) -> None:
        visit, now = self.visits[message.visit], RECEIVED + timedelta(seconds=received)
        where = self.stations[visit.station]
        if message.n == BOOT:
            registration.booted(self.conn, where, BootInfo("Bollard", "sim"), now)
            return
        if message.n == 0:
            answer = sessions.started(self.conn, where, visit.start, now)
            assert self.transactions.setdefault(message.visit, answer.transaction_id) == answer.transaction_id
            return
        transaction = self.transactions[message.visit]
        sessions.metered(self.conn, where, visit.meter(transaction, message.n), now)
        if message.n == len(visit.registers) - 1:
            sessions.stopped(self.conn, where, visit.stop(transaction), now)

    def outcome(self) -> list[tuple[object, ...]]:
        """Each session with its bill, in no order of arrival; transaction ids and bill numbers may differ."""
        query = (
            select(
                station.c.identity,
                session.c.id_tag,
                session.c.started_at,
                session.c.ended_at,
                session.c.state,
                session.c.meter_start_wh,
                session.c.meter_stop_wh,
                session.c.energy_wh,
                session.c.cost_minor,
                bill.c.gross_minor,
            )
            .join(station, station.c.id == session.c.station_id)
            .outerjoin(bill, bill.c.session_id == session.c.id)
        )
        return sorted(tuple(row) for row in self.conn.execute(query))

    def samples(self) -> int:
        return len(self.conn.execute(select(meter_sample.c.id)).all())


class Outcome(Exception):
    """Carries the result out of a unit of work that shall leave no trace."""


@dataclass(frozen=True)
class Deliverer:
    """Plays scripts on a real database."""

    loop: asyncio.Runner
    db: Database

    def play(self, visits: list[Visit], messages: list[Message]) -> tuple[list[tuple[object, ...]], int]:
        def unit(conn: Connection) -> None:
            run = Run(conn, visits)
            for received, message in enumerate(messages):
                run.deliver(message, received)
            raise Outcome(run.outcome(), run.samples())

        with pytest.raises(Outcome) as caught:
            self.loop.run(self.db.write(unit))
        sessions, samples = caught.value.args
        return sessions, samples


@pytest.fixture
def deliverer(database_url: str) -> Iterator[Deliverer]:
    with asyncio.Runner() as loop:
        db = loop.run(Database.open(database_url, unhurried=True))  # a whole history is one unit of work
        yield Deliverer(loop, db)
        loop.run(db.close())


def same_in_any_order(deliverer: Deliverer, script: tuple[list[Visit], list[Message]]) -> None:
    visits, messages = script
    clean = [Message(0, index, n) for index, visit in enumerate(visits) for n in range(len(visit.registers))]
    disordered = deliverer.play(visits, messages)
    assert disordered == deliverer.play(visits, clean)
    assert len(disordered[0]) == len(visits)
    assert all(row[-1] is not None for row in disordered[0])


@settings(UNHURRIED, max_examples=6)
@given(script=scripts())
def test_duplicates_reordering_and_boots_change_nothing(
    deliverer: Deliverer, script: tuple[list[Visit], list[Message]]
) -> None:
    same_in_any_order(deliverer, script)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(UNHURRIED, max_examples=2000)
@given(script=scripts())
def test_duplicates_reordering_and_boots_change_nothing_at_length(
    deliverer: Deliverer, script: tuple[list[Visit], list[Message]]
) -> None:
    same_in_any_order(deliverer, script)
