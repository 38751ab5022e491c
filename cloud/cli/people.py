"""Who may sign in, and what they may do."""

import asyncio
import getpass
import secrets
import sys
from argparse import Namespace

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument, one_of, table
from cloud.db.queries.people import site_names
from cloud.domain.people import Role, User
from cloud.services import hashing, second_factor, users
from cloud.services.errors import NotNow


async def _create_user(context: Context, asked: Namespace) -> Answer:
    password = await asyncio.to_thread(_password, asked)
    password_hash = await asyncio.to_thread(hashing.hash_password, password)
    place = {"role": asked.role, "sites": asked.site, "email": asked.email}
    if asked.replace:
        await context.write(users.set_password, asked.name, password_hash, context.now)
    else:
        await context.write(users.create, asked.name, password_hash, context.now, **place)
    shown = {"name": asked.name} | ({"password": password} if asked.generate else {})
    return Answer(shown, "\n".join(f"{what}: {value}" for what, value in shown.items()))


def _password(asked: Namespace) -> str:
    if asked.generate:
        return secrets.token_urlsafe(12)
    if asked.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise NotNow("nobody is there to type a password; use --password-stdin or --generate")
    typed = getpass.getpass("Password: ")
    if typed != getpass.getpass("Again: "):
        raise NotNow("the two passwords differ")
    return typed


async def _set_role(context: Context, asked: Namespace) -> Answer:
    user = await context.write(users.set_role, asked.name, asked.role, asked.site, context.now)
    where = f"at {', '.join(asked.site)}" if asked.site else "everywhere"
    return Answer(user, f"{user.name} is {user.role} {where}")


async def _users(context: Context, _asked: Namespace) -> Answer:
    found, sites = await context.read(users.listed), await context.read(site_names)
    rows: list[tuple[object, ...]] = [
        (user.name, user.role, ", ".join(sites[id] for id in sorted(user.site_ids or ())) or "all", user.email)
        for user in found
    ]
    return Answer(found, table("NAME ROLE SITES EMAIL", rows, "nobody may sign in yet; `create-user` adds somebody"))


async def _remove_second_factor(context: Context, asked: Namespace) -> Answer:
    def unit(conn: Connection) -> User:
        user = users.find(conn, context.organisation_id, asked.name)
        second_factor.remove(conn, user, context.now)
        return user

    user = await context.db.write(unit)
    return Answer(user, f"{user.name} signs in with the password alone")


_SITES = argument(
    "--site", action="append", default=[], metavar="NAME", help="only this site (more than once for several)"
)

VERBS = (
    Verb(
        "create-user",
        "add someone who may sign in to the operator's pages",
        _create_user,
        (
            argument("name", metavar="NAME", help="the name to sign in with"),
            argument("--password-stdin", action="store_true", help="read the password from standard input"),
            argument("--generate", action="store_true", help="make a password and print it"),
            argument("--replace", action="store_true", help="give an existing user a new password"),
            argument("--role", type=one_of(Role), choices=list(Role), default=Role.OWNER, help="what they may do"),
            _SITES,
            argument("--email", help="where to send what they forgot"),
        ),
    ),
    Verb("users", "list who may sign in", _users),
    Verb(
        "remove-second-factor",
        "let somebody who lost their authenticator sign in with the password alone",
        _remove_second_factor,
        (argument("name", metavar="NAME", help="the name to sign in with"),),
    ),
    Verb(
        "set-role",
        "say what somebody may do, and where",
        _set_role,
        (
            argument("name", metavar="NAME", help="the name to sign in with"),
            argument("role", type=one_of(Role), choices=list(Role), help="owner, operator, technician or viewer"),
            _SITES,
        ),
    ),
)
