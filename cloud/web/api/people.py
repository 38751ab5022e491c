"""Sites, users, and the audit log."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Connection

from cloud.db.queries import people
from cloud.db.queries import tariffs as tariff_rows
from cloud.domain.audit import AuditSearch
from cloud.domain.people import ROLES, Permission, Role, User
from cloud.services import audit, hashing, passwords, second_factor, sites, users
from cloud.services.errors import NotFound, NotNow
from cloud.services.sites import SiteTerms
from cloud.web.api.endpoints import Call, Endpoint, Kind, Struct, Text, given
from cloud.web.api.problems import Refused
from cloud.web.api.shapes.charging import Moment

LOOK, ADMIN = Permission.LOOK, Permission.ADMIN
_SITE, _USER = "/sites/{site_id:int}", "/users/{user_id:int}"
Email = Annotated[str, Meta(min_length=3, max_length=200)]


class Site(msgspec.Struct):
    """Where stations stand. Without a `time_zone` the organisation's counts, without a `tariff` none applies."""

    id: int
    name: str
    time_zone: str | None
    tariff: str | None
    stations: int


class NewSite(Struct):
    """A site to be added; its tariff by name."""

    name: Text
    time_zone: Text | None = None
    tariff: Text | None = None


class SiteChange(Struct):
    """What is given changes, what is left out stays; null takes away what the site has of its own."""

    name: Text | UnsetType = UNSET
    time_zone: Text | UnsetType | None = UNSET
    tariff: Text | UnsetType | None = UNSET


class Person(msgspec.Struct):
    """Who may sign in; no `sites` means all."""

    id: int
    name: str
    role: Role
    site_ids: list[int] | None
    email: str | None
    disabled: bool


class NewPerson(Struct):
    """A user to be added, with the first password or none yet; `sites` by their names, none for all."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    role: Role
    password: Annotated[str, Meta(min_length=10, max_length=1000)] | None = None
    sites: list[Text] = msgspec.field(default_factory=list)
    email: Email | None = None


class Invitation(msgspec.Struct):
    """Where a user chooses a password, once: `path` below the address of the pages; told only this once."""

    path: str
    expires_at: datetime


class PersonChange(Struct):
    """What is given changes, what is left out stays. With a new role, `sites` are the only ones; none for all."""

    role: Role | UnsetType = UNSET
    sites: list[Text] | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class AuditEntry(msgspec.Struct):
    """Who did what, and what changed by it; no `user` means the command line."""

    id: int
    at: datetime
    user: str | None
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


class AuditQuery(Struct):
    """Which entries; `contains` is looked for in action and subject."""

    contains: Text | None = None
    since: Moment | None = None
    until: Moment | None = None


def site_list(conn: Connection, call: Call) -> Any:
    seen = call.scope.site_ids
    return [site for site in sites.listed(conn, call.organisation_id) if seen is None or site.id in seen]


def add_site(conn: Connection, call: Call) -> Any:
    return sites.add(conn, call.organisation_id, _terms(conn, call, given(call.body)), call.now, user_id=call.user_id)


def change_site(conn: Connection, call: Call) -> Any:
    known = sites.find(conn, call.organisation_id, call.params["site_id"])
    wanted = {"name": known.name, "time_zone": known.time_zone, "tariff": known.tariff, **given(call.body)}
    terms = _terms(conn, call, wanted)
    sites.change(conn, call.organisation_id, known.id, terms, call.now, user_id=call.user_id)
    return sites.find(conn, call.organisation_id, known.id)


def _terms(conn: Connection, call: Call, wanted: dict[str, Any]) -> SiteTerms:
    tariff = tariff_rows.find(conn, call.organisation_id, wanted["tariff"]) if wanted["tariff"] else None
    if wanted["tariff"] and tariff is None:
        raise NotFound(f"there is no tariff {wanted['tariff']!r}")
    return SiteTerms(wanted["name"], wanted["time_zone"], tariff.id if tariff else None)


def user_list(conn: Connection, call: Call) -> list[dict[str, Any]]:
    return [shown(user) for user in users.listed(conn, call.organisation_id)]


def shown(user: User) -> dict[str, Any]:
    """A user as it is told."""
    told = {name: getattr(user, name) for name in Person.__struct_fields__}
    return told | {"site_ids": None if user.site_ids is None else sorted(user.site_ids)}


def hashed(body: NewPerson) -> NewPerson:
    """The same with the password's hash instead, which is slow on purpose."""
    password_hash = hashing.NO_PASSWORD if body.password is None else hashing.hash_password(body.password)
    return msgspec.structs.replace(body, password=password_hash)


def _check_role(call: Call, role: Role) -> None:
    """A key helps nobody to more than it may itself, nor changes who may more."""
    if beyond := sorted(each for each in ROLES[role] if not call.key.may(each)):
        raise Refused(403, f"This key may not {', '.join(beyond)}, as the role {role} may.")


def add_user(conn: Connection, call: Call) -> dict[str, Any]:
    values = given(call.body)
    _check_role(call, call.body.role)
    name, password_hash = values.pop("name"), values.pop("password")
    values["user_id"] = call.user_id
    return shown(users.create(conn, call.organisation_id, name, password_hash, call.now, **values))


def change_user(conn: Connection, call: Call) -> dict[str, Any]:
    known = _own_user(conn, call)
    for role in (known.role, given(call.body).get("role", known.role)):
        _check_role(call, role)
    wanted, who = given(call.body), {"user_id": call.user_id}
    if "role" in wanted or "sites" in wanted:
        names = {site.id: site.name for site in sites.listed(conn, call.organisation_id)}
        own = [names[id] for id in sorted(known.site_ids or ())]
        role, only = wanted.get("role", known.role), wanted.get("sites", [] if "role" in wanted else own)
        users.set_role(conn, call.organisation_id, known.name, role, only, call.now, **who)
    if "email" in wanted:
        users.set_email(conn, call.organisation_id, known.name, wanted["email"], call.now, **who)
    if "disabled" in wanted:
        (users.disable if wanted["disabled"] else users.enable)(conn, call.organisation_id, known.name, call.now, **who)
    return shown(users.find(conn, call.organisation_id, known.name))


def one_user(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(_own_user(conn, call))


def invite(conn: Connection, call: Call) -> dict[str, Any]:
    user = _own_user(conn, call)
    _check_role(call, user.role)
    if user.disabled:
        raise NotNow("a disabled user cannot sign in; enable the user first")
    token = passwords.invite(conn, user, call.now, user_id=call.user_id)
    return {"path": f"/password#{token}", "expires_at": call.now + passwords.INVITATION_LASTS}


def without_factor(conn: Connection, call: Call) -> None:
    user = _own_user(conn, call)
    _check_role(call, user.role)
    second_factor.remove(conn, user, call.now, user_id=call.user_id)


def _own_user(conn: Connection, call: Call) -> User:
    """The path's user; 404 when it is none of the organisation's."""
    user = people.by_id(conn, call.params["user_id"], call.organisation_id)
    if user is None:
        raise Refused(404)
    return user


def audit_log(conn: Connection, call: Call) -> Any:
    wanted = AuditSearch(contains=call.query.contains, since=call.query.since, until=call.query.until)
    return audit.listed(conn, call.organisation_id, wanted, call.limit + 1, call.after)


ENDPOINTS = (
    Endpoint("GET", "/sites", "List sites", LOOK, site_list, Site, Kind.ALL),
    Endpoint("POST", "/sites", "Add a site", ADMIN, add_site, Site, takes=NewSite, status=201),
    Endpoint("PATCH", _SITE, "Change a site", ADMIN, change_site, Site, takes=SiteChange),
    Endpoint("GET", "/users", "List users", ADMIN, user_list, Person, Kind.ALL),
    Endpoint("POST", "/users", "Add a user", ADMIN, add_user, Person, takes=NewPerson, status=201, prepare=hashed),
    Endpoint("GET", _USER, "Show a user", ADMIN, one_user, Person),
    Endpoint("POST", f"{_USER}/invitations", "Make a link to choose a password", ADMIN, invite, Invitation, status=201),
    Endpoint("DELETE", f"{_USER}/second-factor", "Remove a lost second factor", ADMIN, without_factor),
    Endpoint("PATCH", _USER, "Change a user", ADMIN, change_user, Person, takes=PersonChange),
    Endpoint("GET", "/audit", "Search the audit log", ADMIN, audit_log, AuditEntry, Kind.PAGE, AuditQuery),
)
