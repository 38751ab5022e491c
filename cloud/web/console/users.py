"""Who may sign in: added, given a role and sites, disabled, and helped to a new password."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import people, second_factors, sign_ins
from cloud.domain.people import Permission, Role, User
from cloud.domain.words import N_, Name
from cloud.services import hashing, passwords, second_factor, users
from cloud.web.forms import Field, Form, filled, text
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.words import ROLE, ROLE_MEANS

_NEEDS = Permission.ADMIN
_USER = "/users/{user_id:int}"
_ALL = N_("Without a tick: all sites, also those to come. An owner always has all.")
TERMS = (
    Field("role", N_("Role"), "one", required=True),
    Field("site", N_("Only these sites"), "some", _ALL, also=("sites",)),
    Field("email", N_("E-mail"), "email", N_("where a forgotten password is sent"), longest=200),
)
NEW = (Field("name", N_("Name"), "code", N_("to sign in with"), required=True, longest=100), *TERMS)


def listed(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    used = sign_ins.last_used(conn, own)
    return {"users": users.listed(conn, own), "sites": people.site_names(conn, own), "used": used}


def new(conn: Connection, look: Look) -> dict[str, Any]:
    values = {"role": Role.OPERATOR}
    form = Form("user", "/users/new", NEW, N_("Add"), "user", values, _offered(conn, look), back="/users")
    return {"title": N_("Add a user"), "shown": form}


def one(conn: Connection, look: Look) -> dict[str, Any]:
    user = own_user(conn, look)
    live = users.ours(conn, user.id, look.now)
    used, factor = live[0].used_at if live else None, second_factors.confirmed(conn, user.id)
    values = {"role": user.role, "site": user.site_ids or (), "email": user.email}
    form = Form("user", f"/users/{user.id}", TERMS, N_("Save"), "check", values, _offered(conn, look), "/users")
    return {"user": user, "used": used, "factor": factor, "shown": form}


def add(conn: Connection, look: Look, form: FormData) -> Shown:
    """Adds somebody, who chooses a password with the link that is shown."""
    given = filled(form, NEW, choices=_offered(conn, look))
    added = users.create(
        conn,
        look.organisation_id,
        given["name"],
        hashing.NO_PASSWORD,
        look.now,
        role=Role(given["role"]),
        sites=_sites(conn, look, given),
        email=given["email"] or None,
        user_id=look.me.user.id,
    )
    return _link(conn, look, added)


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives another role, other sites, another address."""
    user, by = own_user(conn, look), look.me.user.id
    given = filled(form, TERMS, choices=_offered(conn, look))
    users.set_role(
        conn, look.organisation_id, user.name, Role(given["role"]), _sites(conn, look, given), look.now, user_id=by
    )
    users.set_email(conn, look.organisation_id, user.name, given["email"] or None, look.now, user_id=by)
    return Done("/users")


def link(conn: Connection, look: Look, form: FormData) -> Shown:
    """A link with which the user chooses a new password; the present one stays good until then."""
    user = own_user(conn, look)
    if user.disabled:
        raise HTTPException(409, "A disabled user cannot sign in. Enable the user first.")
    return _link(conn, look, user)


def admit(conn: Connection, look: Look, form: FormData) -> Done:
    """Disables a user, or lets them sign in again."""
    user = own_user(conn, look)
    doing = {"disable": users.disable, "enable": users.enable}.get(text(form, "to"))
    if doing is None:
        raise HTTPException(400, "Please choose one of the two buttons.")
    doing(conn, look.organisation_id, user.name, look.now, user_id=look.me.user.id)
    return Done(f"/users/{user.id}")


def without_factor(conn: Connection, look: Look, form: FormData) -> Done:
    """For who lost authenticator and recovery codes: the password is enough."""
    user = own_user(conn, look)
    second_factor.remove(conn, user, look.now, user_id=look.me.user.id)
    return Done(f"/users/{user.id}")


def own_user(conn: Connection, look: Look) -> User:
    """The user that the path names; HTTPException 404 when it is none of the organisation's."""
    user = people.by_id(conn, look.params["user_id"], look.organisation_id)
    if user is None:
        raise HTTPException(404)
    return user


def _link(conn: Connection, look: Look, user: User) -> Shown:
    token = passwords.invite(conn, user, look.now, user_id=look.me.user.id)
    until = look.now + passwords.INVITATION_LASTS
    return Shown("invited", {"user": user, "shown": f"{look.origin}/password#{token}", "until": until})


def _offered(conn: Connection, look: Look) -> dict[str, Mapping[str, Any]]:
    roles = {str(role): (ROLE[role], ROLE_MEANS[role]) for role in Role}
    names = people.site_names(conn, look.organisation_id)
    return {"role": roles, "site": {str(id): Name(name) for id, name in names.items()}}


def _sites(conn: Connection, look: Look, given: Mapping[str, Any]) -> list[str]:
    """The names of the sites that were ticked; an owner has all of them anyway."""
    known = people.site_names(conn, look.organisation_id)
    return [] if given["role"] == Role.OWNER else [known[int(id)] for id in given["site"]]


PAGES = (
    Page("/users", "users", listed, needs=_NEEDS),
    Page("/users/new", "administration_form", new, needs=_NEEDS),
    Page(_USER, "user", one, needs=_NEEDS),
)
ACTIONS = (
    Action("/users/new", add, _NEEDS),
    Action(_USER, change, _NEEDS),
    Action(f"{_USER}/link", link, _NEEDS, page=_USER),
    Action(f"{_USER}/admit", admit, _NEEDS, page=_USER),
    Action(f"{_USER}/second-factor", without_factor, _NEEDS, page=_USER),
)
