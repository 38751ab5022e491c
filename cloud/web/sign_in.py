"""Signing in: one form, one cookie, a pause after too many tries."""

import math
import secrets
import time
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cloud.domain.words import N_
from cloud.services import second_factor, users
from cloud.web import forms, guard
from cloud.web.console.me import WRONG_CODE
from cloud.web.forms import Field, Form
from cloud.web.refusals import Refusal
from cloud.web.web import Web

LONGEST = 1000
WRONG = N_("Name or password is wrong. After several wrong tries even the right one has to wait a few minutes.")
TOO_MANY = N_("Too many tries. Please wait a few minutes, then try again.")

HERE, _CODE = "/sign-in", "/sign-in/code"
NAME = Field("name", N_("Name"), "code", "", True, 200, "username")
SIGN_IN = (NAME, Field("password", N_("Password"), "secret", "", True, LONGEST, "current-password"))
CODE = (Field("code", N_("Code of your authenticator, or a recovery code"), "once", "", True, 30, "one-time-code"),)


def sign_in_routes(web: Web) -> list[Route]:
    """The form and its answer."""

    async def form(request: Request) -> Response:
        if await _already(web, request):
            return RedirectResponse(guard.own_path(request.query_params.get("next")), 303)
        return _form(web, request, guard.own_path(request.query_params.get("next")))

    async def submit(request: Request) -> Response:
        sent = await request.form()
        guard.check_token(sent, request.cookies.get(guard.FORM_COOKIE))
        return await _answer(web, request, sent)

    async def code_form(request: Request) -> Response:
        if guard.HALFWAY_COOKIE not in request.cookies:
            return RedirectResponse("/sign-in", 303)
        return _code_form(web, request, guard.own_path(request.query_params.get("next")))

    async def code(request: Request) -> Response:
        sent = await request.form()
        guard.check_token(sent, request.cookies.get(guard.FORM_COOKIE))
        return await _code(web, request, sent)

    return [
        Route("/sign-in", form),
        Route("/sign-in", submit, methods=["POST"]),
        Route("/sign-in/code", code_form),
        Route("/sign-in/code", code, methods=["POST"]),
    ]


async def _answer(web: Web, request: Request, sent: FormData) -> Response:
    name, password, wanted = field(sent, "name"), field(sent, "password"), guard.own_path(field(sent, "next"))
    where = neighbourhood(request)
    wait_s = web.throttle.wait_s(where, time.monotonic())
    if wait_s:
        return _paused(web, request, wanted, wait_s, sent)
    browser, address = request.headers.get("user-agent", ""), request.client.host if request.client else ""
    whence = {"browser": browser, "address": address, "mark": guard.mark(request)}
    token = await users.sign_in(web.db, name, password, web.clock(), **whence)
    if token is None:
        return _form(web, request, wanted, Refusal(HERE, sent, {"password": WRONG}, 401))
    web.throttle.take_back(where)
    if await web.db.read(lambda conn: second_factor.is_halfway(conn, token, web.clock())):
        return guard.with_cookie(RedirectResponse(_code_path(wanted), 303), guard.HALFWAY_COOKIE, token)
    return await _entered(web, request, wanted, token)


async def _code(web: Web, request: Request, sent: FormData) -> Response:
    """Where the password was right, a code; wrong ones slow down like wrong passwords."""
    wanted, halfway = guard.own_path(field(sent, "next")), request.cookies.get(guard.HALFWAY_COOKIE, "")
    wait_s = web.throttle.wait_s(neighbourhood(request), time.monotonic())
    if wait_s:
        return _code_form(web, request, wanted, Refusal(_CODE, sent, {"": TOO_MANY}, 429))
    code = field(sent, "code")
    token = await web.db.write(lambda conn: second_factor.complete(conn, halfway, code, web.clock()))
    if token is None:
        return guard.without_cookie(RedirectResponse("/sign-in", 303), guard.HALFWAY_COOKIE)
    if not token:
        return _code_form(web, request, wanted, Refusal(_CODE, sent, {"code": WRONG_CODE}, 401))
    web.throttle.take_back(neighbourhood(request))
    return guard.without_cookie(await _entered(web, request, wanted, token), guard.HALFWAY_COOKIE)


async def _entered(web: Web, request: Request, wanted: str, token: str) -> Response:
    me = await web.db.read(lambda conn: users.signed_in(conn, token, web.clock()))
    response = guard.without_cookie(RedirectResponse(wanted, 303), guard.FORM_COOKIE)
    if me is not None:
        await guard.remembered(web.db, request, response, me.user.id)
    return guard.with_cookie(response, guard.SIGN_IN_COOKIE, token)


def _code_path(wanted: str) -> str:
    return f"/sign-in/code?next={quote(wanted, safe='/')}" if wanted != "/" else "/sign-in/code"


def _code_form(web: Web, request: Request, wanted: str, refusal: Refusal | None = None) -> Response:
    form = Form("code", _CODE, CODE, N_("Sign in"), "", hidden={"next": wanted}, focus="code")
    return public_page(web, request, "sign_in_code.html", {"shown": form}, refusal)


def public_page(
    web: Web, request: Request, template: str, context: dict[str, Any], refusal: Refusal | None
) -> Response:
    """A page with a form for people who are not signed in."""
    token = form_token(request)
    context |= {"csrf": token}
    whole = forms.again(context, refusal) if refusal else context
    answer = web.html(request, template, whole, refusal.status if refusal else 200)
    return guard.with_cookie(answer, guard.FORM_COOKIE, token)


async def _already(web: Web, request: Request) -> bool:
    try:
        await web.db.read(lambda conn: guard.signed_in(conn, request, web.clock()))
    except guard.SignInNeeded:
        return False
    return True


def _form(web: Web, request: Request, wanted: str, refusal: Refusal | None = None) -> Response:
    form = Form("sign-in", HERE, SIGN_IN, N_("Sign in"), "", hidden={"next": wanted}, focus="name")
    told = {"insecure": _insecure(web, request), "chosen": "chosen" in request.query_params}
    return public_page(web, request, "sign_in.html", {"shown": form, **told}, refusal)


def _paused(web: Web, request: Request, wanted: str, wait_s: float, sent: FormData) -> Response:
    response = _form(web, request, wanted, Refusal(HERE, sent, {"": TOO_MANY}, 429))
    response.headers["Retry-After"] = str(math.ceil(wait_s))
    return response


def _insecure(web: Web, request: Request) -> bool:
    """Whether the browser came without TLS from elsewhere: it would silently drop our cookie."""
    return not web.settings.https and request.url.hostname not in {"localhost", "127.0.0.1", "::1"}


def form_token(request: Request) -> str:
    """The token of forms for people who are not signed in, kept in a cookie."""
    return request.cookies.get(guard.FORM_COOKIE) or secrets.token_urlsafe(24)


def field(sent: FormData, name: str) -> str:
    """A form's text, cut where nobody types on."""
    value = sent.get(name)
    return value[:LONGEST] if isinstance(value, str) else ""


def neighbourhood(request: Request) -> Hashable:
    """Where tries are counted: an IPv4 address, or the /64 network that one IPv6 subscriber has to himself."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address
