"""A small charging site as its stations would have told it: running, finished, doubtful, offline and unknown."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from argon2 import PasswordHasher
from sqlalchemy import Connection

from cloud.domain.accounts import PaymentTerms
from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport
from cloud.domain.stations import BootInfo, ConnectorStatus, StatusReport
from cloud.domain.tariffs import simple_terms
from cloud.domain.webhooks import Event
from cloud.services import (
    accounts,
    groups,
    incidents,
    registration,
    sessions,
    stations,
    tags,
    taps,
    tariffs,
    users,
    webhooks,
)
from tests.ours import OURS

OPERATOR = "ada"
PASSWORD = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""Quick to verify; that ours are slow is tested where they are made."""
TAGS = {"04A1B2C3D4": "Ada's van", "04FFEE0011": "Visitors", "DEADBEEF": ""}
STRANGER = "04C0FFEE77"


@dataclass(frozen=True)
class Yard:
    """The ids that tests speak of."""

    hall: int
    gate: int
    running: int
    billed: int
    suspect: int


def operator(conn: Connection, now: datetime) -> None:
    """Someone who may sign in."""
    users.create(conn, OURS, OPERATOR, HASH, now)


def furnish(conn: Connection, now: datetime) -> Yard:
    """Everything below, as it stands `now`."""
    long_ago = now - timedelta(days=30)
    tariffs.add(conn, OURS, "Daytime", simple_terms("EUR", Decimal("0.39"), Decimal("0.50"), Decimal(19)), long_ago)
    tariffs.assign(conn, OURS, "Daytime", long_ago)
    for id_tag, note in TAGS.items():
        tags.add(conn, OURS, id_tag, long_ago, note=note)
    tags.add(conn, OURS, "0BAD0BAD", long_ago, note="Lost card", blocked=True)
    groups.add(conn, OURS, "Wagon", {"most_sessions": 4}, long_ago)
    hall = stations.add(conn, OURS, "hall-1", "North hall", 2, long_ago, max_power_w=22_000)[0].id
    gate = stations.add(conn, OURS, "gate-7", "Gate", 1, long_ago, max_power_w=11_000)[0].id
    stations.add(conn, OURS, "roof-2", "Roof deck", 1, long_ago)
    _online(conn, hall, now - timedelta(hours=3))
    _went(conn, gate, now - timedelta(minutes=41))
    billed = _finished(conn, hall, 2, now - timedelta(hours=6))
    suspect = _finished(conn, gate, 1, now - timedelta(hours=2), meter_stop_wh=900_000)
    running = _running(conn, hall, now)
    _oddities(conn, hall, now)
    lost = StopReport(4711, 131_000, now - timedelta(minutes=2), "04A1B2C3D4", "Local")
    sessions.stopped(conn, hall, lost, now - timedelta(minutes=2))
    accounts.add(
        conn, OURS, "Fleet Ltd", long_ago, terms=PaymentTerms.PREPAID, currency="EUR", email="fleet@example.org"
    )
    taps.note(conn, hall, STRANGER, now - timedelta(minutes=6))
    webhooks.add(conn, OURS, "https://hooks.example.org/bollard", [Event.SESSION_BILLED, Event.FAULT], None, long_ago)
    webhooks.test(conn, OURS, 1, now)
    webhooks.change(conn, OURS, 1, None, now, enabled=False)
    return Yard(hall, gate, running, billed, suspect)


def status(conn: Connection, station_id: int, connector: int, word: ConnectorStatus, now: datetime) -> None:
    """A connector's StatusNotification."""
    stations.status_changed(conn, station_id, StatusReport(connector, word, at=now), now)


def measure(conn: Connection, station_id: int, transaction_id: int, energy_wh: int, power_w: int, at: datetime) -> None:
    """One MeterValues of a session on connector 1."""
    sample = Sample(at, energy_wh=energy_wh, power_w=power_w)
    sessions.metered(conn, station_id, MeterReport(1, transaction_id, (sample,)), at)


def _online(conn: Connection, id: int, at: datetime) -> None:
    stations.came_online(conn, id, "first", at)
    registration.booted(conn, id, BootInfo("Bollard", "Double 22", firmware="0.1.0"), at)
    status(conn, id, 1, ConnectorStatus.CHARGING, at)
    overheated = StatusReport(2, ConnectorStatus.FAULTED, "HighTemperature", "78 °C at the contactor", at=at)
    stations.status_changed(conn, id, overheated, at)


def _went(conn: Connection, id: int, at: datetime) -> None:
    stations.came_online(conn, id, "first", at - timedelta(hours=9))
    registration.booted(conn, id, BootInfo("ACME", "Wallbox", firmware="2.4"), at - timedelta(hours=9))
    status(conn, id, 1, ConnectorStatus.AVAILABLE, at - timedelta(hours=1))
    stations.went_offline(conn, id, "first", at)


def _finished(conn: Connection, id: int, connector: int, at: datetime, meter_stop_wh: int = 45_012) -> int:
    began = sessions.started(conn, id, StartReport(connector, "04FFEE0011", 39_500, at), at)
    later = at + timedelta(minutes=48)
    sessions.stopped(conn, id, StopReport(began.transaction_id, meter_stop_wh, later, "04FFEE0011"), later)
    return began.session_id


def _running(conn: Connection, id: int, now: datetime) -> int:
    at = now - timedelta(minutes=52)
    began = sessions.started(conn, id, StartReport(1, "04A1B2C3D4", 120_000, at), at)
    energy_wh = 120_000.0
    for minute in range(1, 52):
        power_w = 10_900 * (1 - math.exp(-minute / 3)) - (2_400 if 24 <= minute <= 31 else 0) + 90 * math.sin(minute)
        energy_wh += power_w / 60
        measure(conn, id, began.transaction_id, int(energy_wh), int(power_w), at + timedelta(minutes=minute))
    return began.session_id


def _oddities(conn: Connection, id: int, now: datetime) -> None:
    for _ in range(3):
        stations.note_pending(conn, "garage-9", "192.0.2.17", now - timedelta(minutes=4))
    raw = {"connectorId": "one", "timestamp": "yesterday"}
    what = "the timestamp was not a date; the time of receipt is used"
    incidents.record(conn, id, "hall-1", "salvaged", what, raw, now)
