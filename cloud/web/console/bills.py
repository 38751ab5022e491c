"""Bills: found, read, exported; and the ledger in which they are posted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import bills, books_checks, money_lists, places, signed
from cloud.db.queries import ledger as ledger_rows
from cloud.db.queries.money_lists import BillRow, BillSearch, MovementRow, MovementSearch
from cloud.documents.receipt import Receipt
from cloud.documents.receipt import receipt as laid_out
from cloud.domain.bills import Bill
from cloud.domain.ledger import reference
from cloud.domain.people import Permission
from cloud.domain.words import N_
from cloud.languages.words import spoken
from cloud.services import books, overview, statements
from cloud.services.bell import Topic
from cloud.web.console.office import zone
from cloud.web.console.sessions import bill_path
from cloud.web.forms import day
from cloud.web.listing import Chosen, Column, Filter, Listing, Tool, listed, number_after
from cloud.web.pages import Action, Done, Look, Page
from cloud.web.refusals import Refused
from cloud.web.words import BILL_KIND, LEDGER, MOVEMENT

BILLS = Listing(
    path="/bills",
    title=N_("Bills"),
    columns=(
        Column(
            N_("Bill"),
            "text",
            lambda row: row.number,
            link=lambda row: bill_path(row.number),
            note=Column("", "said", lambda row: BILL_KIND[row.kind]),
        ),
        Column(N_("Issued"), "near", lambda row: row.issued_at),
        Column(N_("Session"), "text", lambda row: row.identity, link=lambda row: f"/sessions/{row.session_id}"),
        Column(
            N_("Driver"),
            "text",
            lambda row: row.driver,
            note=Column("", "tag", lambda row: (row.id_tag, row.holder if row.holder != row.driver else None)),
        ),
        Column(N_("Total"), "money", lambda row: (row.gross_minor, row.currency)),
        Column(
            N_("Corrects"), "text", lambda row: row.corrects, link=lambda row: row.corrects and f"/bills/{row.corrects}"
        ),
    ),
    filters=(
        Filter("kind", N_("Kind"), "choice", {str(kind): words for kind, words in BILL_KIND.items()}),
        Filter("number", N_("Number")),
        Filter("station", N_("Station")),
        Filter("driver", N_("Driver")),
        Filter("from", N_("From"), "day"),
        Filter("to", N_("Until"), "last_day"),
    ),
    tools=(
        Tool("/ledger", N_("Ledger"), "book", Permission.OFFICE_LOOK),
        Tool("/exports", N_("Export"), "download", Permission.OFFICE_LOOK),
    ),
    empty=(N_("No bills yet"), N_("A bill is issued by itself when a session ends.")),
)
LEDGER_LIST = Listing(
    path="/ledger",
    title=N_("Ledger"),
    columns=(
        Column(N_("When"), "near", lambda row: row.at),
        Column(
            N_("What"),
            "said",
            lambda row: MOVEMENT[row.kind],
            note=Column("", "text", lambda row: reference(row.kind, row.key)),
        ),
        Column(
            N_("Session"),
            "text",
            lambda row: row.session_id,
            link=lambda row: row.session_id and f"/sessions/{row.session_id}",
        ),
        Column(N_("Moved"), "posted", lambda row: row.transfers),
    ),
    filters=(
        Filter("kind", N_("What"), "choice", {str(kind): words for kind, words in MOVEMENT.items()}),
        Filter("from", N_("From"), "day"),
        Filter("to", N_("Until"), "last_day"),
    ),
    tools=(
        Tool("/ledger/check", N_("Check the books"), "check", Permission.OFFICE_LOOK),
        Tool("/bills", N_("Bills"), "receipt"),
    ),
    empty=(N_("No money has moved yet"), N_("Bills, payments and what is put aside for sessions appear here.")),
)


EXPORT_DAYS = {"from": N_("First day"), "to": N_("Last day")}


@dataclass(frozen=True)
class Export:
    """Which bills go into an export: the organisation's, issued in [begin, end); as CSV or as OCPI's CDRs."""

    name: str
    organisation_id: int
    begin: datetime
    end: datetime
    ocpi: bool


def listing(conn: Connection, look: Look) -> dict[str, Any]:
    def find(chosen: Chosen, after: str | None, limit: int) -> list[BillRow]:
        given = {name: chosen.get(name) for name in ("kind", "number", "station", "driver")}
        wanted = BillSearch(**given, begin=chosen.get("from"), end=chosen.get("to"))
        return money_lists.bills(conn, wanted, look.scope, limit=limit, before_id=number_after(after))

    return listed(BILLS, look, zone(conn, look), find)


def movements(conn: Connection, look: Look) -> dict[str, Any]:
    organisation_id = look.organisation_id

    def find(chosen: Chosen, after: str | None, limit: int) -> list[MovementRow]:
        wanted = MovementSearch(chosen.get("kind"), None, chosen.get("from"), chosen.get("to"))
        return money_lists.movements(conn, organisation_id, wanted, limit=limit, before_id=number_after(after))

    return {
        **listed(LEDGER_LIST, look, zone(conn, look), find),
        "totals": ledger_rows.totals(conn, organisation_id),
        "kinds": LEDGER,
    }


def check(conn: Connection, look: Look) -> dict[str, Any]:
    """What the latest check of the books found, or how far it is."""
    return {"check": books_checks.latest(conn, look.organisation_id)}


def check_again(conn: Connection, look: Look, form: FormData) -> Done:
    """Wants the books checked."""
    books.ask(conn, look.organisation_id, look.now)
    return Done("/ledger/check", (Topic.BOOKS,))


def export_form(conn: Connection, look: Look) -> dict[str, Any]:
    """With the days that the query names, and what is wrong with them, else with this month's."""
    where = zone(conn, look)
    today = look.now.astimezone(where)
    shown = {"begin": f"{today:%Y-%m}-01", "end": f"{today:%Y-%m-%d}", "ocpi": look.query.get("format") == "ocpi"}
    if not {"from", "to"} & look.query.keys():
        return shown
    shown |= {"begin": look.query.get("from", ""), "end": look.query.get("to", "")}
    try:
        _days(look, where)
    except Refused as refused:
        told = [(name, EXPORT_DAYS[name], text) for name, text in refused.problems.items()]
        return {**shown, "wrong": refused.problems, "refused": told}
    return shown


def export(conn: Connection, look: Look) -> Export:
    """Of the days that the query names. Raises Refused when they are none."""
    begin, end = _days(look, zone(conn, look))
    name = f"bills-{look.query['from']}-{look.query['to']}"
    return Export(name, look.organisation_id, begin, end, look.query.get("format") == "ocpi")


def _days(look: Look, where: ZoneInfo) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last. Raises Refused."""
    begin, end = day(look.query.get("from", ""), where), day(look.query.get("to", ""), where, later=1)
    problems = {name: N_("Give a day such as 2026-11-21.") for name, at in (("from", begin), ("to", end)) if at is None}
    if begin is not None and end is not None and begin < end:
        return begin, end
    raise Refused(problems or {"to": N_("The last day is before the first.")})


def bill(conn: Connection, look: Look) -> dict[str, Any]:
    found, shown = receipt(conn, look)
    related = [other for other in bills.related(conn, found.session_id) if other.id != found.id]
    has_signed = bool(signed.of_session(conn, found.session_id))
    return {"bill": found, "shown": shown, "related": related, "signed": has_signed}


def receipt(conn: Connection, look: Look) -> tuple[Bill, Receipt]:
    """The bill that the path names, and what its reader sees; HTTPException 404 when there is none."""
    found = overview.bill(conn, look.params["number"], look.scope)
    if found is None:
        raise HTTPException(404)
    zone = places.default_time_zone(conn, look.organisation_id)
    language = spoken(statements.wishes(conn, look.organisation_id, found.document.parties.buyer.account))
    return found, laid_out(found, zone.key, language)


PAGES = (
    Page("/bills", "listing", listing),
    Page("/bills/{number}", "bill", bill),
    Page("/ledger", "ledger", movements, needs=Permission.OFFICE_LOOK),
    Page("/ledger/check", "ledger_check", check, frozenset({Topic.BOOKS}), Permission.OFFICE_LOOK),
    Page("/exports", "exports", export_form, needs=Permission.OFFICE_LOOK),
)
ACTIONS = (Action("/ledger/check/again", check_again, Permission.OFFICE, page="/ledger/check"),)
