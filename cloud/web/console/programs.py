"""Keys of programs: made, listed, revoked."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import people
from cloud.domain.people import Permission
from cloud.services import api_keys
from cloud.web.pages import Action, Done, Look, Page, Shown

KEYS = "/api-keys"
LASTS_DAYS = (30, 90, 365, 0)
"""What is offered for how long a key lasts; 0 for ever."""


def listed(conn: Connection, look: Look) -> dict[str, Any]:
    me = look.me.user
    return {
        "keys": api_keys.listed(conn, me.organisation_id),
        "permissions": [permission for permission in Permission if me.may(permission)],
        "sites": people.site_names(conn, me.organisation_id),
        "lasts_days": LASTS_DAYS,
    }


def make(conn: Connection, look: Look, form: FormData) -> Shown:
    """A new key, shown in the answer and nowhere else."""
    days = _text(form, "days")
    if days not in map(str, LASTS_DAYS):
        raise HTTPException(400, "Please choose one of the entries offered.")
    expires_at = look.now + timedelta(days=int(days)) if int(days) else None
    permissions = [permission for permission in Permission if permission in form.getlist("permission")]
    name, sites = _text(form, "name"), [site for site in form.getlist("site") if isinstance(site, str)]
    made = api_keys.make(conn, look.me.user, name, permissions, look.now, sites=sites, expires_at=expires_at)
    return Shown("api_key", {"key": made[0], "text": made[1]})


def revoke(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends a key at once."""
    me = look.me.user
    api_keys.revoke(conn, me.organisation_id, look.params["key_id"], me.id, look.now)
    return Done(KEYS)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


PAGES = (Page(KEYS, "api_keys", listed, needs=Permission.ADMIN),)
ACTIONS = (
    Action(KEYS, make, Permission.ADMIN),
    Action(f"{KEYS}/{{key_id:int}}/revoke", revoke, Permission.ADMIN),
)
