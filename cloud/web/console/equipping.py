"""Stations come and change: added with their key, renamed, moved, held, disabled, given another key."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import load, pending
from cloud.db.queries import tariffs as tariff_rows
from cloud.documents.station_settings import station_settings
from cloud.domain.people import Permission
from cloud.domain.stations import RegistrationStatus
from cloud.services import access, registration, renewal, stations
from cloud.services.bell import Topic
from cloud.web.console.stations import STATION, around, head
from cloud.web.pages import Action, Done, Look, Page, Shown, whole

_CHANGED = (Topic.STATIONS, Topic.INCIDENTS)


def new(conn: Connection, look: Look) -> dict[str, Any]:
    """The form for a station, filled with what is known of one that knocked."""
    identity = look.query.get("identity", "")[: stations.LONGEST_IDENTITY]
    everywhere = look.scope.site_ids is None
    knock = next((each for each in pending.listed(conn) if each.identity == identity), None) if everywhere else None
    return {"identity": identity, "knock": knock, "sites": load.site_names(conn, look.scope), "ocpp_url": look.ocpp_url}


def add(conn: Connection, look: Look, form: FormData) -> Shown:
    """Adds a station, and shows its key this once."""
    identity = _text(form, "identity")
    name, connectors = _text(form, "name") or identity, whole(form, "connectors")
    site = _site(conn, look, form)
    details: dict[str, Any] = {"site": site, "max_power_w": _watts(form), "user_id": look.me.user.id}
    station, key = stations.add(conn, look.organisation_id, identity, name, connectors, look.now, **details)
    return _key_shown(look, station.id, identity, key, connectors)


def office(conn: Connection, look: Look) -> dict[str, Any]:
    """What the operator decides about a station."""
    facts = head(conn, look)
    return {
        **around(facts),
        "sites": load.site_names(conn, look.scope),
        "tariffs": tariff_rows.newest(conn, look.organisation_id),
    }


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Another name, another site."""
    facts = head(conn, look)
    stations.change(conn, facts.row.id, _text(form, "name"), _site_id(conn, look, form), look.me.user.id, look.now)
    return _back(facts.row.id)


def choose_tariff(conn: Connection, look: Look, form: FormData) -> Done:
    """A tariff of its own, or again the site's."""
    facts = head(conn, look)
    known = {each.tariff_id: each for each in tariff_rows.newest(conn, look.organisation_id)}
    chosen = _text(form, "tariff")
    if chosen and not (chosen.isdecimal() and len(chosen) < 19 and int(chosen) in known):
        raise HTTPException(400, "Please choose one of the entries offered.")
    stations.price(conn, facts.row.id, int(chosen) if chosen else None, look.me.user.id, look.now)
    return _back(facts.row.id)


def decide(conn: Connection, look: Look, form: FormData) -> Done | Shown:
    """One of the decisions that a button names."""
    facts, wish = head(conn, look), _text(form, "do")
    if wish == "new-key":
        key = access.new_key(conn, look.organisation_id, facts.row.identity, look.me.user.id, look.now)
        return _key_shown(look, facts.row.id, facts.row.identity, key, 0)
    if wish == "renew-key":
        asked = renewal.ask(conn, look.organisation_id, facts.row.identity, look.me.user.id, look.now)
        return Done(f"/commands/{asked.id}", (Topic.COMMANDS,))
    if wish not in _DECISIONS:
        raise HTTPException(400, "Please choose one of the entries offered.")
    _DECISIONS[wish](conn, look.organisation_id, facts.row.identity, look.me.user.id, look.now)
    return _back(facts.row.id)


Decision = Callable[[Connection, int, str, int | None, datetime], object]


def _admit(status: RegistrationStatus) -> Decision:
    return lambda conn, whose, identity, by, now: registration.decide(conn, whose, identity, status, by, now)


_DECISIONS: Mapping[str, Decision] = {
    "accept": _admit(RegistrationStatus.ACCEPTED),
    "hold": _admit(RegistrationStatus.PENDING),
    "reject": _admit(RegistrationStatus.REJECTED),
    "disable": access.disable,
    "enable": access.enable,
}


def _key_shown(look: Look, station_id: int, identity: str, key: bytes, connectors: int) -> Shown:
    settings = station_settings(identity, look.ocpp_url, key, connectors) if connectors else None
    told = {"station_id": station_id, "identity": identity, "key": key.hex(), "url": look.ocpp_url}
    return Shown("station_key", {**told, "settings": settings}, _CHANGED)


def _back(station_id: int) -> Done:
    return Done(f"/stations/{station_id}/settings", (*_CHANGED, Topic.COMMANDS))


def _site(conn: Connection, look: Look, form: FormData) -> str:
    return load.site_names(conn, look.scope)[_site_id(conn, look, form)]


def _site_id(conn: Connection, look: Look, form: FormData) -> int:
    """One of the sites that are seen; HTTPException 404 for another."""
    chosen = whole(form, "site")
    if chosen not in load.site_names(conn, look.scope):
        raise HTTPException(404)
    return chosen


def _watts(form: FormData) -> int | None:
    text = _text(form, "max_kw").replace(",", ".")
    if not text:
        return None
    kilo, _, rest = text.partition(".")
    if not (kilo.isdecimal() and (rest or "0").isdecimal() and text.isascii() and len(text) < 9):
        raise HTTPException(400, "Give the power in kW, such as 22 or 7.4.")
    return round(float(text) * 1000)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


PAGES = (
    Page("/stations/new", "station_new", new, needs=Permission.EQUIP),
    Page(f"{STATION}/settings", "station_settings", office, needs=Permission.EQUIP),
)
ACTIONS = (
    Action("/stations/new", add, Permission.EQUIP),
    Action(f"{STATION}/settings", change, Permission.EQUIP),
    Action(f"{STATION}/tariff", choose_tariff, Permission.BILL),
    Action(f"{STATION}/decide", decide, Permission.EQUIP),
)
