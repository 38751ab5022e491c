"""Bills, the ledger, and both for other programs."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import bills as bill_rows
from cloud.db.queries import books_checks, money_lists, places, signed
from cloud.db.queries import ledger as ledger_rows
from cloud.db.queries.money_lists import MovementSearch
from cloud.db.rows import Cut
from cloud.documents.receipt import Receipt
from cloud.documents.receipt import receipt as laid_out
from cloud.domain.bills import Bill
from cloud.domain.ledger import BooksCheck
from cloud.domain.people import Permission
from cloud.domain.signed import SignedValue
from cloud.domain.tags import masked
from cloud.languages.words import spoken
from cloud.services import books, statements
from cloud.services.bell import Topic
from cloud.services.errors import Malformed
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Handle, Kind
from cloud.web.api.problems import Refused
from cloud.web.api.shapes import office as shapes
from cloud.web.console.bills import Export
from cloud.web.downloads import exported, pdf, verbatim

LOOK, OFFICE_LOOK = Permission.LOOK, Permission.OFFICE_LOOK
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
LONGEST_EXPORT = timedelta(days=366)


def bills(conn: Connection, call: Call) -> Any:
    query, cut = call.query, Cut(call.limit, call.after)
    return bill_rows.listed(conn, call.scope, cut, session_id=query.session_id, since=query.since, until=query.until)


def bill(conn: Connection, call: Call) -> dict[str, Any]:
    """With its document, whose tag is masked."""
    found = own.bill(conn, call)
    told = {name: getattr(found, name) for name in shapes.BillTold.__struct_fields__}
    parties = replace(found.document.parties, id_tag=masked(found.document.parties.id_tag))
    return told | {"document": replace(found.document, parties=parties)}


def receipt(conn: Connection, call: Call) -> tuple[Bill, Receipt]:
    found = own.bill(conn, call)
    language = spoken(statements.wishes(conn, call.organisation_id, found.document.parties.buyer.account))
    return found, laid_out(found, places.default_time_zone(conn, call.organisation_id).key, language)


def signed_values(conn: Connection, call: Call) -> tuple[Bill, list[SignedValue]]:
    found = own.bill(conn, call)
    return found, signed.of_session(conn, found.session_id)


def balances(conn: Connection, call: Call) -> list[dict[str, Any]]:
    found = ledger_rows.balances_page(conn, call.organisation_id, Cut(call.limit, call.after))
    return [{"row": id, "of": each.of, "amount_minor": each.amount_minor} for id, each in found]


def movements(conn: Connection, call: Call) -> Any:
    query = call.query
    wanted = MovementSearch(query.kind, query.account_id, query.since, query.until)
    return money_lists.movements(conn, call.organisation_id, wanted, limit=call.limit + 1, before_id=call.after)


def movement(conn: Connection, call: Call) -> Any:
    found = money_lists.movement_by_id(conn, call.organisation_id, call.params["movement_id"])
    if found is None:
        raise Refused(404)
    return found


def check(conn: Connection, call: Call) -> BooksCheck:
    known = books_checks.latest(conn, call.organisation_id)
    if known is None:
        raise Refused(404, "The books were not checked yet; POST asks for it.")
    return known


def ask_check(conn: Connection, call: Call) -> BooksCheck:
    return books.ask(conn, call.organisation_id, call.now)


def export(*, ocpi: bool) -> Handle:
    """Finds the bills of the days that the query names, by the organisation's calendar."""

    def handle(conn: Connection, call: Call) -> Export:
        first, last = call.query.first, call.query.last
        if not EARLIEST <= first <= last <= LATEST or last - first > LONGEST_EXPORT:
            raise Malformed(f"first and last are the bounds of at most {LONGEST_EXPORT.days} days, in this order")
        name = f"bills-{first}-{last}"
        begin, end = _midnight(conn, call, first), _midnight(conn, call, last + timedelta(days=1))
        return Export(name, call.organisation_id, begin, end, ocpi)

    return handle


def _midnight(conn: Connection, call: Call, day: date) -> datetime:
    return datetime.combine(day, time(), places.default_time_zone(conn, call.organisation_id))


JSON, CSV, PDF = "application/json", "text/csv", "application/pdf"
ENDPOINTS = (
    Endpoint("GET", "/bills", "List bills and credit notes", LOOK, bills, shapes.Bill, Kind.PAGE, shapes.BillQuery),
    Endpoint("GET", "/bills/{number}", "Show a bill with everything on it", LOOK, bill, shapes.BillTold),
    Endpoint("GET", "/bills/{number}/pdf", "Get a bill as PDF", LOOK, receipt, make=pdf, media=PDF),
    Endpoint(
        "GET",
        "/bills/{number}/signed",
        "Get what the meter signed of its session (SampledValues of OCPP)",
        LOOK,
        signed_values,
        make=verbatim,
        media=JSON,
    ),
    Endpoint(
        "GET",
        "/exports/bills",
        "Get the bills of some days as CSV",
        OFFICE_LOOK,
        export(ocpi=False),
        query=shapes.DaysQuery,
        make=exported,
        media=CSV,
    ),
    Endpoint(
        "GET",
        "/exports/cdrs",
        "Get the bills of some days as CDRs (OCPI 2.2.1)",
        OFFICE_LOOK,
        export(ocpi=True),
        query=shapes.DaysQuery,
        make=exported,
        media=JSON,
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
    Endpoint(
        "GET",
        "/ledger/movements",
        "List movements of the books",
        OFFICE_LOOK,
        movements,
        shapes.Movement,
        Kind.PAGE,
        shapes.MovementQuery,
    ),
    Endpoint("GET", "/ledger/movements/{movement_id:int}", "Show a movement", OFFICE_LOOK, movement, shapes.Movement),
)
