"""Local lists by station, and the revision of an organisation's tags."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.db.rows import number, one
from cloud.db.tables import command, local_list, organisation, station
from cloud.domain.commands import UNDER_WAY
from cloud.domain.local_lists import LocalList, Stage

_c = local_list.c


def find(conn: Connection, station_id: int) -> LocalList:
    """The station's list; one that is not kept if nobody ever said."""
    found = one(conn, select(local_list).where(_c.station_id == station_id), _local_list)
    return found or LocalList(station_id)


def put(conn: Connection, station_id: int, values: Mapping[str, Any]) -> None:
    """Changes the station's list, which is made if there is none."""
    changed = conn.execute(local_list.update().where(_c.station_id == station_id).values(**values)).rowcount
    if not changed:
        fresh = LocalList(station_id)
        whole = {column.name: getattr(fresh, column.name) for column in _c}
        conn.execute(local_list.insert().values(**(whole | dict(values))))


def due(conn: Connection, now: datetime) -> set[int]:
    """The stations whose kept list is not in step, or not known to be, and has no command under way."""
    behind = (_c.stage != Stage.SEND) | _c.revision.is_(None) | (_c.revision != organisation.c.tag_revision)
    ready = _c.retry_at.is_(None) | (_c.retry_at <= now)
    query = select(_c.station_id).join(station, station.c.id == _c.station_id)
    query = query.join(organisation, organisation.c.id == station.c.organisation_id)
    query = query.outerjoin(command, command.c.id == _c.command_id)
    idle = command.c.state.is_(None) | command.c.state.not_in(UNDER_WAY)
    return set(conn.execute(query.where(_c.kept, behind, ready, idle)).scalars())


def revision(conn: Connection, organisation_id: int) -> int:
    """How often the organisation's tags have changed."""
    return number(conn, select(organisation.c.tag_revision).where(organisation.c.id == organisation_id))


def _local_list(row: Row[Any]) -> LocalList:
    values = {name: getattr(row, name) for name in LocalList.__dataclass_fields__}
    return LocalList(**values | {"stage": Stage(row.stage)})
