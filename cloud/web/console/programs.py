"""Keys of programs: made, listed, revoked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.queries import people
from cloud.domain.people import Permission
from cloud.domain.words import N_, Name
from cloud.services import api_keys
from cloud.web.forms import Field, Form, filled
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.words import PERMISSION

KEYS = "/api-keys"
LASTS_DAYS = (30, 90, 365, 0)
"""What is offered for how long a key lasts; 0 for ever."""
FIELDS = (
    Field("name", N_("For which program"), required=True, longest=api_keys.LONGEST_NAME),
    Field("permission", N_("What it may"), "some", required=True, also=("permissions",)),
    Field("site", N_("Only at these sites; at all if none is chosen"), "some", also=("sites",)),
    Field("days", N_("How long it lasts"), "choice"),
)


def listed(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    values = {"permission": [Permission.LOOK], "days": 365}
    form = Form("key", KEYS, _fields(conn, look), N_("Make the key"), "check", values, _offered(conn, look))
    return {"keys": api_keys.listed(conn, own), "sites": people.site_names(conn, own), "shown": form}


def make(conn: Connection, look: Look, form: FormData) -> Shown:
    """A new key, shown in the answer and nowhere else."""
    given = filled(form, FIELDS, choices=_offered(conn, look))
    permissions = [Permission(each) for each in given["permission"]]
    expires_at = look.now + timedelta(days=int(given["days"])) if int(given["days"]) else None
    who, sites = look.me.user, given["site"]
    made = api_keys.make(conn, who, given["name"], permissions, look.now, sites=sites, expires_at=expires_at)
    return Shown("api_key", {"key": made[0], "text": made[1]})


def revoke(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends a key at once."""
    me = look.me.user
    api_keys.revoke(conn, me.organisation_id, look.params["key_id"], me.id, look.now)
    return Done(KEYS)


def _fields(conn: Connection, look: Look) -> tuple[Field, ...]:
    """Without the choice of sites where there is none to choose."""
    several = len(people.site_names(conn, look.organisation_id)) > 1
    return tuple(field for field in FIELDS if several or field.name != "site")


def _offered(conn: Connection, look: Look) -> dict[str, Mapping[str, Any]]:
    me = look.me.user
    permissions = {str(each): (PERMISSION[each], Name(each)) for each in Permission if me.may(each)}
    lasts = {str(days): (N_("%(days)s days"), {"days": days}) for days in LASTS_DAYS if days}
    sites = {name: Name(name) for name in people.site_names(conn, me.organisation_id).values()}
    return {"permission": permissions, "site": sites, "days": lasts | {"0": N_("until it is revoked")}}


PAGES = (Page(KEYS, "api_keys", listed, needs=Permission.ADMIN),)
ACTIONS = (
    Action(KEYS, make, Permission.ADMIN),
    Action(f"{KEYS}/{{key_id:int}}/revoke", revoke, Permission.ADMIN, page=KEYS),
)
