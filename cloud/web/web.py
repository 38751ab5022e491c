"""What every page needs: the database, the bell, the settings, the clock and the templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cloud.db.database import Database
from cloud.services.bell import Bell
from cloud.services.mail import Post
from cloud.settings import Settings
from cloud.web import languages
from cloud.web.live import Streams
from cloud.web.sharing import Shared
from cloud.web.throttle import Throttle

NOTHING: dict[str, Any] = {"live": None, "refused": (), "typed": None, "wrong": {}}
"""What most pages do not have: a stream, a refused form, what was typed into it, and its complaints by field."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Web:
    """One value handed to every handler; nothing of it is global."""

    db: Database
    bell: Bell
    settings: Settings
    templates: Mapping[str, jinja2.Environment]
    clock: Callable[[], datetime] = utc_now
    throttle: Throttle = field(default_factory=Throttle)
    streams: Streams = field(default_factory=Streams)
    shared: Shared = field(default_factory=Shared)
    post: Post | None = None
    """Sends letters, where a mail server was named."""

    def text(self, request: Request, template: str, context: dict[str, Any]) -> str:
        """A template as text, in the language of who asks; `available` tells it whether the database can save."""
        env = self.templates[languages.wanted(request)]
        return env.get_template(template).render(NOTHING | {"available": self.db.available} | context)

    def html(self, request: Request, template: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
        """A whole page."""
        return HTMLResponse(self.text(request, template, context), status, {"Vary": "Accept-Language"})
