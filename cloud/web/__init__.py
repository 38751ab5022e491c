"""The operator's pages: what there is to see and to do, as two tables.

Drivers' pages and the API will each be a package beside these modules with tables of their own.
"""

from collections.abc import Callable
from datetime import datetime

from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Mount

from cloud.db.database import Database
from cloud.domain.people import Permission
from cloud.services.bell import Bell, Topic
from cloud.settings import Settings
from cloud.web import actions, errors, views
from cloud.web.assets import Assets
from cloud.web.downloads import DOWNLOADS, download_route
from cloud.web.headers import SecurityHeaders
from cloud.web.pages import Action, Page, action_route, page_routes, sign_out_route
from cloud.web.sign_in import sign_in_routes
from cloud.web.templates import STATIC, environments
from cloud.web.web import Web, utc_now

LARGEST_BODY = 64 * 1024
_EVERYTHING = frozenset(Topic)
_PLACE = "/stations/{station_id:int}/connectors/{connector:int}"

PAGES = (
    Page("/", "home", views.home, _EVERYTHING),
    Page("/sessions", "sessions", views.ended, frozenset({Topic.SESSIONS})),
    Page("/sessions/{session_id:int}", "session", views.session, frozenset({Topic.SESSIONS})),
    Page("/bills/{number}", "bill", views.bill),
    Page(f"{_PLACE}/start", "start", views.start_form, needs=Permission.COMMAND),
    Page("/commands/{command_id:int}", "command", views.command, frozenset({Topic.COMMANDS, Topic.SESSIONS})),
    Page("/sessions/{session_id:int}/correct", "correct", views.correct_form, needs=Permission.BILL),
    Page("/attention", "attention", views.attention, _EVERYTHING),
)
ACTIONS = (
    Action(f"{_PLACE}/start", actions.start, Permission.COMMAND),
    Action("/sessions/{session_id:int}/stop", actions.stop, Permission.COMMAND),
    Action("/sessions/{session_id:int}/review", actions.review, Permission.BILL),
    Action("/sessions/{session_id:int}/correct", actions.correct, Permission.BILL),
)


def routes(db: Database, bell: Bell, settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> list[BaseRoute]:
    """Everything a browser sees, as one mount at the root: put it last."""
    web = Web(db, bell, settings, environments(settings.time_zone), clock)
    handlers = errors.handlers(web)
    pages = [route for page in PAGES for route in page_routes(web, page)]
    doing = [action_route(web, action) for action in ACTIONS]
    files = [download_route(web, download) for download in DOWNLOADS]
    inner = [
        *sign_in_routes(web),
        sign_out_route(web),
        *pages,
        *files,
        *doing,
        Mount("/static", Assets(directory=STATIC)),
    ]
    around = [
        Middleware(SecurityHeaders),
        Middleware(ServerErrorMiddleware, handler=handlers.pop(Exception)),
        Middleware(ExceptionMiddleware, handlers=handlers),
    ]
    return [Mount("/", routes=inner, middleware=around, max_body_size=LARGEST_BODY)]
