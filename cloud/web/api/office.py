"""Tags, accounts, tariffs, bills and the ledger; incidents."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import accounts as account_rows
from cloud.db.queries import bills as bill_rows
from cloud.db.queries import books_checks, places
from cloud.db.queries import incidents as incident_rows
from cloud.db.queries import ledger as ledger_rows
from cloud.db.queries import tags as tag_rows
from cloud.db.queries import tariffs as tariff_rows
from cloud.db.rows import Cut
from cloud.documents.receipt import Receipt
from cloud.documents.receipt import receipt as laid_out
from cloud.domain import ocpi_tariffs
from cloud.domain.bills import Bill
from cloud.domain.ledger import BooksCheck
from cloud.domain.people import Permission
from cloud.domain.tags import Tag, masked
from cloud.domain.tariffs import TariffVersion
from cloud.services import accounts, books, statements
from cloud.services.bell import Topic
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind
from cloud.web.api.problems import Refused
from cloud.web.api.shapes import office as shapes
from cloud.web.api.shapes.places import Incident, OfStation
from cloud.web.downloads import pdf

LOOK, OFFICE_LOOK = Permission.LOOK, Permission.OFFICE_LOOK
_ACCOUNT = "/accounts/{account_id:int}"


def shown_tag(tag: Tag) -> dict[str, Any]:
    """A tag as it is told: with its group's number."""
    told = {name: getattr(tag, name) for name in shapes.Tag.__struct_fields__ if name != "group_id"}
    return told | {"group_id": tag.group.id if tag.group else None}


def tags(conn: Connection, call: Call) -> list[dict[str, Any]]:
    cut = Cut(call.limit, call.after)
    return [shown_tag(tag) for tag in tag_rows.listed(conn, call.organisation_id, cut, call.query.id_tag)]


def tag(conn: Connection, call: Call) -> dict[str, Any]:
    return shown_tag(own.tag(conn, call))


def account_page(conn: Connection, call: Call) -> Any:
    return account_rows.page_of(conn, call.organisation_id, Cut(call.limit, call.after))


def account(conn: Connection, call: Call) -> Any:
    return accounts.view(conn, call.organisation_id, own.account(conn, call).name)


def statement(conn: Connection, call: Call) -> dict[str, Any]:
    account = own.account(conn, call)
    told = statements.monthly(conn, account, call.query.month or call.now)
    bounds = {"begin": told.begin, "end": told.end, "currency": account.currency}
    money = {name: getattr(told.money, name) for name in ("opening_minor", "entries", "closing_minor")}
    return {**bounds, **money, "bills": [bill.number for bill in told.bills]}


def shown_tariff(version: TariffVersion) -> dict[str, Any]:
    """A tariff as it is told: in OCPI's terms."""
    told = {"id": version.tariff_id, "name": version.name, "version": version.number}
    valid = {"valid_from": version.valid_from, "valid_until": version.valid_until}
    rest = {"currency": version.terms.currency, "ocpi": ocpi_tariffs.write(version)}
    return told | valid | rest


def tariffs(conn: Connection, call: Call) -> list[dict[str, Any]]:
    return [shown_tariff(version) for version in tariff_rows.newest(conn, call.organisation_id)]


def tariff(conn: Connection, call: Call) -> dict[str, Any]:
    return shown_tariff(own_tariff(conn, call))


def own_tariff(conn: Connection, call: Call) -> TariffVersion:
    """The newest version of the path's tariff; 404 when there is none."""
    known = {version.tariff_id: version for version in tariff_rows.newest(conn, call.organisation_id)}
    if call.params["tariff_id"] not in known:
        raise Refused(404)
    return known[call.params["tariff_id"]]


def bills(conn: Connection, call: Call) -> Any:
    query, cut = call.query, Cut(call.limit, call.after)
    return bill_rows.listed(conn, call.scope, cut, session_id=query.session_id, since=query.since, until=query.until)


def bill(conn: Connection, call: Call) -> dict[str, Any]:
    return shown_bill(own.bill(conn, call))


def shown_bill(found: Bill) -> dict[str, Any]:
    """A bill with its document, whose tag is masked."""
    told = {name: getattr(found, name) for name in shapes.BillTold.__struct_fields__}
    parties = replace(found.document.parties, id_tag=masked(found.document.parties.id_tag))
    return told | {"document": replace(found.document, parties=parties)}


def bill_receipt(conn: Connection, call: Call) -> tuple[Bill, Receipt]:
    found = own.bill(conn, call)
    return found, laid_out(found, places.default_time_zone(conn, call.organisation_id).key)


def balances(conn: Connection, call: Call) -> list[dict[str, Any]]:
    found = ledger_rows.balances_page(conn, call.organisation_id, Cut(call.limit, call.after))
    return [{"row": id, "of": each.of, "amount_minor": each.amount_minor} for id, each in found]


def check(conn: Connection, call: Call) -> BooksCheck:
    known = books_checks.latest(conn, call.organisation_id)
    if known is None:
        raise Refused(404, "The books were not checked yet; POST asks for it.")
    return known


def ask_check(conn: Connection, call: Call) -> BooksCheck:
    return books.ask(conn, call.organisation_id, call.now)


def incidents(conn: Connection, call: Call) -> Any:
    return incident_rows.listed(conn, call.scope, Cut(call.limit, call.after), own.asked_station(conn, call))


ENDPOINTS = (
    Endpoint("GET", "/tags", "List tags", OFFICE_LOOK, tags, shapes.Tag, Kind.PAGE, shapes.TagQuery),
    Endpoint("GET", "/tags/{tag_id:int}", "Show a tag", OFFICE_LOOK, tag, shapes.Tag),
    Endpoint("GET", "/accounts", "List drivers' accounts", OFFICE_LOOK, account_page, shapes.Account, Kind.PAGE),
    Endpoint("GET", _ACCOUNT, "Show an account with its money and tags", OFFICE_LOOK, account, shapes.AccountTold),
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
        "GET", "/tariffs", "List tariffs, each in its newest version", OFFICE_LOOK, tariffs, shapes.Tariff, Kind.ALL
    ),
    Endpoint("GET", "/tariffs/{tariff_id:int}", "Show a tariff", OFFICE_LOOK, tariff, shapes.Tariff),
    Endpoint("GET", "/bills", "List bills and credit notes", LOOK, bills, shapes.Bill, Kind.PAGE, shapes.BillQuery),
    Endpoint("GET", "/bills/{number}", "Show a bill with everything on it", LOOK, bill, shapes.BillTold),
    Endpoint(
        "GET",
        "/bills/{number}/pdf",
        "Get a bill as PDF",
        LOOK,
        bill_receipt,
        make=pdf,
        media="application/pdf",
    ),
    Endpoint(
        "GET",
        "/ledger/balances",
        "List what each column of the books comes to",
        OFFICE_LOOK,
        balances,
        shapes.Balance,
        Kind.PAGE,
    ),
    Endpoint("GET", "/ledger/check", "Show the latest check of the books", OFFICE_LOOK, check, shapes.Check),
    Endpoint(
        "POST",
        "/ledger/check",
        "Ask for a check of the books",
        Permission.OFFICE,
        ask_check,
        shapes.Check,
        status=202,
        topics=(Topic.BOOKS,),
    ),
    Endpoint("GET", "/incidents", "List oddities", LOOK, incidents, Incident, Kind.PAGE, OfStation),
)
