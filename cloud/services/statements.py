"""Monthly statements, and the bills that go to other programs."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import bills, places, signed
from cloud.domain.accounts import Account
from cloud.domain.bills import Bill
from cloud.domain.signed import SignedValue
from cloud.domain.statements import MonthlyStatement, month
from cloud.services import accounts


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
        bills=tuple(bills.issued_between(conn, account.organisation_id, begin, end, account_id=account.id)),
    )


def with_signed_values(
    conn: Connection, organisation_id: int, begin: datetime, end: datetime
) -> list[tuple[Bill, tuple[str, str], list[SignedValue]]]:
    """As `between`, each with the organisation's country_code and party_id, and what the meter signed."""
    operator, found = places.operator_ids(conn, organisation_id), between(conn, organisation_id, begin, end)
    return [(bill, operator, signed.of_session(conn, bill.session_id)) for bill in found]


def between(conn: Connection, organisation_id: int, begin: datetime, end: datetime) -> list[Bill]:
    """The organisation's bills issued from `begin` on and before `end`, the earliest first."""
    return bills.issued_between(conn, organisation_id, begin, end)
