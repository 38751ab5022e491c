"""Several stations' messages, lost, repeated, delayed, met by outages: the same bills as when all goes well."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from cloud.db.database import Database
from cloud.db.tables import bill, meter_sample, orphan_stop, session, station
from cloud.domain.stations import BootInfo
from cloud.ocpp import translation
from cloud.ocpp.inbound import refusal
from cloud.services import registration, sessions, stations, tags
from tests.cloud.conftest import NOON, furnish
from tests.cloud.services.histories import CONNECTORS, KNOWN, STATIONS, STRANGER, Message, Visit, queue, visits
from tests.cloud.services.test_any_order import RECEIVED, UNHURRIED, Outcome
from tests.ours import OURS

ENERGY = 8
Outcomes = list[tuple[Any, ...]]


class Fate(StrEnum):
    """What becomes of the next message of a station, or of all stations meanwhile."""

    WELL = "arrives and is answered"
    UNANSWERED = "arrives, but its answer is lost, so that it is sent again"
    OUTAGE = "meets a database that cannot commit"
    TWICE = "arrives twice"
    AGAIN = "arrives, and once more long after"
    RESTART = "the central system restarts"
    BOOT = "the station boots"
    LOOK = "the clock looks for sessions to close"
    OVERTAKE = "is overtaken by a later one"


IN_ORDER = sorted(set(Fate) - {Fate.OVERTAKE})


@dataclass
class Delivery:
    """The stations of one history, and the central system that they tell it to, in a transaction that is undone."""

    conn: Connection
    history: list[Visit]
    transactions: dict[int, int] = field(default_factory=dict)
    again: list[Message] = field(default_factory=list)
    seconds: int = 0

    def __post_init__(self) -> None:
        furnish(self.conn)
        for tag in KNOWN:
            tags.add(self.conn, OURS, tag, NOON)
        self.stations = [
            stations.add(self.conn, OURS, f"s-{number}", "", CONNECTORS, NOON)[0].id for number in range(STATIONS)
        ]
        self.queues = [queue(self.history, number) for number in range(STATIONS)]
        self.restart()

    @property
    def now(self) -> Any:
        self.seconds += 1
        return RECEIVED + timedelta(seconds=self.seconds)

    def restart(self) -> None:
        stations.all_offline(self.conn, self.now)
        for id in self.stations:
            stations.came_online(self.conn, id, f"epoch {self.seconds}", self.now)

    def send(self, message: Message) -> int | None:
        """What the central system makes of a message; the transaction id of its answer."""
        index, n = message
        visit = self.history[index]
        where = self.stations[visit.station]
        if n == 0:
            start = visit.start()
            report = translation.start_report(start, refusal("StartTransaction", start))
            return sessions.started(self.conn, where, report, self.now).transaction_id
        if n < visit.last:
            values = visit.meter(n, self.transactions[index])
            sessions.metered(
                self.conn, where, translation.meter_report(values, refusal("MeterValues", values)), self.now
            )
            return None
        stop = visit.stop(self.transactions[index])
        sessions.stopped(self.conn, where, translation.stop_report(stop, refusal("StopTransaction", stop)), self.now)
        return None

    def answered(self, message: Message) -> None:
        transaction_id = self.send(message)
        if transaction_id is not None:
            assert self.transactions.setdefault(message[0], transaction_id) == transaction_id

    def overtaking(self, waiting: deque[Message]) -> Message:
        return next((each for each in list(waiting)[1:] if each[1] and each[0] in self.transactions), waiting[0])

    def meet(self, number: int, fate: Fate) -> None:
        waiting = self.queues[number]
        if fate is Fate.RESTART:
            self.restart()
        elif fate is Fate.BOOT:
            registration.booted(self.conn, self.stations[number], BootInfo("Bollard", "sim"), self.now)
        elif fate is Fate.LOOK:
            assert sessions.close_overdue(self.conn, self.now) == []
        elif waiting:
            self.transmit(waiting, fate)

    def transmit(self, waiting: deque[Message], fate: Fate) -> None:
        message = self.overtaking(waiting) if fate is Fate.OVERTAKE else waiting[0]
        if fate is Fate.OUTAGE:
            with undone(self.conn):
                self.send(message)
            return
        if fate is Fate.UNANSWERED:
            self.send(message)
            return
        if fate is Fate.TWICE:
            self.send(message)
        if fate is Fate.AGAIN:
            self.again.append(message)
        self.answered(message)
        waiting.remove(message)

    def finish(self) -> None:
        for waiting in self.queues:
            while waiting:
                self.answered(waiting.popleft())
        for message in self.again:
            self.answered(message)

    def outcome(self) -> tuple[Outcomes, int, int]:
        """Each session with its bill, in no order of arrival; how many samples and orphans there are."""
        told = ("id_tag", "started_at", "ended_at", "ended_by", "state", "meter_start_wh", "meter_stop_wh")
        columns = [session.c[name] for name in (*told, "energy_wh", "findings")]
        query = select(station.c.identity, *columns, bill.c.gross_minor).join(station).outerjoin(bill)
        kept = self.conn.execute(select(meter_sample.c.id)).all()
        lost = self.conn.execute(select(orphan_stop.c.id)).all()
        return sorted((tuple(row) for row in self.conn.execute(query)), key=str), len(kept), len(lost)


@contextmanager
def undone(conn: Connection) -> Iterator[None]:
    savepoint = conn.begin_nested()
    yield
    savepoint.rollback()


@dataclass(frozen=True)
class Central:
    loop: asyncio.Runner
    db: Database

    def told(self, history: list[Visit], fates: list[tuple[int, Fate]]) -> tuple[Outcomes, int, int]:
        def unit(conn: Connection) -> None:
            delivery = Delivery(conn, history)
            for number, fate in fates:
                delivery.meet(number, fate)
            delivery.finish()
            raise Outcome(delivery.outcome())

        with pytest.raises(Outcome) as caught:
            self.loop.run(self.db.write(unit))
        outcome: tuple[Outcomes, int, int] = caught.value.args[0]
        return outcome


@contextmanager
def central(url: str) -> Iterator[Central]:
    with asyncio.Runner() as loop:
        db = loop.run(Database.open(url))
        yield Central(loop, db)
        loop.run(db.close())


def the_same_however_delivered(url: str, examples: int, fates: list[Fate], *, odd_meters: bool) -> None:
    """Histories delivered badly end as if delivered well; unless a meter was odd, all known tags are billed."""
    met = st.lists(st.tuples(st.integers(0, STATIONS - 1), st.sampled_from(fates)), max_size=40)
    with central(url) as server:

        @settings(UNHURRIED, max_examples=examples)
        @given(history=visits(odd_meters=odd_meters), met=met)
        def check(history: list[Visit], met: list[tuple[int, Fate]]) -> None:
            well = server.told(history, [])
            assert server.told(history, met) == well
            rows, _samples, orphans = well
            assert (len(rows), orphans) == (len(history), 0)
            energies = sorted(visit.measured.energy_wh for visit in history)
            assert sorted(row[ENERGY] for row in rows) == energies
            doubtful = [visit for visit in history if visit.tag == STRANGER or visit.measured.findings]
            assert [row[-1] for row in rows].count(None) == len(doubtful)

        check()


CASES = pytest.mark.parametrize(
    ("fates", "odd_meters"), [(IN_ORDER, True), (list(Fate), False)], ids=["odd-meters", "out-of-order"]
)


@CASES
def test_the_same_on_sqlite(sqlite_url: str, fates: list[Fate], odd_meters: bool) -> None:
    the_same_however_delivered(sqlite_url, 6, fates, odd_meters=odd_meters)


@CASES
def test_the_same_on_postgresql(postgres_url: str, fates: list[Fate], odd_meters: bool) -> None:
    the_same_however_delivered(postgres_url, 4, fates, odd_meters=odd_meters)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@CASES
def test_the_same_at_length(sqlite_url: str, fates: list[Fate], odd_meters: bool) -> None:
    the_same_however_delivered(sqlite_url, 1500, fates, odd_meters=odd_meters)
