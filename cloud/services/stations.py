"""Stations: added by the operator, then known by their key and by what they report."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.domain.stations import BootInfo, Pending, Registration, Station, StatusReport


def add(
    conn: Connection,
    identity: str,
    name: str,
    connectors: int,
    now: datetime,
    *,
    site: str | None = None,
    tariff: str | None = None,
    max_power_w: int | None = None,
    user_id: int | None = None,
) -> tuple[Station, bytes]:
    """Adds a station with connectors 1..n and returns its key: 20 random bytes, shown this once.

    `max_power_w` is what one connector can deliver. Raises AlreadyThere, NotFound (site, tariff), NotNow.
    """
    raise NotImplementedError


def authenticate(conn: Connection, identity: str, key: bytes) -> Station | None:
    """The station if identity and key fit; the same work is done for an unknown identity. Changes nothing."""
    raise NotImplementedError


def note_pending(conn: Connection, identity: str, remote: str, now: datetime) -> None:
    """Lists an unknown identity that knocked, coalesced and bounded."""
    raise NotImplementedError


def pending(conn: Connection) -> list[Pending]:
    """Unknown identities that knocked, the latest first."""
    raise NotImplementedError


def booted(conn: Connection, station_id: int, info: BootInfo, now: datetime, *, interval_s: int = 300) -> Registration:
    """Notes a BootNotification; running sessions of the station begin to wait for their missing end."""
    raise NotImplementedError


def status_changed(conn: Connection, station_id: int, report: StatusReport, now: datetime) -> None:
    """Keeps the connector's status unless a later one is known; an unlisted connector is added."""
    raise NotImplementedError


def came_online(conn: Connection, station_id: int, epoch: str, now: datetime) -> None:
    """The station's newest socket; it displaces any other epoch."""
    raise NotImplementedError


def went_offline(conn: Connection, station_id: int, epoch: str, now: datetime) -> None:
    """The socket of this epoch ended; nothing changes when a newer one took its place."""
    raise NotImplementedError


def seen(conn: Connection, station_id: int, now: datetime) -> None:
    """Any message is a sign of life."""
    raise NotImplementedError


def all_offline(conn: Connection, now: datetime) -> None:
    """No socket is held: for the start of the only process that holds sockets."""
    raise NotImplementedError
