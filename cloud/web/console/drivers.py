"""Drivers: their tags and sessions, what they paid in and get back, what they owe, and their statements."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import accounts as rows
from cloud.db.queries import ledger as ledger_rows
from cloud.db.queries import office_lists
from cloud.documents.statement import StatementPage, statement_page
from cloud.domain.accounts import Account, Funds, PaymentTerms
from cloud.domain.ledger import Payment, funds
from cloud.domain.money import from_minor
from cloud.domain.people import Permission
from cloud.domain.words import N_
from cloud.languages.words import spoken
from cloud.services import accounts, ledger, statements
from cloud.web.console.office import zone
from cloud.web.forms import Field, Form, filled, minor
from cloud.web.listing import Chosen, Column, Filter, Listing, Tool, listed
from cloud.web.pages import Action, Done, Look, Page
from cloud.web.words import LANGUAGE, PAYMENT_TERMS

LATEST = timedelta(days=90)
MOST_ENTRIES = 20


@dataclass(frozen=True)
class DriverRow:
    """An account in a list."""

    account: Account
    funds: Funds
    tags: int


DRIVERS = Listing(
    path="/drivers",
    title=N_("Drivers"),
    columns=(
        Column(
            N_("Driver"),
            "text",
            lambda row: row.account.name,
            link=lambda row: f"/drivers/{row.account.id}",
            note=Column("", "text", lambda row: row.account.email),
        ),
        Column(N_("Pays"), "said", lambda row: PAYMENT_TERMS[row.account.terms]),
        Column(N_("Tags"), "count", lambda row: row.tags),
        Column(N_("Free"), "money", lambda row: (row.funds.free_minor, row.account.currency)),
        Column(N_("Put aside"), "money", lambda row: (row.funds.held_minor, row.account.currency)),
        Column(N_("Owed"), "money", lambda row: (row.funds.owed_minor, row.account.currency)),
    ),
    filters=(
        Filter("text", N_("Name or e-mail address")),
        Filter("terms", N_("Pays"), "choice", {str(terms): words for terms, words in PAYMENT_TERMS.items()}),
    ),
    tools=(Tool("/drivers/new", N_("Add a driver"), "add", Permission.OFFICE),),
    empty=(
        N_("No drivers yet"),
        N_("A driver has tags and pays for what they charge, from a wallet or afterwards. Tags need no driver."),
    ),
    key=lambda row: row.account.name,
    id=lambda row: row.account.id,
)
WHO = (
    Field("name", N_("Name"), required=True),
    Field("email", N_("E-mail address"), "email"),
    Field("language", N_("Language of bills"), "choice"),
    Field("terms", N_("Pays"), "choice"),
)
HOLD = Field("hold", N_("Put aside at a start"), "amount", hint=N_("empty for what is usual"), also=("hold_minor",))
NEW = (*WHO, Field("currency", N_("Currency"), required=True), HOLD)
CHANGED = (*WHO, replace(HOLD, hint="", required=True))
CHOICES = {
    "terms": {str(terms): words for terms, words in PAYMENT_TERMS.items()},
    "language": {"": N_("as the organisation"), **LANGUAGE},
}
PAYMENT = (
    Field("amount", N_("Amount"), "amount", required=True),
    Field("reference", N_("Reference"), hint=N_("such as the bank's; the same one counts once"), required=True),
)


def listing(conn: Connection, look: Look) -> dict[str, Any]:
    organisation_id = look.organisation_id

    def find(chosen: Chosen, after: str | None, limit: int) -> list[DriverRow]:
        wanted = {"text": chosen.get("text"), "terms": chosen.get("terms")}
        found = rows.search(conn, organisation_id, **wanted, limit=limit, after=after)
        ids = [account.id for account in found]
        balances, tags = ledger_rows.balances_of(conn, ids), office_lists.counts_of_tags(conn, ids)
        return [DriverRow(each, funds(balances[each.id], each.currency), tags.get(each.id, 0)) for each in found]

    return listed(DRIVERS, look, zone(conn, look), find)


def new_form(conn: Connection, look: Look) -> dict[str, Any]:
    values = {"currency": look.currency, "terms": str(PaymentTerms.PREPAID)}
    form = Form("driver", "/drivers/new", NEW, N_("Add the driver"), "add", values, CHOICES, "/drivers")
    return {"title": N_("Add a driver"), "shown": form}


def driver(conn: Connection, look: Look) -> dict[str, Any]:
    account = own_account(conn, look)
    until = look.now + timedelta(seconds=1)
    entries = ledger_rows.entries(conn, account.id, account.currency, look.now - LATEST, until)
    path = f"/drivers/{account.id}"
    return {
        "account": account,
        "terms": PAYMENT_TERMS[account.terms],
        "funds": ledger.funds_of(conn, account),
        "tags": office_lists.tags_of(conn, account.id),
        "charging": office_lists.charging(conn, account.id),
        "entries": entries[::-1][:MOST_ENTRIES],
        "month": f"{look.now.astimezone(zone(conn, look)):%Y-%m}",
        "change": _change_form(account),
        "top_up": Form("top-up", f"{path}/top-up", PAYMENT, N_("Note that money came in"), "add"),
        "refund": Form("refund", f"{path}/refund", PAYMENT, N_("Note that money went back"), "back"),
    }


def _change_form(account: Account) -> Form:
    values = {each.name: getattr(account, each.name) for each in WHO}
    values["hold"] = f"{from_minor(account.hold_minor, account.currency):f}"
    note = N_("Terms count from the next start on.")
    return Form("change", f"/drivers/{account.id}/change", CHANGED, N_("Save"), "check", values, CHOICES, note=note)


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives a driver another name, address, language, other terms."""
    account = own_account(conn, look)
    given = filled(form, CHANGED, choices=CHOICES)
    hold_minor = minor(given.pop("hold"), account.currency, "hold")
    wanted = {**given, "terms": PaymentTerms(given["terms"]), "hold_minor": hold_minor}
    accounts.change(conn, account, wanted, look.now, user_id=look.me.user.id)
    return Done(f"/drivers/{account.id}")


def add(conn: Connection, look: Look, form: FormData) -> Done:
    """Adds a driver."""
    given = filled(form, NEW, choices=CHOICES)
    added = accounts.add(
        conn,
        look.organisation_id,
        given["name"],
        look.now,
        terms=PaymentTerms(given["terms"]),
        currency=given["currency"].upper(),
        email=given["email"],
        language=given["language"],
        hold_minor=None if given["hold"] is None else minor(given["hold"], given["currency"].upper(), "hold"),
        user_id=look.me.user.id,
    )
    return Done(f"/drivers/{added.id}")


def top_up(conn: Connection, look: Look, form: FormData) -> Done:
    """Notes that money came in."""
    account = own_account(conn, look)
    accounts.top_up(
        conn, look.organisation_id, account.name, _payment(account, form), look.now, user_id=look.me.user.id
    )
    return Done(f"/drivers/{account.id}")


def refund(conn: Connection, look: Look, form: FormData) -> Done:
    """Notes that money went back."""
    account = own_account(conn, look)
    accounts.refund(
        conn, look.organisation_id, account.name, _payment(account, form), look.now, user_id=look.me.user.id
    )
    return Done(f"/drivers/{account.id}")


def statement(conn: Connection, look: Look) -> dict[str, Any]:
    account, shown, end = monthly(conn, look)
    return {"account": account, "shown": shown, "month": f"{end - timedelta(days=1):%Y-%m}"}


def monthly(conn: Connection, look: Look) -> tuple[Account, StatementPage, datetime]:
    """The account's month that the query names, the present one without, and when it ends."""
    account = own_account(conn, look)
    told = statements.monthly(conn, account, look.query.get("month") or look.now)
    language = spoken(statements.wishes_of(conn, look.organisation_id, account))
    return account, statement_page(told, language), told.end


def own_account(conn: Connection, look: Look) -> Account:
    """The account that the path names; HTTPException 404 when there is none."""
    organisation_id = look.organisation_id
    account = rows.by_id(conn, look.params["account_id"])
    if account is None or account.organisation_id != organisation_id:
        raise HTTPException(404)
    return account


def _payment(account: Account, form: FormData) -> Payment:
    given = filled(form, PAYMENT)
    return Payment(given["reference"], minor(given["amount"], account.currency))


_DRIVER = "/drivers/{account_id:int}"
PAGES = (
    Page("/drivers", "listing", listing, needs=Permission.OFFICE_LOOK),
    Page("/drivers/new", "form", new_form, needs=Permission.OFFICE),
    Page(_DRIVER, "driver", driver, needs=Permission.OFFICE_LOOK),
    Page(f"{_DRIVER}/statement", "statement", statement, needs=Permission.OFFICE_LOOK),
)
ACTIONS = (
    Action("/drivers/new", add, Permission.OFFICE),
    Action(f"{_DRIVER}/change", change, Permission.OFFICE, page=_DRIVER),
    Action(f"{_DRIVER}/top-up", top_up, Permission.OFFICE, page=_DRIVER),
    Action(f"{_DRIVER}/refund", refund, Permission.OFFICE, page=_DRIVER),
)
