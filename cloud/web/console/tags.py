"""Tags: found, added, changed, blocked; and those that nobody knew when they were held to a reader."""

from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import office_lists
from cloud.db.queries import taps as tap_rows
from cloud.db.queries.office_lists import TagRow
from cloud.domain.people import Permission
from cloud.domain.tags import UnknownTap
from cloud.domain.words import N_
from cloud.services import accounts, tags, taps
from cloud.services.bell import Topic
from cloud.web.console.groups import group_path
from cloud.web.console.office import date, to_choose, zone
from cloud.web.forms import Field, Form, filled
from cloud.web.listing import Button, Chosen, Column, Filter, Listing, Tool, listed, number_after
from cloud.web.pages import Action, Done, Look, Page
from cloud.web.words import TAG

BLOCKED = {"yes": N_("Blocked"), "no": N_("Not blocked")}
TAGS = Listing(
    path="/tags",
    title=N_("Tags"),
    columns=(
        Column(
            N_("Tag"),
            "card",
            lambda row: row.id_tag,
            link=lambda row: f"/tags/{row.id}",
            note=Column("", "text", lambda row: row.note),
        ),
        Column(N_("Driver"), "text", lambda row: row.account, link=lambda row: driver_path(row.account_id)),
        Column(N_("Group"), "text", lambda row: row.group, link=lambda row: group_path(row.group_id)),
        Column(N_("Tariff"), "text", lambda row: row.tariff),
        Column(N_("Valid until"), "day", lambda row: row.expires_at),
        Column(N_("State"), "worth", lambda row: row),
    ),
    filters=(
        Filter("text", N_("Tag, name or driver")),
        Filter("group", N_("Group"), "choice"),
        Filter("blocked", N_("State"), "choice", BLOCKED),
    ),
    tools=(
        Tool("/tags/new", N_("Add a tag"), "add", Permission.OFFICE),
        Tool("/tags/import", N_("From a file"), "upload", Permission.OFFICE),
        Tool("/tags/groups", N_("Groups"), "book", Permission.OFFICE_LOOK),
        Tool("/tags/unknown", N_("Unknown tags"), "question", Permission.OFFICE_LOOK),
    ),
    empty=(N_("No tags yet"), N_("Hold a card to a reader and enrol it under Unknown tags, or add one by its number.")),
)
TAPS = Listing(
    path="/tags/unknown",
    title=N_("Unknown tags"),
    columns=(
        Column(N_("Tag"), "card", lambda row: row.id_tag),
        Column(N_("Station"), "text", lambda row: row.station, note=Column("", "text", lambda row: row.site)),
        Column(N_("Last seen"), "near", lambda row: row.last_at),
        Column(N_("Times"), "count", lambda row: row.count),
        Column(
            N_("Enrol it"),
            "button",
            lambda row: Button(f"/tags/unknown/{row.id}/enrol", N_("Enrol"), "add"),
        ),
    ),
    empty=(
        N_("No unknown tag was seen"),
        N_("A tag that nobody knows appears here as soon as it is held to a reader."),
    ),
)
TERMS = (
    Field("note", N_("Name"), hint=N_("such as whose it is")),
    Field("account", N_("Driver who pays"), "names", hint=N_("leave it empty for none")),
    Field("group", N_("Group"), "choice"),
    Field("tariff", N_("Tariff of its own"), "choice"),
    Field("parent", N_("Parent"), hint=N_("tags with the same one may stop each other's sessions")),
    Field("valid_from", N_("Valid from"), "day"),
    Field("expires_at", N_("Valid until, before the day"), "day"),
    Field("most_sessions", N_("Sessions at once"), "count"),
)
NEW = (
    Field("id_tag", N_("Tag"), hint=N_("1 to 20 characters, as the reader tells it"), required=True, longest=20),
    *TERMS,
)


def listing(conn: Connection, look: Look) -> dict[str, Any]:
    organisation_id = look.organisation_id

    def find(chosen: Chosen, after: str | None, limit: int) -> list[TagRow]:
        blocked = {"yes": True, "no": False}.get(chosen.get("blocked", ""))
        wanted: dict[str, Any] = {"text": chosen.get("text"), "group": chosen.get("group"), "blocked": blocked}
        return office_lists.tags(conn, organisation_id, **wanted, limit=limit, before_id=number_after(after))

    groups = {name: name for name in office_lists.names(conn, organisation_id, "group")}
    return listed(TAGS, look, zone(conn, look), find, {"group": groups})


def unknown(conn: Connection, look: Look) -> dict[str, Any]:

    def find(_chosen: Chosen, after: str | None, limit: int) -> list[UnknownTap]:
        return tap_rows.listed(conn, look.scope, limit=limit, before_id=number_after(after))

    return listed(TAPS, look, zone(conn, look), find)


def new_form(conn: Connection, look: Look) -> dict[str, Any]:
    form = Form("tag", "/tags/new", NEW, N_("Add the tag"), "add", {"most_sessions": 1}, _choices(conn, look), "/tags")
    return {"title": N_("Add a tag"), "shown": form}


def tag(conn: Connection, look: Look) -> dict[str, Any]:
    row, where = own_tag(conn, look), zone(conn, look)
    values = {name: getattr(row, name) or "" for name in ("note", "account", "group", "tariff", "parent")}
    values |= {"valid_from": date(row.valid_from, where), "expires_at": date(row.expires_at, where)}
    values |= {"most_sessions": row.most_sessions}
    form = Form("tag", f"/tags/{row.id}/change", TERMS, N_("Save"), "check", values, _choices(conn, look))
    return {"row": row, "shown": form, "sign": TAG[row.state(look.now)]}


def add(conn: Connection, look: Look, form: FormData) -> Done:
    """Adds a tag with its terms."""
    terms = filled(form, NEW, zone(conn, look), _choices(conn, look))
    added = tags.add(
        conn, look.organisation_id, terms.pop("id_tag"), look.now, user_id=look.me.user.id, **_terms(terms)
    )
    _link(conn, look, added.id_tag, None, terms["account"])
    return Done(f"/tags/{added.id}", (Topic.INCIDENTS,))


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives a tag other terms."""
    row = own_tag(conn, look)
    terms = filled(form, TERMS, zone(conn, look), _choices(conn, look))
    tags.change(conn, look.organisation_id, row.id_tag, _terms(terms), look.now, look.me.user.id)
    _link(conn, look, row.id_tag, row.account, terms["account"])
    return Done(f"/tags/{row.id}")


def block(conn: Connection, look: Look, form: FormData) -> Done:
    """Blocks a tag, or lets it charge again."""
    row = own_tag(conn, look)
    tags.block(
        conn,
        look.organisation_id,
        row.id_tag,
        look.now,
        blocked=form.get("blocked") == "yes",
        user_id=look.me.user.id,
    )
    return Done(f"/tags/{row.id}")


def enrol(conn: Connection, look: Look, form: FormData) -> Done:
    """Makes an unknown tag one of ours."""
    added = taps.enrol(conn, look.organisation_id, look.params["tap_id"], look.scope, look.now, look.me.user.id)
    return Done(f"/tags/{added.id}", (Topic.INCIDENTS,))


def own_tag(conn: Connection, look: Look) -> TagRow:
    """The tag that the path names; HTTPException 404 when there is none."""
    row = office_lists.tag_by_id(conn, look.organisation_id, look.params["tag_id"])
    if row is None:
        raise HTTPException(404)
    return row


def driver_path(account_id: int | None) -> str | None:
    return f"/drivers/{account_id}" if account_id else None


def _terms(given: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in given.items() if name != "account"}
    return values | {"parent": values["parent"] or None, "most_sessions": max(1, values["most_sessions"] or 1)}


def _link(conn: Connection, look: Look, id_tag: str, was: str | None, account: str) -> None:
    if account != (was or ""):
        accounts.link(conn, look.organisation_id, id_tag, account or None, look.now, user_id=look.me.user.id)


def _choices(conn: Connection, look: Look) -> dict[str, Any]:
    organisation_id = look.organisation_id
    offered = {kind: to_choose(conn, organisation_id, kind) for kind in ("group", "tariff")}
    return {**offered, "account": office_lists.names(conn, organisation_id, "account")}


PAGES = (
    Page("/tags", "listing", listing, needs=Permission.OFFICE_LOOK),
    Page("/tags/unknown", "listing", unknown, frozenset({Topic.INCIDENTS}), Permission.OFFICE_LOOK),
    Page("/tags/new", "form", new_form, needs=Permission.OFFICE),
    Page("/tags/{tag_id:int}", "tag", tag, needs=Permission.OFFICE_LOOK),
)
ACTIONS = (
    Action("/tags/new", add, Permission.OFFICE),
    Action("/tags/{tag_id:int}/change", change, Permission.OFFICE, page="/tags/{tag_id:int}"),
    Action("/tags/{tag_id:int}/block", block, Permission.OFFICE, page="/tags/{tag_id:int}"),
    Action("/tags/unknown/{tap_id:int}/enrol", enrol, Permission.OFFICE, page="/tags/unknown"),
)
