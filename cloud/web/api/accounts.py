"""Accounts: drivers, what they paid in and get back, and their months."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import accounts as rows
from cloud.db.rows import Cut
from cloud.documents.statement import StatementPage, statement_page
from cloud.domain.accounts import Account
from cloud.domain.ledger import Payment
from cloud.domain.people import Permission
from cloud.services import accounts, statements
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind, given
from cloud.web.api.shapes import office as shapes
from cloud.web.downloads import statement_file

OFFICE, OFFICE_LOOK = Permission.OFFICE, Permission.OFFICE_LOOK


def listed(conn: Connection, call: Call) -> Any:
    return rows.page_of(conn, call.organisation_id, Cut(call.limit, call.after))


def one(conn: Connection, call: Call) -> Any:
    return accounts.view(conn, call.organisation_id, own.account(conn, call).name)


def add(conn: Connection, call: Call) -> Account:
    values = given(call.body)
    return accounts.add(conn, call.organisation_id, values.pop("name"), call.now, user_id=call.user_id, **values)


def change(conn: Connection, call: Call) -> Account:
    return accounts.change(conn, own.account(conn, call), given(call.body), call.now, user_id=call.user_id)


def pay(do: Callable[..., Account]) -> Callable[[Connection, Call], Any]:
    """Notes money that came in, or that went back."""

    def handle(conn: Connection, call: Call) -> Any:
        name = own.account(conn, call).name
        payment = Payment(call.body.reference, call.body.amount_minor)
        do(conn, call.organisation_id, name, payment, call.now, user_id=call.user_id)
        return accounts.view(conn, call.organisation_id, name)

    return handle


def statement(conn: Connection, call: Call) -> dict[str, Any]:
    account = own.account(conn, call)
    told = statements.monthly(conn, account, call.query.month or call.now)
    bounds = {"begin": told.begin, "end": told.end, "currency": account.currency}
    money = {name: getattr(told.money, name) for name in ("opening_minor", "entries", "closing_minor")}
    return {**bounds, **money, "bills": [bill.number for bill in told.bills]}


def statement_pdf(conn: Connection, call: Call) -> tuple[Account, StatementPage, datetime]:
    account = own.account(conn, call)
    told = statements.monthly(conn, account, call.query.month or call.now)
    return account, statement_page(told), told.end


_ACCOUNT = "/accounts/{account_id:int}"


def _paid(path: str, summary: str, do: Callable[..., Account]) -> Endpoint:
    told, paid = shapes.AccountTold, shapes.Payment
    return Endpoint("POST", f"{_ACCOUNT}/{path}", summary, OFFICE, pay(do), told, takes=paid, status=201, once=True)


ENDPOINTS = (
    Endpoint("GET", "/accounts", "List drivers' accounts", OFFICE_LOOK, listed, shapes.Account, Kind.PAGE),
    Endpoint(
        "POST",
        "/accounts",
        "Add a driver's account",
        OFFICE,
        add,
        shapes.Account,
        takes=shapes.NewAccount,
        status=201,
        once=True,
    ),
    Endpoint("GET", _ACCOUNT, "Show an account with its money and tags", OFFICE_LOOK, one, shapes.AccountTold),
    Endpoint("PATCH", _ACCOUNT, "Change an account", OFFICE, change, shapes.Account, takes=shapes.AccountChange),
    _paid("top-ups", "Note money that came in", accounts.top_up),
    _paid("refunds", "Note money that went back", accounts.refund),
    Endpoint(
        "GET",
        f"{_ACCOUNT}/statement",
        "Show a month of an account",
        OFFICE_LOOK,
        statement,
        shapes.Statement,
        query=shapes.MonthQuery,
    ),
    Endpoint(
        "GET",
        f"{_ACCOUNT}/statement/pdf",
        "Get a month of an account as PDF",
        OFFICE_LOOK,
        statement_pdf,
        query=shapes.MonthQuery,
        make=statement_file,
        media="application/pdf",
    ),
)
