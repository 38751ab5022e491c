"""Tariffs: what they ask, their versions, where they apply, and an editor that shows examples while one types."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import assignments, office_lists
from cloud.db.queries import tariffs as rows
from cloud.db.queries.session_lists import site_names
from cloud.domain.people import Permission
from cloud.domain.pricing.examples import examples
from cloud.domain.tariff_checks import lacking_vat
from cloud.domain.tariff_words import describe
from cloud.domain.tariffs import TariffVersion, Terms
from cloud.domain.words import N_
from cloud.services import tariffs
from cloud.services.tariffs import Validity
from cloud.web.console.office import zone
from cloud.web.forms import Field, Form, day, filled, text
from cloud.web.listing import Chosen, Column, Listing, Tool, listed
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.refusals import Refused
from cloud.web.tariff_form import DAYS, LIMITS, PRICES, SIDES, Draft, draft_of, drafted, labels

LONGEST_NAME = 100
_UNITS = {"ENERGY": " / kWh", "TIME": " / h", "PARKING_TIME": " / h P", "FLAT": ""}


def prices_in_short(terms: Terms) -> list[tuple[Decimal, str]]:
    """`0.39`, `EUR / kWh`: the prices of the first element."""
    first = terms.elements[0].price_components
    return [(each.price, f"{terms.currency}{_UNITS[each.type]}") for each in first]


def _more(row: TariffVersion) -> str:
    return N_("and others at other times") if len(row.terms.elements) > 1 else ""


TARIFFS = Listing(
    path="/tariffs",
    title=N_("Tariffs"),
    columns=(
        Column(N_("Tariff"), "text", lambda row: row.name, link=lambda row: f"/tariffs/{row.tariff_id}"),
        Column(N_("Version"), "count", lambda row: row.number),
        Column(N_("Valid from"), "near", lambda row: row.valid_from),
        Column(N_("Valid until"), "near", lambda row: row.valid_until),
        Column(N_("Prices"), "prices", lambda row: prices_in_short(row.terms), note=Column("", "said", _more)),
    ),
    tools=(
        Tool("/tariffs/new", N_("Add a tariff"), "add", Permission.OFFICE),
        Tool("/tariffs/import", N_("From a file"), "upload", Permission.OFFICE),
    ),
    empty=(N_("No tariffs yet"), N_("Without a tariff no tag may charge. One whose price is 0 makes charging free.")),
    key=lambda row: row.name,
)
WHERE = {
    "site": N_("The site"),
    "station": N_("The station"),
    "group": N_("The group of tags"),
    "tag": N_("The tag"),
}
ASSIGNMENT = (
    Field("kind", N_("Applies to"), "choice"),
    Field("name", N_("Name or identity"), "names", required=True, also=tuple(WHERE)),
    Field("connector", N_("Only this connector"), "count", hint=N_("of the station; empty for all")),
)


def listing(conn: Connection, look: Look) -> dict[str, Any]:
    organisation_id = look.organisation_id

    def find(_chosen: Chosen, after: str | None, limit: int) -> list[TariffVersion]:
        return rows.newest(conn, organisation_id, after=after, limit=limit)

    return listed(TARIFFS, look, zone(conn, look), find)


def tariff(conn: Connection, look: Look) -> dict[str, Any]:
    versions = own_versions(conn, look)
    newest = versions[0]
    organisation_id = look.organisation_id
    names = [*site_names(conn, look.scope).values(), *office_lists.names(conn, organisation_id, "group")]
    path = f"/tariffs/{newest.tariff_id}/assign"
    choices = {"kind": WHERE, "name": dict.fromkeys(names, "")}
    assign_form = Form("assign", path, ASSIGNMENT, N_("Apply it there"), "check", None, choices)
    return {
        "version": newest,
        "versions": versions,
        "shown": assign_form,
        "used": assignments.used_at(conn, newest.tariff_id),
        "where": WHERE | {"connector": N_("The connector")},
        **told(conn, look, newest.terms),
    }


def told(conn: Connection, look: Look, terms: Terms | None) -> dict[str, Any]:
    """What terms ask, in words, and what everyday sessions cost by them."""
    where = zone(conn, look)
    today = look.now.astimezone(where).date()
    return {
        "terms": terms,
        "asked": [(n, each, describe(each.restrictions)) for n, each in enumerate(terms.elements, 1)] if terms else [],
        "examples": list(examples(terms, today, where)) if terms else [],
        "lacking_vat": bool(terms and lacking_vat(terms)),
        "zone": where,
        "prices": PRICES,
    }


def new_form(conn: Connection, look: Look) -> dict[str, Any]:
    if look.typed is None:
        return _editor(conn, look, "", Draft({"currency": look.currency}))
    return _editor(conn, look, text(look.typed, "name"), drafted(look.typed))


def edit_form(conn: Connection, look: Look) -> dict[str, Any]:
    newest = own_versions(conn, look)[0]
    return _editor(conn, look, newest.name, drafted(look.typed) if look.typed else draft_of(newest.terms))


def preview(conn: Connection, look: Look, form: FormData) -> Shown:
    """What the draft would ask, as a part of the editor's page."""
    draft = drafted(form)
    return Shown("tariff_preview", {"draft": draft, "labels": labels(draft.elements), **told(conn, look, draft.terms)})


def add(conn: Connection, look: Look, form: FormData) -> Done | Shown:
    """A new tariff, or its form again."""
    return _save(conn, look, form, text(form, "name")[:LONGEST_NAME], new=True)


def change(conn: Connection, look: Look, form: FormData) -> Done | Shown:
    """The tariff's next version, or its form again."""
    return _save(conn, look, form, own_versions(conn, look)[0].name, new=False)


def assign(conn: Connection, look: Look, form: FormData) -> Done:
    """Says where the tariff applies."""
    newest = own_versions(conn, look)[0]
    given = filled(form, ASSIGNMENT, choices={"kind": WHERE})
    name, connector = given["name"], given["connector"]
    where = {"site": {"site": name}, "group": {"group": name}, "tag": {"tag": name}}
    where["station"] = {"identity": name, "connector": connector}
    tariffs.assign(conn, look.organisation_id, newest.name, look.now, **where[given["kind"]], user_id=look.me.user.id)
    return Done(f"/tariffs/{newest.tariff_id}")


def own_versions(conn: Connection, look: Look) -> list[TariffVersion]:
    """The versions of the tariff that the path names, the newest first; HTTPException 404 when there is none."""
    found = rows.versions(conn, look.organisation_id, look.params["tariff_id"])
    if not found:
        raise HTTPException(404)
    return found


def _save(conn: Connection, look: Look, form: FormData, name: str, *, new: bool) -> Done | Shown:
    draft, wanted = drafted(form), text(form, "do")
    begin = day(draft.text("valid_from"), zone(conn, look)) if draft.text("valid_from") else None
    if draft.text("valid_from") and begin is None:
        draft.problems["valid_from"] = N_("Give a day such as 2026-11-21.")
    if not name.strip():
        draft.problems["name"] = N_("Give the tariff a name.")
    if wanted == "more":
        draft.elements += 1
    if wanted != "save":
        return Shown("tariff_edit", _editor(conn, look, name, draft))
    if draft.problems or draft.terms is None:
        raise Refused(draft.problems)
    save = tariffs.add if new else tariffs.change
    version = save(conn, look.organisation_id, name, draft.terms, look.now, Validity(begin), user_id=look.me.user.id)
    return Done(f"/tariffs/{version.tariff_id}")


def _editor(conn: Connection, look: Look, name: str, draft: Draft) -> dict[str, Any]:
    tables = {"limits": LIMITS, "sides": SIDES, "days": DAYS, "labels": labels(draft.elements)}
    id = look.params.get("tariff_id")
    return {"name": name, "id": id, "draft": draft, **tables, **told(conn, look, draft.terms)}


_TARIFF = "/tariffs/{tariff_id:int}"
PAGES = (
    Page("/tariffs", "listing", listing, needs=Permission.OFFICE_LOOK),
    Page("/tariffs/new", "tariff_edit", new_form, needs=Permission.OFFICE),
    Page(_TARIFF, "tariff", tariff, needs=Permission.OFFICE_LOOK),
    Page(f"{_TARIFF}/edit", "tariff_edit", edit_form, needs=Permission.OFFICE),
)
ACTIONS = (
    Action("/tariffs/preview", preview, Permission.OFFICE, only_reads=True),
    Action("/tariffs/new", add, Permission.OFFICE),
    Action(f"{_TARIFF}/edit", change, Permission.OFFICE),
    Action(f"{_TARIFF}/assign", assign, Permission.OFFICE, page=_TARIFF),
)
