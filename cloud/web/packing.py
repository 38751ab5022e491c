"""Answers by gzip, but never one that a foreign page could have asked for."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEVEL = 6
SMALLEST = 1000
_OWN = frozenset({"same-origin", "none"})


class Packing:
    """Packs what is asked for by a page of ours, by typing its address, or without a cookie.

    Whoever can have guesses packed beside a secret learns it from the length (BREACH). That takes requests which
    carry the user's cookie and come from a foreign page, and of those every browser says `Sec-Fetch-Site: cross-site`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packed = GZipMiddleware(app, minimum_size=SMALLEST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        own = "cookie" not in headers or headers.get("sec-fetch-site") in _OWN
        await (self._packed if own else self._plain)(scope, receive, send)
