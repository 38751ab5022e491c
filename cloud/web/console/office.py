"""What belongs to no site: the organisation it is about, and who may see it."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.db.queries import office_lists, places
from cloud.domain.words import N_, Name
from cloud.web.pages import Look


def zone(conn: Connection, look: Look) -> ZoneInfo:
    """The organisation's time zone."""
    return places.default_time_zone(conn, look.organisation_id)


def to_choose(conn: Connection, organisation_id: int, kind: str) -> Mapping[str, str]:
    """Names of groups, tariffs or accounts as a form offers them, with none at first."""
    return {"": N_("no group") if kind == "group" else N_("none")} | {
        name: Name(name) for name in office_lists.names(conn, organisation_id, kind)
    }


def date(at: datetime | None, where: ZoneInfo) -> str:
    """The local day, as a date field wants it."""
    return "" if at is None else f"{at.astimezone(where):%Y-%m-%d}"
