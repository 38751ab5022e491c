"""Choosing a password with a link. The link's token stands behind its `#`, which browsers send to nobody."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cloud.services import passwords, users
from cloud.services.errors import NotNow
from cloud.web import guard
from cloud.web.languages import N_
from cloud.web.sign_in import field, form_token
from cloud.web.web import Web

TOO_OLD = N_("This link was used already or is too old. Ask for another.")
TOO_SHORT = N_("A password has at least 10 characters.")
DIFFERENT = N_("The two passwords differ.")


def password_routes(web: Web) -> list[Route]:
    """The form and its answer."""

    async def form(request: Request) -> Response:
        return _page(web, request)

    async def submit(request: Request) -> Response:
        sent = await request.form()
        guard.check_token(sent, request.cookies.get(guard.FORM_COOKIE))
        code, password, again = (field(sent, name) for name in ("code", "password", "again"))
        if complaint := complaint_of(password, again):
            return _page(web, request, complaint, code)
        try:
            await passwords.choose(web.db, code.strip(), password, web.clock())
        except NotNow:
            return _page(web, request, TOO_OLD)
        return RedirectResponse("/sign-in?chosen=1", 303)

    return [Route("/password", form), Route("/password", submit, methods=["POST"])]


def complaint_of(password: str, again: str) -> str:
    """What is wrong with a new password that was typed twice; empty when nothing is."""
    if password != again:
        return DIFFERENT
    if len(password) > users.LONGEST_PASSWORD:
        raise HTTPException(400, "That is too long for a password.")
    return TOO_SHORT if len(password) < users.SHORTEST_PASSWORD else ""


def _page(web: Web, request: Request, problem: str = "", code: str = "") -> Response:
    token = form_token(request)
    context = {"csrf": token, "problem": problem, "code": code}
    response = web.html(request, "password.html", context, 422 if problem else 200)
    return guard.with_cookie(response, guard.FORM_COOKIE, token)
