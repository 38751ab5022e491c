"""The own account: its password and its sign-ins."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.domain.people import Permission
from cloud.services import users
from cloud.web.languages import N_
from cloud.web.pages import Action, Done, Look, Page, whole

TOLD: Mapping[str, tuple[str, str]] = {
    "chosen": ("good", N_("Your new password is set. All other sign-ins have ended.")),
    "wrong": ("bad", N_("The present password is wrong. After several wrong tries even the right one has to wait.")),
    "different": ("bad", N_("The two passwords differ.")),
    "short": ("bad", N_("A password has at least 10 characters.")),
}


def shown(conn: Connection, look: Look) -> dict[str, Any]:
    return {"sign_ins": users.ours(conn, look.me.user.id, look.now), "told": TOLD.get(look.query.get("told", ""))}


def end(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends one of the own sign-ins, or all but this one."""
    users.end(conn, look.me, whole(form, "sign_in") if form.get("sign_in") else None, look.now)
    return Done("/me")


PAGES = (Page("/me", "me", shown),)
ACTIONS = (Action("/me/sign-ins", end, Permission.LOOK),)
