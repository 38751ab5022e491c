"""Sites: their names, clocks and tariffs."""

from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.queries import places, tariffs
from cloud.domain.people import Permission
from cloud.services import sites
from cloud.services.sites import SiteTerms
from cloud.web.pages import Action, Done, Look, Page, text, whole

_SITE = "/sites/{site_id:int}"


def listed(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    return {"sites": sites.listed(conn, own), "zone": places.default_time_zone(conn, own)}


def new(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    choices = {"tariffs": tariffs.names(conn, own), "zones": sorted(available_timezones())}
    return {**choices, "site": None, "zone": places.default_time_zone(conn, own)}


def one(conn: Connection, look: Look) -> dict[str, Any]:
    found = sites.find(conn, look.organisation_id, look.params["site_id"])
    return {**new(conn, look), "site": found}


def add(conn: Connection, look: Look, form: FormData) -> Done:
    """Adds a site."""
    sites.add(conn, look.organisation_id, _terms(form), look.now, user_id=look.me.user.id)
    return Done("/sites")


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives a site another name, clock or tariff."""
    me = look.me.user
    sites.change(conn, me.organisation_id, look.params["site_id"], _terms(form), look.now, user_id=me.id)
    return Done("/sites")


def _terms(form: FormData) -> SiteTerms:
    tariff_id = whole(form, "tariff") if form.get("tariff") else None
    return SiteTerms(text(form, "name"), text(form, "time_zone") or None, tariff_id)


PAGES = (
    Page("/sites", "sites", listed, needs=Permission.ADMIN),
    Page("/sites/new", "site", new, needs=Permission.ADMIN),
    Page(_SITE, "site", one, needs=Permission.ADMIN),
)
ACTIONS = (
    Action("/sites/new", add, Permission.ADMIN),
    Action(_SITE, change, Permission.ADMIN),
)
