"""Sites: their names, clocks and tariffs."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.queries import places, tariffs
from cloud.domain.people import Permission
from cloud.domain.words import N_, Name
from cloud.services import sites
from cloud.services.sites import SiteTerms
from cloud.web.forms import Field, Form, filled
from cloud.web.pages import Action, Done, Look, Page

_SITE = "/sites/{site_id:int}"
_NAME = Field("name", N_("Name"), required=True, longest=sites.LONGEST_NAME)
_TARIFF = Field("tariff", N_("Tariff"), "choice", also=("tariff_id",))


def listed(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    return {"sites": sites.listed(conn, own), "zone": places.default_time_zone(conn, own)}


def new(conn: Connection, look: Look) -> dict[str, Any]:
    return {"site": None, "shown": _form(conn, look, "/sites/new", {})}


def one(conn: Connection, look: Look) -> dict[str, Any]:
    site = sites.find(conn, look.organisation_id, look.params["site_id"])
    values = {"name": site.name, "time_zone": site.time_zone, "tariff": site.tariff_id}
    return {"site": site, "shown": _form(conn, look, f"/sites/{site.id}", values)}


def add(conn: Connection, look: Look, form: FormData) -> Done:
    """Adds a site."""
    sites.add(conn, look.organisation_id, _terms(conn, look, form), look.now, user_id=look.me.user.id)
    return Done("/sites")


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives a site another name, clock or tariff."""
    me, site_id = look.me.user, look.params["site_id"]
    sites.change(conn, me.organisation_id, site_id, _terms(conn, look, form), look.now, user_id=me.id)
    return Done("/sites")


def _form(conn: Connection, look: Look, action: str, values: Mapping[str, object]) -> Form:
    zone = places.default_time_zone(conn, look.organisation_id)
    hint = (N_("empty: that of the organisation, %(zone)s"), {"zone": zone.key})
    fields = (_NAME, Field("time_zone", N_("Time zone"), "names", hint), _TARIFF)
    choices = {"time_zone": sorted(available_timezones()), "tariff": _tariffs(conn, look)}
    note = N_("A new tariff counts for sessions that begin from now on. Stations, tags and groups may have their own.")
    return Form("site", action, fields, N_("Save"), values=values, choices=choices, back="/sites", note=note)


def _tariffs(conn: Connection, look: Look) -> dict[str, str]:
    return {"": N_("none")} | {str(id): Name(name) for id, name in tariffs.names(conn, look.organisation_id).items()}


def _terms(conn: Connection, look: Look, form: FormData) -> SiteTerms:
    fields = (_NAME, Field("time_zone", ""), _TARIFF)
    given = filled(form, fields, choices={"tariff": _tariffs(conn, look)})
    tariff_id = int(given["tariff"]) if given["tariff"] else None
    return SiteTerms(given["name"], given["time_zone"] or None, tariff_id)


PAGES = (
    Page("/sites", "sites", listed, needs=Permission.ADMIN),
    Page("/sites/new", "site", new, needs=Permission.ADMIN),
    Page(_SITE, "site", one, needs=Permission.ADMIN),
)
ACTIONS = (
    Action("/sites/new", add, Permission.ADMIN),
    Action(_SITE, change, Permission.ADMIN),
)
