"""The check of the books: everything recomputed from its rows, a stretch at a time, aside from what goes on."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.db.queries import books_checks as rows
from cloud.db.queries import ledger, ledger_check
from cloud.domain.ledger import ASSETS, BooksCheck
from cloud.domain.money import format_minor
from cloud.services.bell import Bell, Topic

MOST_TOLD = 100
BEAT_S = 1.0
POLL_S = 2.0
LOST_AFTER = timedelta(minutes=1)
"""Who works at a check says so every second; after such a silence another begins it again."""
Look = Callable[[Connection, int, int, int], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of one table, after one number and up to another, that are looked at together."""

    look: Look
    after: int
    upto: int

    def wrong(self, conn: Connection, organisation_id: int) -> list[str]:
        return list(self.look(conn, organisation_id, self.after, self.upto))


def stretches(conn: Connection) -> list[Stretch]:
    """What is looked at one after the other; as long as the check lasts, what is added later is not looked at."""
    last = ledger_check.newest(conn)
    walks = (
        Stretch(look, after, min(after + at_once, last[table]))
        for look, table, at_once in _WALKS
        for after in range(0, last[table], at_once)
    )
    return [*walks, Stretch(_astray, 0, 0)]


def ask(conn: Connection, organisation_id: int, now: datetime) -> BooksCheck:
    """Wants the books checked; one that is under way goes on."""
    known = rows.latest(conn, organisation_id)
    if known is None or known.ended_at is not None:
        rows.ask(conn, organisation_id, now)
        known = BooksCheck(now)
    return known


async def checked(db: Database, organisation_id: int) -> AsyncIterator[tuple[int, list[str]]]:
    """A read for every stretch: how much is done, in percent, and what does not fit so far.

    One finding more than is told says that there are more.
    """
    wrong = list[str]()
    planned = await db.read(stretches)
    for number, stretch in enumerate(planned, start=1):
        wrong += await db.read(partial(stretch.wrong, organisation_id=organisation_id))
        del wrong[MOST_TOLD + 1 :]
        yield 100 * number // len(planned), wrong


async def run(db: Database, bell: Bell, now: Callable[[], datetime]) -> None:
    """Work at the checks that are asked for, here or at another process of the same database, until cancelled."""
    while True:
        with suppress(Unavailable):
            await work(db, bell, now)
        await asyncio.sleep(POLL_S)


async def work(db: Database, bell: Bell, now: Callable[[], datetime]) -> None:
    """Every check that nobody works at."""
    while (own := await db.read(lambda conn: rows.waiting(conn, now() - LOST_AFTER))) is not None:
        began = now()
        if await db.write(partial(rows.claim, organisation_id=own, beat_before=began - LOST_AFTER, now=began)):
            await _carry_out(db, own, bell, now)


async def _carry_out(db: Database, organisation_id: int, bell: Bell, now: Callable[[], datetime]) -> None:
    told, found = time.monotonic(), list[str]()
    async for percent, wrong in checked(db, organisation_id):
        found = wrong
        if time.monotonic() - told > BEAT_S:
            told = time.monotonic()
            await _note(db, organisation_id, bell, beat_at=now(), percent=percent)
    ended: dict[str, Any] = {"wrong": found[:MOST_TOLD], "more": len(found) > MOST_TOLD}
    await _note(db, organisation_id, bell, ended_at=now(), percent=100, **ended)


async def _note(db: Database, organisation_id: int, bell: Bell, **values: Any) -> None:
    await db.write(lambda conn: rows.update(conn, organisation_id, values))
    bell.ring(Topic.BOOKS)


def _sums(conn: Connection, organisation_id: int, after: int, upto: int) -> Iterator[str]:
    for id, kept, true in ledger_check.missummed(conn, organisation_id, after, upto):
        yield f"the sum kept of ledger account {id} is {kept}, its transfers come to {true}"


def _movements(conn: Connection, organisation_id: int, after: int, upto: int) -> Iterator[str]:
    for key, wrong in ledger_check.broken(conn, organisation_id, after, upto):
        yield f"movement {key!r} {wrong}"


def _transfers(conn: Connection, organisation_id: int, after: int, upto: int) -> Iterator[str]:
    if lost := ledger_check.stray(conn, after, upto):
        yield f"{lost} transfers belong to no movement"


def _bills(conn: Connection, organisation_id: int, after: int, upto: int) -> Iterator[str]:
    for number, told, posted in ledger_check.misposted(conn, organisation_id, after, upto):
        yield f"bill {number} says {told}, the ledger {posted}"


def _sessions(conn: Connection, organisation_id: int, after: int, upto: int) -> Iterator[str]:
    for id in ledger_check.forgotten_holds(conn, organisation_id, after, upto):
        yield f"session {id} has ended, and money is still put aside for it"
    for id in ledger_check.unbilled(conn, organisation_id, after, upto):
        yield f"session {id} is finished and has no bill"


def _astray(conn: Connection, organisation_id: int, _after: int, _upto: int) -> Iterator[str]:
    """Books that do not sum to zero, and wallets with less than nothing in them."""
    totals = Counter[str]()
    for each in ledger.totals(conn, organisation_id):
        totals[each.of.currency] += each.amount_minor * (1 if each.of.kind in ASSETS else -1)
    for currency, minor in totals.items():
        if minor:
            yield f"all accounts in {currency} sum to {minor} instead of 0"
    for each in ledger.overdrawn(conn, organisation_id):
        amount = format_minor(each.amount_minor, each.of.currency)
        yield f"the {each.of.kind} of account {each.of.account_id} is {amount}"


_WALKS: tuple[tuple[Look, str, int], ...] = (
    (_sums, "ledger_account", 200),
    (_movements, "movement", 10_000),
    (_transfers, "transfer", 50_000),
    (_bills, "bill", 10_000),
    (_sessions, "session", 10_000),
)
"""What is looked at in which table, and how many rows at once."""
