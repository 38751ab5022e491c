"""What went wrong, as a page in plain words."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from cloud.db.errors import Unavailable
from cloud.domain.errors import DomainError
from cloud.domain.words import N_
from cloud.services.errors import NotFound, ServiceError
from cloud.web.guard import SignInNeeded
from cloud.web.web import Web

Handler = Callable[[Request, Any], Awaitable[Response]]

RETRY_AFTER = {"Retry-After": "5"}
TITLES: Mapping[int, str] = {
    400: N_("This could not be understood"),
    403: N_("Not allowed"),
    404: N_("There is nothing here"),
    405: N_("This cannot be done here"),
    409: N_("Not possible right now"),
    413: N_("Too much was sent"),
    500: N_("Something went wrong on our side"),
    503: N_("The database is unavailable"),
}
OTHERWISE = N_("That did not work")
DETAILS: Mapping[int, str] = {
    404: N_("The address may be mistyped, or what was here is gone."),
    405: N_("Go back and use the buttons of the page."),
    413: N_("A form of ours is never that large."),
    500: N_("It has been written to the server's log. Trying again in a moment may help."),
    503: N_(
        "Nothing can be read or saved until it is back. Charging goes on: the stations keep what they measure "
        "and deliver it later. Reload this page in a moment."
    ),
}


def handlers(web: Web) -> dict[Any, Handler]:
    """Exception -> the page that tells it."""

    def told(request: Request, status: int, detail: str = "") -> Response:
        if request.url.path.endswith("/live"):
            return PlainTextResponse(TITLES.get(status, "Error"), status)
        return _page(web, request, status, detail)

    async def http(request: Request, error: HTTPException) -> Response:
        plain = error.detail if error.status_code not in DETAILS else ""
        return told(request, error.status_code, plain)

    async def unavailable(request: Request, error: Unavailable) -> Response:
        response = told(request, 503)
        response.headers.update(RETRY_AFTER)
        return response

    async def refused(request: Request, error: ServiceError | DomainError) -> Response:
        return told(request, 404 if isinstance(error, NotFound) else 409, str(error))

    async def broken(request: Request, error: Exception) -> Response:
        return told(request, 500)

    return {
        HTTPException: http,
        SignInNeeded: sign_in_needed,
        Unavailable: unavailable,
        ServiceError: refused,
        DomainError: refused,
        Exception: broken,
    }


async def sign_in_needed(request: Request, error: SignInNeeded) -> Response:
    """To the sign-in page and back here afterwards; a stream, which nobody looks at, is told 401."""
    if request.url.path.endswith("/live"):
        return PlainTextResponse("Sign in first.", 401)
    if request.method != "GET":
        return RedirectResponse("/sign-in", 303)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='/')}" if wanted != "/" else "/sign-in", 303)


def _page(web: Web, request: Request, status: int, detail: str) -> Response:
    title = TITLES.get(status, OTHERWISE)
    return web.html(request, "error.html", {"title": title, "detail": detail or DETAILS.get(status, "")}, status)
