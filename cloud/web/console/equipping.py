"""Stations come and change: added with their key, renamed, moved, held, disabled, given another key."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.queries import load, pending
from cloud.db.queries import tariffs as tariff_rows
from cloud.db.queries.station_pages import StationFacts
from cloud.documents.station_settings import station_settings
from cloud.domain.people import Permission
from cloud.domain.stations import RegistrationStatus
from cloud.domain.words import N_, Name
from cloud.services import access, registration, renewal, stations
from cloud.services.bell import Topic
from cloud.web.console.stations import STATION, around, head
from cloud.web.forms import NOT_OFFERED, Field, Form, filled, text
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.refusals import Refused

MOST_KW = 1_000_000
NAME = Field("name", N_("Name"), required=True, longest=stations.LONGEST_NAME)
SITE = Field("site", N_("Site"), "choice", required=True)
IDENTITY = N_("Identity, as the station names itself in its address")
EMPTY = N_("may stay empty")
NEW = (
    Field("identity", IDENTITY, "code", required=True, longest=stations.LONGEST_IDENTITY),
    Field("name", N_("Name for people"), hint=EMPTY, longest=stations.LONGEST_NAME),
    Field("connectors", N_("How many connectors it has"), "count", required=True),
    Field("max_kw", N_("Power of one connector in kW; more than that is suspect"), "number", EMPTY),
    SITE,
)
PLACE = (NAME, SITE)
TARIFF = (Field("tariff", N_("For sessions that begin from now on"), "choice"),)
NETWORK = (Field("network", N_("Network"), "code", N_("such as 10.1.0.0/16"), required=True),)
_CHANGED = (Topic.STATIONS, Topic.INCIDENTS)


def new(conn: Connection, look: Look) -> dict[str, Any]:
    """The form for a station, filled with what is known of one that knocked."""
    identity = look.query.get("identity", "")[: stations.LONGEST_IDENTITY]
    everywhere = look.scope.site_ids is None
    knock = next((each for each in pending.listed(conn) if each.identity == identity), None) if everywhere else None
    values, choices = {"identity": identity, "connectors": 1}, {"site": _sites(conn, look)}
    note = N_("Its key is shown once, on the next page.")
    form = Form("add", "/stations/new", NEW, N_("Add the station"), "plus", values, choices, "/", note)
    return {"knock": knock, "sites": choices["site"], "shown": form}


def add(conn: Connection, look: Look, form: FormData) -> Shown:
    """Adds a station, and shows its key this once."""
    given = filled(form, NEW, choices={"site": _sites(conn, look)})
    identity, connectors = given["identity"], given["connectors"]
    name, site, power_w = given["name"] or identity, str(_sites(conn, look)[given["site"]]), _watts(given["max_kw"])
    details: dict[str, Any] = {"site": site, "max_power_w": power_w, "user_id": look.me.user.id}
    station, key = stations.add(conn, look.organisation_id, identity, name, connectors, look.now, **details)
    return _key_shown(look, station.id, identity, key, connectors)


def office(conn: Connection, look: Look) -> dict[str, Any]:
    """What the operator decides about a station."""
    facts = head(conn, look)
    root, values = f"/stations/{facts.row.id}", {"name": facts.row.name, "site": facts.site_id}
    tariff, prices = {"tariff": facts.tariff_id}, {"tariff": _tariffs(conn, look, facts)}
    return {
        **around(facts),
        "place": Form("place", f"{root}/settings", PLACE, N_("Save"), "check", values, {"site": _sites(conn, look)}),
        "network": Form(
            "network", f"{root}/network", NETWORK, N_("Let it in from there"), "", {"network": facts.row.network}
        ),
        "tariff": Form("tariff", f"{root}/tariff", TARIFF, N_("Save"), "check", tariff, prices),
    }


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Another name, another site."""
    facts = head(conn, look)
    given = filled(form, PLACE, choices={"site": _sites(conn, look)})
    stations.change(conn, facts.row.id, given["name"], int(given["site"]), look.me.user.id, look.now)
    return _back(facts.row.id)


def choose_tariff(conn: Connection, look: Look, form: FormData) -> Done:
    """A tariff of its own, or again the site's."""
    facts = head(conn, look)
    chosen = filled(form, TARIFF, choices={"tariff": _tariffs(conn, look, facts)})["tariff"]
    stations.price(conn, facts.row.id, int(chosen) if chosen else None, look.me.user.id, look.now)
    return _back(facts.row.id)


def without_key(conn: Connection, look: Look, form: FormData) -> Done:
    """Lets a station in without a key, from one network only."""
    facts, network = head(conn, look), filled(form, NETWORK)["network"]
    access.without_key(conn, look.organisation_id, facts.row.identity, network, look.me.user.id, look.now)
    return _back(facts.row.id)


def decide(conn: Connection, look: Look, form: FormData) -> Done | Shown:
    """One of the decisions that a button names."""
    facts, wish = head(conn, look), text(form, "do")
    if wish == "new-key":
        key = access.new_key(conn, look.organisation_id, facts.row.identity, look.me.user.id, look.now)
        return _key_shown(look, facts.row.id, facts.row.identity, key, 0)
    if wish == "renew-key":
        asked = renewal.ask(conn, look.organisation_id, facts.row.identity, look.me.user.id, look.now)
        return Done(f"/commands/{asked.id}", (Topic.COMMANDS,))
    if wish not in _DECISIONS:
        raise Refused({"": NOT_OFFERED})
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


def _sites(conn: Connection, look: Look) -> dict[str, str]:
    return {str(id): Name(name) for id, name in load.site_names(conn, look.scope).items()}


def _tariffs(conn: Connection, look: Look, facts: StationFacts) -> dict[str, Any]:
    site = (N_("that of the site: %(name)s"), {"name": facts.site_tariff or "–"})
    known = tariff_rows.newest(conn, look.organisation_id)
    return {"": site, **{str(each.tariff_id): each.name for each in known}}


def _watts(kilo: Decimal | None) -> int | None:
    if kilo is not None and not 0 < kilo < MOST_KW:
        raise Refused({"max_kw": N_("Give the power in kW, such as 22 or 7.4.")})
    return None if kilo is None else round(kilo * 1000)


PAGES = (
    Page("/stations/new", "station_new", new, needs=Permission.EQUIP),
    Page(f"{STATION}/settings", "station_settings", office, needs=Permission.EQUIP),
)
ACTIONS = (
    Action("/stations/new", add, Permission.EQUIP),
    Action(f"{STATION}/settings", change, Permission.EQUIP),
    Action(f"{STATION}/tariff", choose_tariff, Permission.BILL, page=f"{STATION}/settings"),
    Action(f"{STATION}/network", without_key, Permission.EQUIP, page=f"{STATION}/settings"),
    Action(f"{STATION}/decide", decide, Permission.EQUIP, page=f"{STATION}/settings"),
)
