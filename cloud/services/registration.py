"""Whether a station may take part: what the operator wants, and what its BootNotification is told."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places, sessions
from cloud.domain.commands import CommandKind
from cloud.domain.sessions import miss_stop
from cloud.domain.stations import BootInfo, Registration, RegistrationStatus, Station
from cloud.domain.words import N_
from cloud.services import audit, commands, stations


def decide(
    conn: Connection,
    organisation_id: int,
    identity: str,
    admission: RegistrationStatus,
    user_id: int | None,
    now: datetime,
) -> Station:
    """What the station is told from its next boot on; one that waits for its acceptance is asked to boot at once.

    Returns the station as it was. Raises NotFound.
    """
    station = stations.find(conn, organisation_id, identity)
    before = {"admission": places.lock_station(conn, station.id).admission}
    places.update_station(conn, station.id, {"admission": admission})
    action = N_(f"station {admission.words}")
    audit.change(conn, organisation_id, user_id, action, identity, before, {"admission": admission}, now)
    if admission is RegistrationStatus.ACCEPTED and station.registration is RegistrationStatus.PENDING:
        boot = {"requestedMessage": "BootNotification"}
        commands.put(conn, CommandKind.TRIGGER_MESSAGE, station.id, boot, user_id, now)
    return station


def booted(
    conn: Connection, station_id: int, info: BootInfo, now: datetime, *, interval_s: int = 300, retry_s: int = 60
) -> Registration:
    """Notes a BootNotification; running sessions of the station begin to wait for their missing end."""
    status = places.lock_station(conn, station_id).admission
    boot = asdict(info)
    values = {name: boot.pop(name) for name in ("vendor", "model", "firmware")}
    told = {"registration": status, "booted_at": now, "last_seen_at": now}
    places.update_station(conn, station_id, {**values, **told, "boot": boot})
    for session in sessions.running_on(conn, station_id):
        sessions.save(conn, miss_stop(session, now))
    return Registration(status, interval_s if status is RegistrationStatus.ACCEPTED else retry_s)
