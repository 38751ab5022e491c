"""Tags that nobody knows: kept where an operator sees them, and enrolled from there."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import taps as rows
from cloud.domain.people import Scope
from cloud.domain.tags import Tag
from cloud.services import tags
from cloud.services.errors import NotFound

MOST_OF_ONE_STATION = 50


def note(conn: Connection, station_id: int, id_tag: str, now: datetime) -> None:
    """Counts a tap of an unknown tag; of one station the latest 50 are kept, and nothing that can be no tag."""
    if not tags.possible(id_tag) or rows.again(conn, station_id, id_tag, now):
        return
    if rows.count(conn, station_id) >= MOST_OF_ONE_STATION:
        rows.drop_oldest(conn, station_id)
    rows.insert(conn, station_id, id_tag, now)


def enrol(conn: Connection, organisation_id: int, tap_id: int, scope: Scope, now: datetime, user_id: int | None) -> Tag:
    """The unknown tag is one of ours from now on, so it is listed as unknown no more. Raises NotFound."""
    tap = rows.by_id(conn, tap_id, scope)
    if tap is None:
        raise NotFound("this tag has been enrolled already, or its tap was long ago; hold it to a reader again")
    return tags.add(conn, organisation_id, tap.id_tag, now, user_id=user_id)
