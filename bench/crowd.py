"""A large operator in one SQLite file: a few rows that the services wrote, and very many copies of them."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.migrations import migrate
from cloud.db.queries import ledger_sums
from cloud.db.tables import metadata
from cloud.domain.accounts import PaymentTerms
from cloud.domain.commands import CommandKind
from cloud.domain.messages import Direction, Kind, Message
from cloud.domain.people import Role
from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport
from cloud.domain.stations import BootInfo, ConnectorStatus, StatusReport
from cloud.domain.tariffs import simple_terms
from cloud.domain.webhooks import Event
from cloud.services import (
    accounts,
    commands,
    groups,
    hashing,
    incidents,
    ledger,
    load,
    orphans,
    registration,
    sessions,
    stations,
    tags,
    tariffs,
    traces,
    users,
    webhooks,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNER, SITE_OPERATOR, PASSWORD = "ada", "sue", "correct horse battery"
OURS = 1
TAG = "T0000"
SAMPLES = 52
Values = Mapping[str, str]
"""Column -> SQL of `n`, which counts from 1, and of `m`, the row that is copied."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the operator is; a station has two connectors, and every tenth connector charges."""

    stations: int = 10_000
    sites: int = 40
    sessions: int = 1_000_000
    messages: int = 1_000_000
    tags: int = 5_000
    accounts: int = 1_000

    @property
    def running(self) -> int:
        return self.stations // 5

    @property
    def ended(self) -> int:
        return self.sessions - self.running


async def fill(path: Path, size: Size) -> None:
    """Makes the file; the same every time but for keys and transaction ids."""
    url = f"sqlite:///{path}"
    await migrate(url)
    db = await Database.open(url)
    try:
        hashed = hashing.hash_password(PASSWORD)
        await db.write(lambda conn: _models(conn, hashed))
    finally:
        await db.close()
    _copy(path, size)
    await _settle(url)


async def _settle(url: str) -> None:
    """What upkeep did in the meantime."""
    db = await Database.open(url)
    for at in (NOW - ledger_sums.SETTLED, NOW):
        while await db.write(partial(ledger.settle, now=at)):
            continue
    await db.close()


def _models(conn: Connection, hashed: str) -> None:
    """One of each, by the services: a person, a tariff, a tag, a station; a session running and one billed."""
    long_ago, month, tag = NOW - timedelta(days=400), NOW - timedelta(days=30), TAG
    users.create(conn, OURS, OWNER, hashed, long_ago)
    users.create(conn, OURS, SITE_OPERATOR, hashed, long_ago, role=Role.OPERATOR, sites=["Main site"])
    tariffs.add(conn, OURS, "Daytime", simple_terms("EUR", Decimal("0.39"), Decimal("0.50"), Decimal(19)), long_ago)
    tariffs.assign(conn, OURS, "Daytime", long_ago)
    accounts.add(conn, OURS, "Driver 0", NOW, terms=PaymentTerms.PREPAID, currency="EUR")
    tags.add(conn, OURS, tag, long_ago, note="A driver's card")
    station = stations.add(conn, OURS, "CP-00000", "Station 0", 2, long_ago, max_power_w=22_000)[0].id
    stations.came_online(conn, station, "first", month)
    registration.booted(conn, station, BootInfo("Bollard", "Double 22", firmware="0.1.0"), month)
    for place in (1, 2):
        stations.status_changed(conn, station, StatusReport(place, ConnectorStatus.AVAILABLE, at=month), month)
    begun = month + timedelta(hours=1)
    billed = sessions.started(conn, station, StartReport(1, tag, 39_500, begun), begun).transaction_id
    _charge(conn, station, 1, billed, 39_500, begun)
    end = begun + timedelta(minutes=SAMPLES + 1)
    sessions.stopped(conn, station, StopReport(billed, 48_100, end, tag), end)
    begun = NOW - timedelta(minutes=SAMPLES)
    running = sessions.started(conn, station, StartReport(2, tag, 39_500, begun), begun).transaction_id
    _charge(conn, station, 2, running, 39_500, begun)
    stations.note_pending(conn, "unknown-0", "192.0.2.17", NOW)
    incidents.record(conn, station, "CP-00000", "salvaged", "the timestamp was not a date", {"connectorId": 1}, NOW)
    commands.put(conn, CommandKind.CLEAR_CACHE, station, {}, None, NOW)
    orphans.keep(conn, station, StopReport(4711, 48_100, end, tag), NOW)
    groups.add(conn, OURS, "Vans", {}, long_ago)
    webhooks.add(conn, OURS, "https://hooks.example.org", [Event.FAULT], None, long_ago)
    load.note(conn, NOW - timedelta(days=8))
    traces.keep(conn, [Message(station, NOW, Direction.IN, Kind.CALL, "MeterValues", "1", "0" * 300)])


def _charge(conn: Connection, station: int, place: int, transaction: int, register_wh: int, at: datetime) -> None:
    for minute in range(1, SAMPLES):
        sample = Sample(at + timedelta(minutes=minute), energy_wh=register_wh + minute * 160, power_w=9_600)
        sessions.metered(conn, station, MeterReport(place, transaction, (sample,)), sample.at)


def _copy(path: Path, size: Size) -> None:
    with sqlite3.connect(path, isolation_level=None) as raw:
        for pragma in (
            "journal_mode=DELETE",
            "journal_mode=OFF",
            "synchronous=OFF",
            "cache_size=-1000000",
            "foreign_keys=OFF",
        ):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("BEGIN")
        for copies in (_places(size), _office(size), _charging(size), _money(size), _odds(size)):
            for table, (model, count, values) in copies.items():
                _copies(raw, table, model, count, values)
        raw.execute("UPDATE bill_series SET last_number = ?", (size.sessions,))
        raw.execute("COMMIT")
    raw.close()


def _copies(raw: sqlite3.Connection, table: str, model: str, count: int, values: Values) -> None:
    """`count` copies of the rows of `table` for which `model` holds."""
    name, *_ = table.split()
    columns = [column.name for column in metadata.tables[name].columns if column.name != "id" or "id" in values]
    found = ", ".join(values.get(column, f'm."{column}"') for column in columns)
    listed = ", ".join(f'"{column}"' for column in columns)
    numbers = f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count})"
    raw.execute(f'INSERT INTO "{name}" ({listed}) {numbers} SELECT {found} FROM c, "{name}" m WHERE {model} ORDER BY n')


Copies = Mapping[str, tuple[str, int, Values]]
"""Table (and whatever tells two apart) -> which rows are copied, how often, and what differs."""


def _places(size: Size) -> Copies:
    station, place = "1 + n", "2 + n"
    of_place = {"id": place, "station_id": f"({place} + 1) / 2", "number": f"2 - ({place}) % 2"}
    shown = f"CASE WHEN ({place}) % 10 = 0 THEN 'Charging' WHEN n % 97 = 0 THEN 'Faulted' ELSE 'Available' END"
    named = {"identity": "printf('CP-%05d', n)", "name": "printf('Station %d', n)"}
    gone = f"CASE WHEN n % 11 = 0 THEN {_at('n % 50000')} END"
    drawn = {
        "at": _at(f"300 * (n / {size.sites})"),
        "site_id": f"1 + n % {size.sites}",
        "power_w": "50000 + n * 7919 % 60000",
    }
    return {
        "site": ("m.id = 1", size.sites - 1, {"id": "1 + n", "name": "printf('Site %02d', n)"}),
        "site_power": ("m.site_id = 1", size.sites * 12 * 24 * 7, drawn),
        "station": ("m.id = 1", size.stations - 1, {"id": station, "site_id": f"1 + n % {size.sites}", **named}),
        "connection": ("m.station_id = 1", size.stations - 1, {"station_id": station, "ended_at": gone}),
        "evse": ("m.id = 1", 2 * size.stations - 2, of_place),
        "connector": ("m.id = 1", 2 * size.stations - 2, {**of_place, "evse_id": place, "status": shown}),
    }


def _office(size: Size) -> Copies:
    tag = "printf('T%04d', n)"
    return {
        "tag": ("m.id = 1", size.tags - 1, {"id": "1 + n", "id_tag": tag, "tag_key": tag, "note": "'Card ' || n"}),
        "account": ("m.id = 1", size.accounts - 1, {"id": "1 + n", "name": "'Driver ' || n"}),
        "ledger_account tags": ("m.kind = 'receivable'", size.tags - 1, {"id": "100 + n", "detail": tag}),
        "ledger_account drivers": (
            f"m.kind = 'receivable' AND m.detail = '{TAG}'",
            size.accounts,
            {"id": f"{100 + size.tags} + n", "account_id": "n", "detail": "''"},
        ),
    }


def _charging(size: Size) -> Copies:
    """Sessions in order of time: those that ended, a minute of samples for the last of them, then those that run."""
    start = f"3600 + 30 * ({size.ended} - n)"
    place, doubtful = f"1 + n % {2 * size.stations}", "n % 5000 = 7"
    tag = f"printf('T%04d', n % {size.tags})"
    own = {"transaction_id": "'1' || n", "start_key": "'s' || n"}
    ended = {
        **{"id": "10 + n", "connector_id": place, "station_id": f"({place} + 1) / 2", "id_tag": tag, "tag_key": tag},
        **{"started_at": _at(start), "ended_at": _at(f"{start} - 3180"), "energy_wh": ENERGY, "cost_minor": COST},
        "state": f"CASE WHEN {doubtful} THEN 'suspect' ELSE 'finished' END",
        "account_id": f"CASE WHEN {BY_ACCOUNT} THEN 1 + n / 5 % {size.accounts} END",
        "findings": f"CASE WHEN {doubtful} THEN '[\"its registers contradict each other\"]' ELSE '[]' END",
    }
    first = 10 + size.ended
    running = {"id": f"{first} + n", "connector_id": "10 * n", "station_id": "5 * n", "power_w": "1000 + n % 20000"}
    latest = min(size.running, size.ended)
    sampled = {"session_id": f"{first} - {latest} + n", "at": _at(f"3600 + 30 * ({latest} - n) - m.id * 60")}
    return {
        "session ended": ("m.id = 1", size.ended, ended | own),
        "session running": ("m.id = 2", size.running, running | {name: f"'r' || n || {own[name]}" for name in own}),
        "meter_sample ended": ("m.session_id = 1", latest, {**sampled, "station_id": "1"}),
        "meter_sample running": ("m.session_id = 2", size.running, {"session_id": f"{first} + n"}),
    }


ENERGY = "5000 + n * 37 % 40000"
COST = f"60 + ({ENERGY}) * 464 / 10000"
VAT = f"CAST(round(({COST}) * 19 / 119.0) AS INTEGER)"
BY_ACCOUNT = "n % 5 = 0"
"""Every fifth session is paid by a driver's account, the others by nobody but their tags."""


def _money(size: Size) -> Copies:
    """A bill for each session that ended, with its movement."""
    number = "'2026-' || printf('%04d', n + 1)"
    at = _at(f"3600 + 30 * ({size.ended} - n) - 3180")
    facts = {
        "parties.id_tag": f"printf('T%04d', n % {size.tags})",
        "parties.station": f"printf('CP-%05d', n / 2 % {size.stations})",
        "delivery.energy_wh": ENERGY,
        "price.gross_minor": COST,
        "price.net_minor": f"({COST}) - {VAT}",
    }
    document = f"json_set(m.document, {', '.join(_json(*fact) for fact in facts.items())})"
    issued = {"number": number, "series_number": "n + 1", "session_id": "10 + n", "issued_at": at}
    sums = {"gross_minor": COST, "document": document}
    driver = f"{101 + size.tags} + n / 5 % {size.accounts}"
    owing = {
        "debit_id": f"CASE WHEN {BY_ACCOUNT} THEN {driver} ELSE 100 + n % {size.tags} END",
        "amount_minor": f"CASE m.line WHEN 1 THEN ({COST}) - {VAT} ELSE {VAT} END",
    }
    moved = {"id": "100 + n", "key": f"'bill ' || {number}", "at": at, "session_id": "10 + n"}
    return {
        "bill": ("m.id = 1", size.ended, {"id": "1 + n", **issued, **sums}),
        "movement": ("m.session_id = 1", size.ended, moved),
        "transfer": ("m.movement_id = 1", size.ended, {"movement_id": "100 + n", **owing}),
    }


def _odds(size: Size) -> Copies:
    """What else fills in a year: messages, commands, incidents, the audit log, strangers at the door."""
    station = f"1 + n % {size.stations}"
    few = max(10, size.stations // 100)
    return {
        "message": ("m.id = 1", size.messages, {"station_id": station, "at": _at(f"{size.messages} - n")}),
        "command": ("m.id = 1", 100 * few, {"id": "1 + n", "station_id": station, "state": "'done'"}),
        "command_step": ("m.id = 1", 100 * few, {"command_id": "1 + n"}),
        "incident": ("m.id = 1", 5 * few, {"station_id": station, "identity": "'CP-' || n"}),
        "audit_log": ("m.id = 1", 100 * few, {"at": _at(f"60 * ({100 * few} - n)")}),
        "pending_station": ("m.id = 1", few, {"identity": "'unknown-' || n"}),
    }


def _json(name: str, value: str) -> str:
    return f"'$.{name}', {value}"


def _at(seconds: str) -> str:
    """SQL: so many seconds before NOW, as SQLite keeps times."""
    return f"strftime('%Y-%m-%d %H:%M:%f000', '{NOW:%Y-%m-%d %H:%M:%S}', -({seconds}) || ' seconds')"
