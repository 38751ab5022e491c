"""Who may come in: the identity in the path and the key in the Authorization header, before any upgrade."""

import base64
import binascii
import math
import time
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote_to_bytes

from sqlalchemy import Connection
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from cloud.db.errors import Unavailable
from cloud.db.queries import places
from cloud.domain.incidents import IncidentKind
from cloud.domain.stations import Station
from cloud.ocpp.budget import Budget
from cloud.ocpp.central import Central
from cloud.ocpp.knocks import Pace, Strangers
from cloud.ocpp.log import say
from cloud.services import access, incidents, stations
from cloud.services.bell import Topic

PREFIX = "/ocpp/"
SUBPROTOCOL = "ocpp1.6"
LONGEST_IDENTITY = 255
NO_KEY = b""
WRONG_KEY = "it was refused: its key is out of date, or somebody else tries to come in under its name"
REFUSALS_SHOWN, REFUSALS_SHOWN_PER_S = 10, 60


class Refused(Exception):
    """A handshake that gets no upgrade, and the HTTP answer it gets instead."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        super().__init__(text)
        self._answer = (text, status, headers)

    def response(self) -> PlainTextResponse:
        return PlainTextResponse(*self._answer)


class Door:
    """Admits stations; strangers all get the same answer after the same work."""

    def __init__(self, central: Central) -> None:
        self._central = central
        self._strangers = Strangers()
        self._pace = Pace()
        self._shown = Budget(REFUSALS_SHOWN, REFUSALS_SHOWN_PER_S)

    async def admit(self, ws: WebSocket) -> Station:
        """The station that knocks. Raises Refused with 401, 400 (no common subprotocol), 429 or 503 (come later)."""
        identity, remote = identity_of(ws.scope["raw_path"]) or "", ws.client.host if ws.client else ""
        if not self._strangers.may_try(remote, identity, time.monotonic()):
            raise Refused(429, "too many failed handshakes from your address", {"Retry-After": "60"})
        known_from = "" if is_page(ws.headers) else remote
        station = await self._authenticated(identity, key_of(ws.headers.get("authorization"), identity), known_from)
        if station is None:
            self._note_stranger(identity, remote)
            raise Refused(401, "unknown station or wrong key", {"WWW-Authenticate": 'Basic realm="OCPP"'})
        self._strangers.succeeded(remote, identity)
        if SUBPROTOCOL not in ws.scope["subprotocols"]:
            say(identity, f"refused: it does not offer the subprotocol {SUBPROTOCOL}")
            raise Refused(400, f"offer the subprotocol {SUBPROTOCOL}", {})
        self._slow_down(station, remote)
        return station

    def _slow_down(self, station: Station, remote: str) -> None:
        """A station that connects all the time waits a little, and the operator is told why."""
        wait_s = self._pace.wait_s(station.id, time.monotonic())
        if wait_s:
            raise Refused(503, "you connect too often; wait a little", {"Retry-After": str(math.ceil(wait_s))})
        if told := self._pace.came(station.id, remote, time.monotonic()):
            self._central.incident(station, IncidentKind.FLAPPING, told, f"the latest from {remote}")

    async def _authenticated(self, identity: str, key: bytes, remote: str) -> Station | None:
        later = Refused(503, "the database cannot commit; come back later", {"Retry-After": "10"})
        if self._central.outage.lasting:
            raise later
        try:
            return await self._central.read(lambda conn: access.authenticate(conn, identity, key, remote))
        except Unavailable as error:
            raise later from error

    def _note_stranger(self, identity: str, remote: str) -> None:
        self._strangers.failed(remote, identity, time.monotonic())
        if identity:
            now = self._central.now()
            self._central.aside.put(lambda conn: _note_pending(conn, identity, remote, now), Topic.STATIONS)
        if self._shown.spend(time.monotonic()):
            say(identity or "someone", f"refused: unknown station or wrong key, from {remote}")


def _note_pending(conn: Connection, identity: str, remote: str, now: datetime) -> None:
    """Who is unknown waits to be added; a wrong key is shown, and changes nothing."""
    station = places.find_station(conn, identity)
    if station is None:
        stations.note_pending(conn, identity, remote, now)
    else:
        incidents.record(conn, station.id, identity, IncidentKind.WRONG_KEY, WRONG_KEY, f"from {remote}", now)


def identity_of(raw_path: bytes) -> str | None:
    """The percent-decoded identity after /ocpp/; None when it is no text of usable length.

    Bare slashes around it come from an address that was typed with one at its end; one of its own is written %2F.
    """
    try:
        identity = unquote_to_bytes(raw_path.removeprefix(PREFIX.encode()).strip(b"/")).decode()
    except UnicodeDecodeError:
        return None
    return identity if identity.isprintable() and 0 < len(identity) <= LONGEST_IDENTITY else None


def is_page(headers: Mapping[str, str]) -> bool:
    """Whether a page in a browser knocks: opened in a station's network, it must not speak in the station's place."""
    return "origin" in headers and headers.get("user-agent", "").startswith("Mozilla/")


def key_of(authorization: str | None, identity: str) -> bytes:
    """The raw bytes after `identity:` in Basic credentials (OCPP-J 1.6, 6.2); empty when they do not fit."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return NO_KEY
    try:
        user, colon, key = base64.b64decode(encoded.strip(), validate=True).partition(identity.encode() + b":")
    except (binascii.Error, ValueError):
        return NO_KEY
    return key if colon and not user else NO_KEY
