"""The organisation that sells: its name stands on every bill issued from now on."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.services import audit
from cloud.services.errors import NotNow

LONGEST_NAME = 200


def keep_time(conn: Connection, time_zone: str) -> None:
    """The zone of sites that have none of their own: tariffs by time of day need one."""
    places.set_default_time_zone(conn, places.only_organisation(conn), time_zone)


def rename(conn: Connection, name: str, now: datetime, *, user_id: int | None = None) -> None:
    """Gives the organisation its name. Raises NotNow."""
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise NotNow(f"a name has 1 to {LONGEST_NAME} characters")
    places.rename_organisation(conn, places.only_organisation(conn), name)
    audit.note(conn, user_id, "organisation renamed", name, {}, now)
