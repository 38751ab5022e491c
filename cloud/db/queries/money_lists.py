"""Bills and movements as one looks for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, or_, select

from cloud.db.queries import ledger
from cloud.db.queries.holders import holder
from cloud.db.queries.narrowing import narrowed, unindexed, within
from cloud.db.queries.scoping import seen
from cloud.db.rows import every
from cloud.db.tables import account, bill, bill_series, ledger_account, movement, session, station, transfer
from cloud.domain.bills import BillKind, spans
from cloud.domain.ledger import MovementKind, Transfer
from cloud.domain.people import Scope


@dataclass(frozen=True, slots=True)
class BillSearch:
    """What is looked for: the number's beginning, a part of the station's identity, issued in [begin, end)."""

    kind: str | None = None
    number: str | None = None
    station: str | None = None
    driver: str | None = None
    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill in a list."""

    id: int
    number: str
    kind: BillKind
    issued_at: datetime
    session_id: int
    identity: str
    id_tag: str
    account_id: int | None
    driver: str | None
    holder: str | None
    gross_minor: int
    currency: str
    corrects: str | None


@dataclass(frozen=True, slots=True)
class MovementSearch:
    """What is looked for: movements of a kind, of an account, in [begin, end)."""

    kind: str | None = None
    account_id: int | None = None
    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class MovementRow:
    """A movement of the ledger with its transfers."""

    id: int
    key: str
    kind: MovementKind
    at: datetime
    session_id: int | None
    transfers: tuple[Transfer, ...]


def bills(
    conn: Connection, wanted: BillSearch, scope: Scope, *, limit: int, before_id: int | None = None
) -> list[BillRow]:
    """The newest first."""
    query = (
        select(
            *(bill.c[name] for name in ("id", "number", "kind", "issued_at", "session_id", "gross_minor", "currency")),
            *(bill.c.corrects, station.c.identity, session.c.id_tag, session.c.account_id),
            account.c.name.label("driver"),
            holder(),
        )
        .join(session, session.c.id == bill.c.session_id)
        .join(station, station.c.id == session.c.station_id)
        .outerjoin(account, account.c.id == session.c.account_id)
        .where(seen(scope), *_bill_conditions(conn, wanted, scope))
        .order_by(bill.c.id.desc())
        .limit(limit)
    )
    query = query if before_id is None else query.where(bill.c.id < before_id)
    return every(conn, query, lambda row: BillRow(**{**row._mapping, "kind": BillKind(row.kind)}))


def movements(
    conn: Connection, organisation_id: int, wanted: MovementSearch, *, limit: int, before_id: int | None = None
) -> list[MovementRow]:
    """The newest first."""
    own = unindexed(movement.c.organisation_id) == organisation_id
    query = select(movement).where(own, *_movement_conditions(wanted))
    query = query if before_id is None else query.where(movement.c.id < before_id)
    return _movements(conn, query.order_by(movement.c.id.desc()).limit(limit))


def movement_by_id(conn: Connection, organisation_id: int, id: int) -> MovementRow | None:
    query = select(movement).where(movement.c.organisation_id == organisation_id, movement.c.id == id)
    return next(iter(_movements(conn, query)), None)


def _movements(conn: Connection, query: Select[Any]) -> list[MovementRow]:
    rows = conn.execute(query).all()
    moved = ledger.transfers(conn, [row.id for row in rows])
    return [MovementRow(row.id, row.key, MovementKind(row.kind), row.at, row.session_id, moved[row.id]) for row in rows]


def _movement_conditions(wanted: MovementSearch) -> Iterator[ColumnElement[bool]]:
    if wanted.kind is not None:
        yield movement.c.kind == wanted.kind
    if wanted.account_id is not None:
        own = select(ledger_account.c.id).where(ledger_account.c.account_id == wanted.account_id)
        sides = (transfer.c.debit_id.in_(own), transfer.c.credit_id.in_(own))
        yield or_(*(movement.c.id.in_(select(transfer.c.movement_id).where(side)) for side in sides))
    yield from within(movement.c.id, movement.c["at"], wanted.begin, wanted.end)


def _bill_conditions(conn: Connection, wanted: BillSearch, scope: Scope) -> Iterator[ColumnElement[bool]]:
    yield from within(bill.c.id, bill.c.issued_at, wanted.begin, wanted.end)
    if wanted.kind is not None:
        yield bill.c.kind == wanted.kind
    if wanted.number is not None:
        yield narrowed(
            conn,
            bill.c.id,
            select(bill.c.id).where(*_numbered(wanted.number.upper(), scope)),
            bill.c.number.istartswith(wanted.number, autoescape=True),
        )
    if narrow := list(_sessions(wanted, scope)):
        by_index, by_row = zip(*narrow, strict=True)
        yield narrowed(conn, session.c.id, select(session.c.id).where(*by_index), and_(*by_row))


def _sessions(wanted: BillSearch, scope: Scope) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    """Which sessions, along an index and as a condition on the joined row."""
    if wanted.station is not None or scope.site_ids is not None:
        there = seen(scope)
        if wanted.station is not None:
            there &= station.c.identity.icontains(wanted.station, autoescape=True)
        yield session.c.station_id.in_(select(station.c.id).where(there)), there
    if wanted.driver is not None:
        named = account.c.name.icontains(wanted.driver, autoescape=True)
        yield session.c.account_id.in_(select(account.c.id).where(named)), named


def _numbered(beginning: str, scope: Scope) -> Iterator[ColumnElement[bool]]:
    """Numbers that begin so: a series, or the beginning of one, or some numbers of it."""
    if scope.organisation_id is not None:
        yield bill.c.organisation_id == scope.organisation_id
    series, dash, digits = beginning.partition("-")
    name = bill_series.c.series
    yield bill.c.series.in_(select(name).where(name == series if dash else name.startswith(series, autoescape=True)))
    if digits:
        yield or_(false(), *(bill.c.series_number.between(*span) for span in spans(digits)))
