"""What a page and an action are, and the routes they become: signed in, checked, read or written in one unit."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, compile_path

from cloud.db.errors import Unavailable
from cloud.domain.people import Permission, Scope, SignedIn
from cloud.services import users
from cloud.web import forms, guard, languages
from cloud.web.live import EVENTS, PACE_S, stream
from cloud.web.refusals import REFUSING, Refusal, Refused, refusal
from cloud.web.web import Web

T = TypeVar("T")
_OWN_TOKEN = secrets.token_hex()
LARGEST_ID = 2**63 - 1
LARGEST_FIELD = 1024 * 1024


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
    trusted_hosts: frozenset[str] = frozenset()
    """Those that webhooks may call wherever they are."""
    typed: FormData | None = None
    """What was sent with a form of this page, where it was refused."""

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
    """What is told in the answer itself, such as a key, which is kept nowhere.

    With `problems` (as in `Refused`) its form was refused.
    """

    template: str
    context: Mapping[str, Any]
    topics: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """Something to do: one unit of work, committed before the answer; it never waits for a station.

    One that `only_reads` answers a form without changing anything. `page`: the path of the page that its form
    stands on, if not its own; that page is shown again when the action is refused.
    """

    path: str
    write: Callable[[Connection, Look, FormData], Done | Shown | Refused]
    needs: Permission
    only_reads: bool = False
    page: str = ""
    largest: int | None = None
    """Bytes of what may be sent, where that is more than for others."""


def page_routes(web: Web, page: Page) -> list[Route]:
    """The page and, if it is live, its stream."""

    async def show(request: Request) -> Response:
        context = await _context(web, page, request)
        live = _live_path(request) if page.topics else None
        return web.html(request, f"{page.template}.html", {**context, "live": live})

    async def follow(request: Request) -> Response:
        async def fragment() -> tuple[int, str]:
            look = await web.db.read(looking(web, request, page.needs, lambda _conn, look: look))
            await _keep_signed_in(web, look.me)
            return look.me.user.id, await _fragment(web, page, request, look)

        if request.method == "HEAD":
            await fragment()
            return Response(media_type=EVENTS)
        return await stream(web.bell, web.streams, page.topics, fragment, page.pace_s)

    shown = Route(page.path, show)
    return [shown, Route(f"{page.path.rstrip('/')}/live", follow)] if page.topics else [shown]


def action_route(web: Web, action: Action, page: Page | None) -> Route:
    """The action's POST, refused without the form's token of this sign-in; `page` has its form."""

    async def act(request: Request) -> Response:
        me = await web.db.read(lambda conn: guard.signed_in(conn, request, web.clock()))
        form = await request.form(max_part_size=action.largest or LARGEST_FIELD)
        guard.check_token(form, me.csrf)
        guard.check_role(me, action.needs)
        await _keep_signed_in(web, me)
        look = _look(web, me, request)
        do = web.db.read if action.only_reads else web.db.write
        try:
            done = await do(lambda conn: action.write(conn, look, form))
        except REFUSING as error:
            return await shown_again(web, page, request, error, form)
        if isinstance(done, Refused):
            return await shown_again(web, page, request, done, form)
        web.bell.ring(*done.topics)
        return (
            RedirectResponse(done.location, 303) if isinstance(done, Done) else _shown(web, request, look, done, form)
        )

    return Route(action.path, act, methods=["POST"], max_body_size=action.largest)


async def shown_again(web: Web, page: Page | None, request: Request, error: Exception, form: FormData) -> Response:
    """The form's page with what was typed and what is wrong with it; raises the error where another try is no use."""
    refused = refusal(error, request.url.path, form)
    if page is None or refused is None:
        raise error
    context = await _context(web, page, request, form)
    return web.html(request, f"{page.template}.html", forms.again(context, refused), refused.status)


def _shown(web: Web, request: Request, look: Look, done: Shown, form: FormData) -> Response:
    context = {**done.context, "me": look.me, "now": look.now, "path": request.url.path}
    if not done.problems:
        return web.html(request, f"{done.template}.html", context)
    refused = Refusal(request.url.path, form, done.problems)
    return web.html(request, f"{done.template}.html", forms.again(context, refused), refused.status)


def sign_out_route(web: Web) -> Route:
    """Ends the sign-in: the token is forgotten by the server, and the cookie by the browser."""

    async def sign_out(request: Request) -> Response:
        form = await request.form()
        me = await web.db.read(lambda conn: guard.signed_in(conn, request, web.clock()))
        guard.check_token(form, me.csrf)
        await web.db.write(lambda conn: users.sign_out(conn, guard.token(request)))
        return guard.without_cookie(RedirectResponse("/sign-in", 303), guard.SIGN_IN_COOKIE)

    return Route("/sign-out", sign_out, methods=["POST"])


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
        web.settings.trusted_hosts,
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


async def _fragment(web: Web, page: Page, request: Request, look: Look) -> str:
    """A page's live part, read and written once for all who may see the same: it is not told who they are.

    Where its forms want the token of a sign-in, each gets the own one.
    """
    nobody = replace(
        look.me, csrf=_OWN_TOKEN, id=0, used_at=None, user=replace(look.me.user, id=0, name="", email=None)
    )
    one = replace(look, me=nobody)
    seen = (tuple(sorted(one.params.items())), str(one.query), nobody, one.ocpp_url, one.origin, one.currency)

    async def made() -> str:
        context = await web.db.read(lambda conn: page.read(conn, one))
        return web.text(request, f"{page.template}_live.html", {**context, "me": nobody, "now": one.now})

    text = await web.shared.get((page.path, languages.wanted(request), *seen), made)
    return text.replace(_OWN_TOKEN, look.me.csrf)


async def _context(web: Web, page: Page, request: Request, typed: FormData | None = None) -> dict[str, Any]:
    """What a page's template needs; who looks at it keeps being signed in."""
    path = compile_path(page.path)[1].format(**request.path_params)

    def read(conn: Connection, look: Look) -> dict[str, Any]:
        return {**page.read(conn, replace(look, typed=typed)), "me": look.me, "now": look.now, "path": path}

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
