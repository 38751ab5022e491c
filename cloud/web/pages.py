"""What a page and an action are, and the routes they become: signed in, checked, read or written in one unit."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cloud.db.errors import Unavailable
from cloud.domain.people import Permission, Scope, SignedIn
from cloud.services import users
from cloud.web import guard
from cloud.web.live import EVENTS, PACE_S, stream
from cloud.web.web import Web

T = TypeVar("T")
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Look:
    """Who looks, at what, when; `params` are the path's."""

    me: SignedIn
    params: Mapping[str, Any]
    query: QueryParams
    now: datetime
    ocpp_url: str = ""
    """Where stations find this server, seen from where the browser found it."""
    origin: str = ""
    """Where the browser found this server, such as https://example.org."""
    currency: str = "EUR"
    """The one that new tariffs and drivers begin with."""

    @property
    def scope(self) -> Scope:
        return self.me.user.scope

    @property
    def organisation_id(self) -> int:
        return self.me.user.organisation_id


@dataclass(frozen=True)
class Page:
    """Something to look at. With `topics` its `<template>_live.html` follows the bell at `<path>/live`,
    once in `pace_s` at most.

    `read` returns what the template shows; it raises HTTPException or a ServiceError.
    """

    path: str
    template: str
    read: Callable[[Connection, Look], dict[str, Any]]
    topics: frozenset[str] = frozenset()
    needs: Permission = Permission.LOOK
    pace_s: float = PACE_S


@dataclass(frozen=True)
class Done:
    """Where to go after an action, and which topics to ring."""

    location: str
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What is told in the answer itself: a key, which is kept nowhere, or a form that cannot be taken as it is."""

    template: str
    context: Mapping[str, Any]
    topics: tuple[str, ...] = ()
    status: int = 200


@dataclass(frozen=True)
class Action:
    """Something to do: one unit of work, committed before the answer; it never waits for a station.

    One that `only_reads` answers a form without changing anything.
    """

    path: str
    write: Callable[[Connection, Look, FormData], Done | Shown]
    needs: Permission
    only_reads: bool = False


def page_routes(web: Web, page: Page) -> list[Route]:
    """The page and, if it is live, its stream."""

    async def show(request: Request) -> Response:
        context = await _context(web, page, request)
        live = _live_path(request) if page.topics else None
        return web.html(request, f"{page.template}.html", {**context, "live": live})

    async def follow(request: Request) -> Response:
        async def fragment() -> str:
            context = await _context(web, page, request)
            return web.text(request, f"{page.template}_live.html", context)

        if request.method == "HEAD":
            await fragment()
            return Response(media_type=EVENTS)
        return await stream(web.bell, page.topics, fragment, page.pace_s)

    shown = Route(page.path, show)
    return [shown, Route(f"{page.path.rstrip('/')}/live", follow)] if page.topics else [shown]


def action_route(web: Web, action: Action) -> Route:
    """The action's POST, refused without the form's token of this sign-in."""

    async def act(request: Request) -> Response:
        form = await request.form()
        me = await web.db.read(lambda conn: guard.signed_in(conn, request, web.clock()))
        guard.check_token(form, me.csrf)
        guard.check_role(me, action.needs)
        await _keep_signed_in(web, me)
        look = _look(web, me, request)
        do = web.db.read if action.only_reads else web.db.write
        done = await do(lambda conn: action.write(conn, look, form))
        web.bell.ring(*done.topics)
        if isinstance(done, Done):
            return RedirectResponse(done.location, 303)
        around = {"me": me, "now": look.now, "path": request.url.path}
        return web.html(request, f"{done.template}.html", {**done.context, **around}, done.status)

    return Route(action.path, act, methods=["POST"])


def sign_out_route(web: Web) -> Route:
    """Ends the sign-in: the token is forgotten by the server, and the cookie by the browser."""

    async def sign_out(request: Request) -> Response:
        form = await request.form()
        me = await web.db.read(lambda conn: guard.signed_in(conn, request, web.clock()))
        guard.check_token(form, me.csrf)
        await web.db.write(lambda conn: users.sign_out(conn, guard.token(request)))
        return guard.without_cookie(RedirectResponse("/sign-in", 303), guard.SIGN_IN_COOKIE)

    return Route("/sign-out", sign_out, methods=["POST"])


def text(form: FormData, name: str) -> str:
    """What was typed into a field, without spaces around it; empty when nothing was."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def whole(form: FormData, name: str) -> int:
    """A whole number from a form; HTTPException 400 when it is none."""
    value = form.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 9:
        raise HTTPException(400, "Please choose one of the entries offered.")
    return int(value)


def _look(web: Web, me: SignedIn, request: Request) -> Look:
    if any(isinstance(value, int) and value > LARGEST_ID for value in request.path_params.values()):
        raise HTTPException(404)
    ocpp_url = f"{'wss' if web.settings.https else 'ws'}://{request.url.netloc}/ocpp"
    origin = f"{'https' if web.settings.https else request.url.scheme}://{request.url.netloc}"
    return Look(
        me,
        request.path_params,
        request.query_params,
        web.clock(),
        ocpp_url,
        origin,
        me.currency or web.settings.currency,
    )


def looking(
    web: Web, request: Request, needs: Permission, read: Callable[[Connection, Look], T]
) -> Callable[[Connection], T]:
    """What `read` finds for whoever is signed in and may see it."""
    now = web.clock()

    def unit(conn: Connection) -> T:
        me = guard.signed_in(conn, request, now)
        guard.check_role(me, needs)
        return read(conn, _look(web, me, request))

    return unit


async def _context(web: Web, page: Page, request: Request) -> dict[str, Any]:
    """What a page's template needs; who looks at it keeps being signed in."""

    def read(conn: Connection, look: Look) -> dict[str, Any]:
        return {**page.read(conn, look), "me": look.me, "now": look.now, "path": request.url.path}

    context = await web.db.read(looking(web, request, page.needs, read))
    await _keep_signed_in(web, context["me"])
    return context


async def _keep_signed_in(web: Web, me: SignedIn) -> None:
    now = web.clock()
    if me.used_at is not None and now - me.used_at > users.TOUCHED_EVERY:
        with suppress(Unavailable):
            await web.db.write(lambda conn: users.used(conn, me, now))


def _live_path(request: Request) -> str:
    path = f"{request.url.path.rstrip('/')}/live"
    return f"{path}?{request.url.query}" if request.url.query else path
