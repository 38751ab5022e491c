"""What is known of stations' configurations."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from cloud.db.rows import every
from cloud.db.tables import station_configuration
from cloud.domain.configuration import Entry

_c = station_configuration.c


def of_station(conn: Connection, station_id: int) -> list[Entry]:
    query = select(station_configuration).where(_c.station_id == station_id).order_by(_c.name_key)
    return every(conn, query, lambda row: Entry(row.key, row.value, row.readonly, row.read_at))


def forget(conn: Connection, station_id: int, keys: Collection[str] | None = None) -> None:
    """These keys, or all of them."""
    mine = station_configuration.delete().where(_c.station_id == station_id)
    conn.execute(mine if keys is None else mine.where(_c.name_key.in_([key.lower() for key in keys])))


def insert(conn: Connection, station_id: int, entries: Collection[Entry]) -> None:
    """Of a key that is told twice, the last counts."""
    rows = {
        entry.key.lower(): {
            "station_id": station_id,
            "name_key": entry.key.lower(),
            "key": entry.key,
            "value": entry.value,
            "readonly": entry.readonly,
            "read_at": entry.read_at,
        }
        for entry in entries
    }
    if rows:
        conn.execute(station_configuration.insert(), list(rows.values()))
