"""Who may sign in: added, given a role and sites, disabled, and helped to a new password."""

from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import people, second_factors, sign_ins
from cloud.domain.people import Permission, Role, User
from cloud.services import hashing, passwords, second_factor, users
from cloud.web.pages import Action, Done, Look, Page, Shown, text

_NEEDS = Permission.ADMIN


def listed(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    used = sign_ins.last_used(conn, own)
    return {"users": users.listed(conn, own), "sites": people.site_names(conn, own), "used": used}


def new(conn: Connection, look: Look) -> dict[str, Any]:
    return {"sites": people.site_names(conn, look.organisation_id), "roles": list(Role)}


def one(conn: Connection, look: Look) -> dict[str, Any]:
    user = own_user(conn, look)
    live = users.ours(conn, user.id, look.now)
    used, factor = live[0].used_at if live else None, second_factors.confirmed(conn, user.id)
    return {**new(conn, look), "user": user, "used": used, "factor": factor}


def add(conn: Connection, look: Look, form: FormData) -> Shown:
    """Adds somebody, who chooses a password with the link that is shown."""
    added = users.create(
        conn,
        look.organisation_id,
        text(form, "name"),
        hashing.NO_PASSWORD,
        look.now,
        role=_role(form),
        sites=_sites(conn, look, form),
        email=text(form, "email") or None,
        user_id=look.me.user.id,
    )
    return _link(conn, look, added)


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives another role, other sites, another address."""
    user, by = own_user(conn, look), look.me.user.id
    users.set_role(conn, look.organisation_id, user.name, _role(form), _sites(conn, look, form), look.now, user_id=by)
    users.set_email(conn, look.organisation_id, user.name, text(form, "email") or None, look.now, user_id=by)
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


def _role(form: FormData) -> Role:
    try:
        return Role(text(form, "role"))
    except ValueError as error:
        raise HTTPException(400, "Please choose one of the entries offered.") from error


def _sites(conn: Connection, look: Look, form: FormData) -> list[str]:
    """The names of the sites that were ticked; an owner has all of them anyway."""
    ticked = set(form.getlist("site"))
    known = people.site_names(conn, look.organisation_id)
    return [name for id, name in known.items() if str(id) in ticked and _role(form) is not Role.OWNER]


PAGES = (
    Page("/users", "users", listed, needs=_NEEDS),
    Page("/users/new", "user_new", new, needs=_NEEDS),
    Page("/users/{user_id:int}", "user", one, needs=_NEEDS),
)
ACTIONS = (
    Action("/users/new", add, _NEEDS),
    Action("/users/{user_id:int}", change, _NEEDS),
    Action("/users/{user_id:int}/link", link, _NEEDS),
    Action("/users/{user_id:int}/admit", admit, _NEEDS),
    Action("/users/{user_id:int}/second-factor", without_factor, _NEEDS),
)
