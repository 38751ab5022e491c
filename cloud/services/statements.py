"""Monthly statements, and the bills that go to other programs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.queries import accounts as account_rows
from cloud.db.queries import bills, places, signed
from cloud.domain.accounts import Account
from cloud.domain.bills import Bill
from cloud.domain.signed import SignedValue
from cloud.domain.statements import MonthlyStatement, month
from cloud.services import accounts, organisations

AT_ONCE = 500


def monthly(conn: Connection, account: Account, when: str | datetime) -> MonthlyStatement:
    """The account's month, `2026-11` or that of a moment, by the organisation's calendar. Raises BadMonth."""
    zone = places.default_time_zone(conn, account.organisation_id)
    begin, end = month(when if isinstance(when, str) else f"{when.astimezone(zone):%Y-%m}", zone)
    return MonthlyStatement(
        account=account,
        seller=places.seller(conn, account.organisation_id),
        begin=begin,
        end=end,
        zone=zone.key,
        money=accounts.statement(conn, account, begin, end),
        bills=tuple(bills.issued_between(conn, account.id, begin, end)),
    )


def wishes(conn: Connection, organisation_id: int, account_id: int | None) -> list[str]:
    """In which language a driver reads bills: the account's own, else the organisation's."""
    account = account_rows.by_id(conn, account_id) if account_id is not None else None
    return wishes_of(conn, organisation_id, account if account and account.organisation_id == organisation_id else None)


def wishes_of(conn: Connection, organisation_id: int, account: Account | None) -> list[str]:
    """As `wishes`, of one of the organisation's accounts."""
    own = account.language if account else ""
    return [language for language in (own, organisations.choices(conn, organisation_id).language) if language]


@dataclass(frozen=True, slots=True)
class Told:
    """A bill for another program: with the organisation's country_code and party_id, and what the meter signed."""

    bill: Bill
    operator: tuple[str, str]
    signed: list[SignedValue]


async def between(
    db: Database, organisation_id: int, begin: datetime, end: datetime, at_once: int = AT_ONCE
) -> AsyncIterator[list[Told]]:
    """The organisation's bills issued in [begin, end), the earliest first, a page at a time."""
    first, last = await db.read(lambda conn: bills.numbers_between(conn, begin, end))
    while first <= last:

        def page(conn: Connection, first: int = first) -> list[Told]:
            found = bills.issued_from(conn, organisation_id, first, last, begin, end, at_once)
            operator = places.operator_ids(conn, organisation_id)
            values = signed.of_sessions(conn, {each.session_id for each in found})
            return [Told(each, operator, values[each.session_id]) for each in found]

        if not (told := await db.read(page)):
            return
        yield told
        first = told[-1].bill.id + 1
