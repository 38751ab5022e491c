"""The operator's pages and the API: their tables as routes, with what surrounds them.

Drivers' pages will be a package beside these with tables of their own.
"""

from collections.abc import Callable
from datetime import datetime

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Mount, Route

from cloud.db.database import Database
from cloud.services.bell import Bell
from cloud.services.mail import by_smtp
from cloud.settings import Settings
from cloud.web import errors
from cloud.web.api import api_mount
from cloud.web.assets import Assets, favicon
from cloud.web.console import ACTIONS, PAGES
from cloud.web.downloads import DOWNLOADS, download_route
from cloud.web.headers import SecurityHeaders
from cloud.web.packing import Packing
from cloud.web.pages import action_route, page_routes, sign_out_route
from cloud.web.passwords import password_routes
from cloud.web.sign_in import sign_in_routes
from cloud.web.templates import STATIC, environments
from cloud.web.web import Web, utc_now

LARGEST_BODY = 64 * 1024


def routes(db: Database, bell: Bell, settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> list[BaseRoute]:
    """The API, and everything a browser sees as a mount at the root: put them last."""
    post = by_smtp(settings.smtp_url, settings.mail_sender or "") if settings.smtp_url else None
    web = Web(db, bell, settings, environments(settings.time_zone), clock, post=post)
    handlers = errors.handlers(web)
    pages = [route for page in PAGES for route in page_routes(web, page)]
    by_path = {page.path: page for page in PAGES}
    doing = [action_route(web, action, by_path.get(action.page or action.path)) for action in ACTIONS]
    files = [download_route(web, download) for download in DOWNLOADS]
    inner = [
        *sign_in_routes(web),
        *password_routes(web),
        sign_out_route(web),
        *pages,
        *files,
        *doing,
        Route("/favicon.ico", favicon),
        Mount("/static", Assets(directory=STATIC)),
    ]
    around = [
        Middleware(SecurityHeaders),
        Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY),
        Middleware(Packing),
        Middleware(ServerErrorMiddleware, handler=handlers.pop(Exception)),
        Middleware(ExceptionMiddleware, handlers=handlers),
    ]
    return [api_mount(web), Mount("/", routes=inner, middleware=around)]
