"""The log of messages: kept, shortened, searched, and explained."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import messages as rows
from cloud.db.queries import overview
from cloud.db.queries import sessions as session_rows
from cloud.domain.diagnosis import diagnosed
from cloud.domain.diagnosis.conversation import Facts, Finding, conversation, transaction_ids
from cloud.domain.diagnosis.tags import asked_for
from cloud.domain.messages import Message, Search
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.sessions import OPEN
from cloud.services import stations, verdicts
from cloud.services.errors import NotFound

SHORTENED_AT_ONCE = 1000
AROUND_A_SESSION = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Trace:
    """What one station and the central system said to each other, and what that means."""

    messages: list[Message]
    findings: list[Finding]


def keep(conn: Connection, messages: Sequence[Message]) -> None:
    """Appends messages to the log."""
    rows.insert(conn, messages)


def shorten(conn: Connection, organisation_id: int, days: int, most: int, now: datetime) -> bool:
    """Drops a batch of what the organisation has kept too long, or is too much; whether there may be more to drop."""
    gone = rows.shorten(conn, organisation_id, now - timedelta(days=days), most, SHORTENED_AT_ONCE)
    return gone == SHORTENED_AT_ONCE


def search(conn: Connection, wanted: Search, limit: int, scope: Scope = EVERYTHING) -> list[Message]:
    """The last messages that fit, in their order."""
    return rows.latest(conn, wanted, limit, scope)


def trace(conn: Connection, organisation_id: int, identity: str, since: datetime | None, limit: int) -> Trace:
    """The station's last messages with a diagnosis. Raises NotFound."""
    return of_station(conn, stations.find(conn, organisation_id, identity).id, limit, since)


def of_station(conn: Connection, station_id: int, limit: int, since: datetime | None = None) -> Trace:
    """As `trace`, of a station that is known to be there."""
    return _explained(conn, station_id, rows.latest(conn, Search(station_id, since=since), limit))


def session_trace(conn: Connection, organisation_id: int, identity: str, session_id: int, limit: int) -> Trace:
    """As `trace`, from shortly before a session's first message until shortly after its last. Raises NotFound."""
    station_id = stations.find(conn, organisation_id, identity).id
    session = session_rows.by_id(conn, session_id)
    if session is None or session.station_id != station_id:
        raise NotFound(f"{identity} has no session {session_id}; `bollard cloud sessions` lists them")
    naming = _naming(conn, station_id, session.transaction_id, limit)
    begun, ended = session.started_at, session.ended_at or session.started_at
    if naming:
        begun, ended = naming[0].at, naming[-1].at
    window = Search(station_id, since=begun - AROUND_A_SESSION, until=ended + AROUND_A_SESSION)
    return _explained(conn, station_id, rows.latest(conn, window, limit))


def _naming(conn: Connection, station_id: int, transaction_id: str, limit: int) -> list[Message]:
    """The messages that name a transaction id, and not a longer one that begins with it."""
    name = f'"transactionId":{transaction_id}'
    found = rows.latest(conn, Search(station_id, contains=name), limit)
    return [message for message in found if re.search(rf"{name}(?!\d)", message.text)]


def _explained(conn: Connection, station_id: int, messages: list[Message]) -> Trace:
    talk = conversation(messages)
    owners = rows.owners(conn, station_id, transaction_ids(talk))
    running = overview.sessions(conn, sorted(OPEN), station_ids=[station_id])
    identity = next((message.identity for message in messages), "")
    refused = {tag: verdicts.authorize(conn, station_id, tag, messages[-1].at).why for tag in sorted(asked_for(talk))}
    refusals = {tag: why for tag, why in refused.items() if why}
    return Trace(messages, diagnosed(talk, Facts(identity, owners, tuple(running), refusals)))
