"""What went wrong, for programs: problem details (RFC 9457)."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cloud.db.errors import Unavailable
from cloud.domain.errors import DomainError
from cloud.services.errors import Malformed, NotFound, ServiceError

MEDIA = "application/problem+json"
DOCS = "/api/v1/docs#problem-"
WHATS: Mapping[int, tuple[str, str]] = {
    400: ("unreadable", "The request cannot be read"),
    401: ("unauthorized", "A valid API key is needed"),
    403: ("forbidden", "This key may not do that"),
    404: ("not-found", "There is nothing here"),
    405: ("method", "This method is not for this address"),
    409: ("conflict", "Not possible in the present state"),
    413: ("too-large", "Too much was sent"),
    415: ("media-type", "The body must be JSON"),
    422: ("invalid", "What was sent does not fit"),
    429: ("too-many", "Too many requests"),
    500: ("internal", "Something went wrong on our side"),
    503: ("unavailable", "The database is unavailable"),
}
_DETAILS: Mapping[int, str] = {
    401: "Send the header `Authorization: Bearer bol_…` with a key that is neither expired nor revoked.",
    404: "The address is wrong, or what was here is gone or not for this key.",
    405: "The header Allow names those that are.",
    500: "It has been written to the server's log.",
    503: "Nothing was saved; try again in a moment. Charging goes on.",
}


class Fault(msgspec.Struct):
    """One thing that does not fit: where (a JSON pointer into the body, or a parameter's name) and why."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457); `type` leads to its explanation."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class Refused(Exception):
    """A request that gets this status, with what does not fit about it."""

    def __init__(
        self, status: int, detail: str = "", errors: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers


def problem(status: int, detail: str = "", errors: tuple[Fault, ...] = ()) -> Problem:
    """The problem of a status."""
    name, title = WHATS.get(status, ("other", HTTPStatus(status).phrase))
    return Problem(f"{DOCS}{name}", title, status, detail or _DETAILS.get(status, title), list(errors))


def answer(
    status: int, detail: str = "", errors: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The response that tells it."""
    return Response(msgspec.json.encode(problem(status, detail, errors)), status, headers, MEDIA)


def misfit(error: msgspec.ValidationError) -> Refused:
    """What msgspec found wrong with a body: "… - at `$.a.b[0]`", the path as a JSON pointer."""
    what, _, path = str(error).rpartition(" - at `$")
    if not what:
        return Refused(422, "", (Fault(str(error), pointer=""),))
    pointer = re.sub(r"\[(\d+)\]", r"/\1", path.rstrip("`")).replace(".", "/")
    return Refused(422, f"{what} at {pointer}", (Fault(what, pointer=pointer),))


async def refused(request: Request, error: Refused) -> Response:
    return answer(error.status, error.detail, error.errors, error.headers)


async def http(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404 and request.url.path.endswith("/"):
        return answer(404, "No address here ends with a slash; leave it out.")
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    return answer(error.status_code, detail if error.status_code not in _DETAILS else "", (), error.headers)


async def unavailable(request: Request, error: Unavailable) -> Response:
    return answer(503, headers={"Retry-After": "5"})


async def service(request: Request, error: ServiceError | DomainError) -> Response:
    """What the use cases refuse: 404 for what is unknown, 422 for what can never be, 409 for what cannot be now."""
    malformed = isinstance(error, Malformed | DomainError)
    return answer(404 if isinstance(error, NotFound) else 422 if malformed else 409, str(error))


async def broken(request: Request, error: Exception) -> Response:
    return answer(500)


HANDLERS: Mapping[Any, Any] = {
    Refused: refused,
    HTTPException: http,
    Unavailable: unavailable,
    ServiceError: service,
    DomainError: service,
}
