"""Whatever happens in whatever order, told twice or cut short anywhere: the books are whole and nobody pays twice."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, select

from cloud.db.database import Database
from cloud.db.queries import ledger_sums
from cloud.db.queries import sessions as session_rows
from cloud.db.tables import bill, session
from cloud.domain.accounts import Funds, PaymentTerms
from cloud.domain.corrections import Correction
from cloud.domain.errors import DomainError
from cloud.domain.ledger import Payment
from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport
from cloud.domain.sessions import SessionState
from cloud.services import accounts, ledger, reviews, sessions, stations, tags
from cloud.services.errors import ServiceError
from tests.cloud.conftest import NOON, TAG, furnish
from tests.ours import OURS

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
TAGS = {"ADA1": "Ada", "ADA2": "Ada", "FLEET": "Fleet", TAG: None}
STATIONS = 3

Pays = Callable[[Connection, int, str, Payment, datetime], object]


class Crash(Exception):
    """The program ends here: no statement of this unit of work gets through any more."""


class Undone(Exception):
    """Ends a unit of work that shall leave no trace."""


@dataclass(frozen=True)
class Step:
    """One thing that happens; `n` and `minor` say which and how much, `crash` after how many statements it ends."""

    what: str
    n: int
    minor: int
    crash: int | None


KINDS = ("start", "meter", "stop") * 2 + ("again", "top_up", "refund", "correct", "review", "settle")
CRASHES = st.integers(-90, 40).map(lambda n: n if n >= 0 else None)
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(KINDS),
        st.integers(0, 5),
        st.integers(1, 3000),
        CRASHES,
    ),
    min_size=6,
    max_size=25,
)


@dataclass
class Run:
    """A business in which things happen; what it paid in and out is counted beside the ledger."""

    conn: Connection
    now: datetime = NOON
    paid: dict[str, int] = field(default_factory=dict)
    opened: list[tuple[int, int, int]] = field(default_factory=list)  # station, transaction, register
    last: Callable[[], Any] | None = None

    def __post_init__(self) -> None:
        furnish(self.conn)
        self.places = [stations.add(self.conn, OURS, f"s-{n}", "", 1, NOON)[0].id for n in range(STATIONS)]
        accounts.add(self.conn, OURS, "Ada", NOON, terms=PaymentTerms.PREPAID, currency="EUR", hold_minor=300)
        accounts.add(self.conn, OURS, "Fleet", NOON, terms=PaymentTerms.POSTPAID, currency="EUR")
        for tag, name in TAGS.items():
            if name:
                tags.add(self.conn, OURS, tag, NOON)
                accounts.link(self.conn, OURS, tag, name, NOON)
        accounts.top_up(self.conn, OURS, "Ada", Payment("in 0", 1500), NOON)
        self.paid["Ada in 0"] = 1500

    def play(self, step: Step) -> None:
        """In a unit of work of its own, which may end anywhere."""
        self.now += timedelta(minutes=7)
        kept = (dict(self.paid), list(self.opened), self.last)
        statements = iter(range(10**6))

        def counted(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            if "SAVEPOINT" not in statement and step.crash is not None and next(statements) >= step.crash:
                raise Crash

        event.listen(self.conn, "before_cursor_execute", counted)
        try:
            with self.conn.begin_nested():
                getattr(self, step.what)(step)
        except (Crash, ServiceError, DomainError):
            self.paid, self.opened, self.last = kept
        finally:
            event.remove(self.conn, "before_cursor_execute", counted)

    def start(self, step: Step) -> None:
        place, tag = self.places[step.n % STATIONS], list(TAGS)[step.minor % len(TAGS)]
        report = StartReport(1, tag, step.minor, self.now)
        self._tell(lambda: sessions.started(self.conn, place, report, self.now))
        told = sessions.started(self.conn, place, report, self.now)
        self.opened.append((place, told.transaction_id, step.minor))

    def meter(self, step: Step) -> None:
        place, transaction, register = self._one(step)
        self.opened.append((place, transaction, register + 5 * step.minor))
        sample = Sample(self.now, energy_wh=register + 5 * step.minor, power_w=step.minor * 8)
        report = MeterReport(1, transaction, (sample,))
        self._tell(lambda: sessions.metered(self.conn, place, report, self.now))

    def stop(self, step: Step) -> None:
        place, transaction, register = self._one(step)
        report = StopReport(transaction, register + 5 * step.minor, self.now)
        self._tell(lambda: sessions.stopped(self.conn, place, report, self.now))

    def again(self, step: Step) -> None:
        if self.last is not None:
            self.last()

    def top_up(self, step: Step) -> None:
        self._pay(step, accounts.top_up, step.minor, f"in {step.n}")

    def refund(self, step: Step) -> None:
        self._pay(step, accounts.refund, -(step.minor // 4 + 1), f"out {step.n}")

    def correct(self, step: Step) -> None:
        correction = Correction("the meter was misread", energy_wh=5 * step.minor)
        reviews.correct(self.conn, self._any_session(step), correction, None, self.now)

    def review(self, step: Step) -> None:
        reviews.review(self.conn, self._any_session(step), bill=step.minor % 2 == 0, user_id=None, now=self.now)

    def settle(self, step: Step) -> None:
        """An hour later some transfers come into the sums that are kept."""
        self.now += ledger_sums.SETTLED
        ledger_sums.advance(self.conn, self.now, at_once=1 + step.n)

    def _tell(self, message: Callable[[], Any]) -> None:
        self.last = message
        message()

    def _one(self, step: Step) -> tuple[int, int, int]:
        if not self.opened:
            raise Crash
        return self.opened.pop(step.n % len(self.opened))

    def _any_session(self, step: Step) -> int:
        return 1 + step.n

    def _pay(self, step: Step, service: Pays, minor: int, reference: str) -> None:
        name = ("Ada", "Fleet")[step.n % 2]
        service(self.conn, OURS, name, Payment(reference, abs(minor)), self.now)
        self.paid[f"{name} {reference}"] = minor

    def check(self) -> None:
        assert ledger.check(self.conn, OURS) == []
        for name in ("Ada", "Fleet"):
            view = accounts.view(self.conn, OURS, name)
            found = view.funds
            paid_minor = sum(minor for key, minor in self.paid.items() if key.startswith(name))
            assert found.free_minor + found.held_minor - found.owed_minor == paid_minor - self._billed(view.account.id)
            assert min(found.free_minor, found.held_minor, found.owed_minor) >= 0
            assert min(found.free_minor, found.owed_minor) == 0
            assert not found.held_minor or self._unsettled(view.account.id)
        account, day = accounts.find(self.conn, OURS, "Ada"), timedelta(days=1)
        whole = accounts.statement(self.conn, account, NOON - day, self.now + day)
        assert whole.closing_minor == _net(accounts.view(self.conn, OURS, "Ada").funds)

    def _billed(self, account_id: int) -> int:
        joined = select(func.coalesce(func.sum(bill.c.gross_minor), 0)).join(session, session.c.id == bill.c.session_id)
        return int(self.conn.execute(joined.where(session.c.account_id == account_id)).scalar_one())

    def _unsettled(self, account_id: int) -> bool:
        found = (session_rows.by_id(self.conn, id) for id in self.conn.execute(select(session.c.id)).scalars())
        waits = (SessionState.FINISHED, SessionState.WRITTEN_OFF)
        return any(each and each.account_id == account_id and each.state not in waits for each in found)


def _net(of: Funds) -> int:
    return of.free_minor + of.held_minor - of.owed_minor


@dataclass(frozen=True)
class Player:
    """Plays steps on a real database and leaves no trace."""

    loop: asyncio.Runner
    db: Database

    def play(self, steps: list[Step]) -> None:
        def unit(conn: Connection) -> None:
            run = Run(conn)
            for step in steps:
                run.play(step)
            run.check()
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
            else:
                assert conn.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            raise Undone

        with pytest.raises(Undone):
            self.loop.run(self.db.write(unit))


@pytest.fixture
def player(database_url: str) -> Iterator[Player]:
    with asyncio.Runner() as loop:
        db = loop.run(Database.open(database_url, unhurried=True))  # a whole history is one unit of work
        yield Player(loop, db)
        loop.run(db.close())


@settings(UNHURRIED, max_examples=5)
@given(steps=STEPS)
def test_the_books_are_whole_whatever_happens(player: Player, steps: list[Step]) -> None:
    player.play(steps)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(UNHURRIED, max_examples=1000)
@given(steps=STEPS)
def test_the_books_are_whole_whatever_happens_at_length(player: Player, steps: list[Step]) -> None:
    player.play(steps)
