"""Our own static files, which browsers may keep: their address changes with their content."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from cloud.web.templates import static_url


class Assets(StaticFiles):
    """Static files with a year's life when asked for by their versioned address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v="):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


async def favicon(request: Request) -> Response:
    """Where browsers look for an icon beside what is no page of ours: a PDF, the API's answers."""
    return RedirectResponse(static_url("favicon.svg"), 308, {"Cache-Control": "public, max-age=86400"})
