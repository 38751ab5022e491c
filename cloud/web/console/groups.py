"""Groups of tags: drivers who charge on the same terms."""

from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import office_lists, people
from cloud.db.queries.office_lists import GroupRow
from cloud.domain.people import Permission
from cloud.domain.words import N_, Name
from cloud.services import groups
from cloud.web.console.office import date, to_choose, zone
from cloud.web.forms import Field, Form, filled
from cloud.web.listing import Chosen, Column, Listing, Tool, listed
from cloud.web.pages import Action, Done, Look, Page

GROUPS = "/tags/groups"
_GROUP = f"{GROUPS}/{{tag_group_id:int}}"
MOST_TAGS = 20
EVERYWHERE = N_("everywhere")
LISTING = Listing(
    path=GROUPS,
    title=N_("Groups of tags"),
    columns=(
        Column(N_("Group"), "text", lambda row: row.name, link=lambda row: f"{GROUPS}/{row.id}"),
        Column(N_("Tags"), "count", lambda row: row.tags),
        Column(N_("Tariff"), "text", lambda row: row.tariff),
        Column(N_("Sites"), "said", lambda row: ", ".join(row.sites) or EVERYWHERE),
        Column(N_("Sessions at once"), "count", lambda row: row.most_sessions),
        Column(N_("Valid until"), "day", lambda row: row.expires_at),
    ),
    tools=(Tool(f"{GROUPS}/new", N_("Add a group"), "add", Permission.OFFICE), Tool("/tags", N_("All tags"), "tag")),
    empty=(
        N_("No groups yet"),
        N_("The tags of a group have a tariff, a validity, sites and a number of sessions at once in common."),
    ),
    key=lambda row: row.name,
)
TERMS = (
    Field("tariff", N_("Tariff of its own"), "choice"),
    Field("sites", N_("Only at these sites"), "some", hint=N_("everywhere if none is chosen")),
    Field("most_sessions", N_("Sessions at once"), "count", hint=N_("of all its tags together; empty for any number")),
    Field("valid_from", N_("Valid from"), "day"),
    Field("expires_at", N_("Valid until, before the day"), "day"),
)
NEW = (Field("name", N_("Name"), required=True), *TERMS)


def listing(conn: Connection, look: Look) -> dict[str, Any]:
    organisation_id = look.organisation_id

    def find(_chosen: Chosen, after: str | None, limit: int) -> list[GroupRow]:
        return office_lists.groups(conn, organisation_id, after=after, limit=limit)

    return listed(LISTING, look, zone(conn, look), find)


def new_form(conn: Connection, look: Look) -> dict[str, Any]:
    form = Form("group", f"{GROUPS}/new", NEW, N_("Add the group"), "add", None, _choices(conn, look), GROUPS)
    return {"title": N_("Add a group"), "shown": form}


def group(conn: Connection, look: Look) -> dict[str, Any]:
    row, where = own_group(conn, look), zone(conn, look)
    values = {"tariff": row.tariff or "", "sites": row.sites, "most_sessions": row.most_sessions}
    values |= {"valid_from": date(row.valid_from, where), "expires_at": date(row.expires_at, where)}
    form = Form("group", f"{GROUPS}/{row.id}/change", TERMS, N_("Save"), "check", values, _choices(conn, look))
    tags = office_lists.tags(conn, look.organisation_id, group=row.name, limit=MOST_TAGS)
    return {"row": row, "tags": tags, "shown": form}


def add(conn: Connection, look: Look, form: FormData) -> Done:
    """Adds a group with its terms."""
    organisation_id = look.organisation_id
    terms = filled(form, NEW, zone(conn, look), _choices(conn, look))
    name = terms.pop("name")
    added = groups.add(conn, organisation_id, name, terms, look.now, look.me.user.id)
    return Done(f"{GROUPS}/{added.id}")


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives a group other terms."""
    row = own_group(conn, look)
    terms = filled(form, TERMS, zone(conn, look), _choices(conn, look))
    groups.change(conn, look.organisation_id, row.name, terms, look.now, look.me.user.id)
    return Done(f"{GROUPS}/{row.id}")


def remove(conn: Connection, look: Look, _form: FormData) -> Done:
    """Deletes a group in which no tag is."""
    groups.remove(conn, look.organisation_id, own_group(conn, look).name, look.now, look.me.user.id)
    return Done(GROUPS)


def own_group(conn: Connection, look: Look) -> GroupRow:
    """The group that the path names; HTTPException 404 when there is none."""
    found = office_lists.groups(conn, look.organisation_id, id=look.params["tag_group_id"], limit=1)
    if not found:
        raise HTTPException(404)
    return found[0]


def group_path(group_id: int | None) -> str | None:
    return f"{GROUPS}/{group_id}" if group_id else None


def _choices(conn: Connection, look: Look) -> dict[str, Any]:
    organisation_id = look.organisation_id
    sites = {name: Name(name) for name in people.site_names(conn, organisation_id).values()}
    return {"tariff": to_choose(conn, organisation_id, "tariff"), "sites": sites}


PAGES = (
    Page(GROUPS, "listing", listing, needs=Permission.OFFICE_LOOK),
    Page(f"{GROUPS}/new", "form", new_form, needs=Permission.OFFICE),
    Page(_GROUP, "group", group, needs=Permission.OFFICE_LOOK),
)
ACTIONS = (
    Action(f"{GROUPS}/new", add, Permission.OFFICE),
    Action(f"{_GROUP}/change", change, Permission.OFFICE, page=_GROUP),
    Action(f"{_GROUP}/remove", remove, Permission.OFFICE, page=_GROUP),
)
