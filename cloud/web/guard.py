"""Who may pass: the sign-in cookie, the token in every form, and where to go after signing in."""

import secrets
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cloud.db.database import Database
from cloud.db.queries import people
from cloud.domain.people import Permission, SignedIn
from cloud.services import tries, users

SIGN_IN_COOKIE = "__Host-bollard"
HALFWAY_COOKIE = "__Host-bollard-half"
FORM_COOKIE = "__Host-bollard-form"
KNOWN_COOKIE = "__Host-bollard-known"
KNOWN_FOR_S = 365 * 86_400

AnyResponse = TypeVar("AnyResponse", bound=Response)


class SignInNeeded(Exception):
    """Nobody is signed in here (any more)."""


def token(request: Request) -> str:
    """The sign-in token the browser holds. Raises SignInNeeded."""
    held = request.cookies.get(SIGN_IN_COOKIE)
    if not held:
        raise SignInNeeded
    return held


def signed_in(conn: Connection, request: Request, now: datetime) -> SignedIn:
    """Who asks. Raises SignInNeeded."""
    who = users.signed_in(conn, token(request), now)
    if who is None:
        raise SignInNeeded
    return who


def check_token(form: FormData, expected: str | None) -> None:
    """Raises HTTPException 403 unless the form carries the expected token."""
    given = form.get("csrf")
    if not expected or not isinstance(given, str) or not secrets.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(403, "This form is out of date. Go back, reload the page and try again.")


def check_role(me: SignedIn, needed: Permission) -> None:
    """Raises HTTPException 403 unless the role of who asks allows it."""
    if not me.user.may(needed):
        raise HTTPException(403, "Your role does not allow this. An owner of the organisation can change that.")


def with_cookie(response: AnyResponse, name: str, value: str, max_age: int | None = None) -> AnyResponse:
    """Sets a cookie that only this host reads, only over TLS, never a script, and no foreign form sends."""
    response.set_cookie(name, value, max_age, path="/", secure=True, httponly=True, samesite="lax")
    return response


def mark(request: Request) -> str:
    """What the browser holds of an earlier sign-in."""
    return request.cookies.get(KNOWN_COOKIE, "")


async def remembered(db: Database, request: Request, response: AnyResponse, user_id: int) -> AnyResponse:
    """From now on the browser is known to belong to this user, so that strangers' guesses do not make it wait."""
    password_hash = await db.read(lambda conn: people.password_hash(conn, user_id))
    return with_cookie(response, KNOWN_COOKIE, tries.mark(password_hash, mark(request)), KNOWN_FOR_S)


def without_cookie(response: AnyResponse, name: str) -> AnyResponse:
    """Makes the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
    return response


def own_path(wanted: str | None) -> str:
    """`wanted` if it leads to a page of ours, else the first page: never to another host."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or not wanted.isprintable():
        return "/"
    return "/" if "\\" in wanted else wanted
