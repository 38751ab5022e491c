"""The API under /api/v1: a table of endpoints, from which its routes, its document and its documentation are made."""

import json
import re
from functools import cache
from importlib.metadata import version
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from cloud.web.api import (
    accounts,
    books,
    commands,
    docs,
    hooks,
    keys,
    organisation,
    people,
    problems,
    sessions,
    stations,
    tags,
    tariffs,
    watching,
)
from cloud.web.api.endpoints import Endpoint
from cloud.web.api.limits import Buckets
from cloud.web.api.openapi import PREFIX, document
from cloud.web.api.runner import Api, api_routes
from cloud.web.headers import SecurityHeaders
from cloud.web.packing import Packing
from cloud.web.web import Web

ENDPOINTS: tuple[Endpoint, ...] = (
    *stations.ENDPOINTS,
    *commands.ENDPOINTS,
    *sessions.ENDPOINTS,
    *tags.ENDPOINTS,
    *accounts.ENDPOINTS,
    *tariffs.ENDPOINTS,
    *books.ENDPOINTS,
    *watching.ENDPOINTS,
    *organisation.ENDPOINTS,
    *people.ENDPOINTS,
    *keys.ENDPOINTS,
    *hooks.ENDPOINTS,
)


@cache
def _told() -> tuple[bytes, dict[str, Any]]:
    """The document, and what its page shows: the same for every server of this version."""
    told = document(ENDPOINTS, version("bollard"))
    return json.dumps(told).encode(), docs.shown(told)


def api_mount(web: Web) -> Mount:
    """Everything under /api; anybody may read its document. What is wrong with an address is told as a problem too."""
    encoded, shown = _told()

    async def openapi(request: Request) -> Response:
        return Response(encoded, media_type="application/json")

    api = Api(web, Buckets(web.settings.api_requests_per_minute))
    around = [
        Middleware(SecurityHeaders),
        Middleware(Packing),
        Middleware(ServerErrorMiddleware, handler=problems.broken),
        Middleware(ExceptionMiddleware, handlers=problems.HANDLERS),
    ]
    routes = [Route("/openapi.json", openapi), docs.docs_route(web, shown), *api_routes(api, ENDPOINTS)]
    root, version_1 = PREFIX.rsplit("/", 1)
    mounted = _whole(Mount(f"/{version_1}", Router(routes, redirect_slashes=False)))
    return _whole(Mount(root, Router([mounted], redirect_slashes=False), middleware=around))


def _whole(mount: Mount) -> Mount:
    """With addresses that have a line feed in them too, which Starlette's pattern leaves to nobody."""
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount
