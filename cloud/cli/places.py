"""Stations: added, and who knocks without being known."""

from argparse import ArgumentTypeError, Namespace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.documents.station_settings import station_settings
from cloud.domain.stations import RegistrationStatus, Station
from cloud.domain.views import StationRow
from cloud.services import access, overview, registration, renewal, stations
from cloud.settings import Settings


async def _add_station(context: Context, asked: Namespace) -> Answer:
    name = asked.name or asked.identity
    details: dict[str, Any] = {"site": asked.site, "tariff": asked.tariff, "max_power_w": _watts(asked.max_kw)}

    def unit(conn: Connection) -> bytes | None:
        _station, key = stations.add(
            conn, context.organisation_id, asked.identity, name, asked.connectors, context.now, **details
        )
        if asked.no_key is None:
            return key
        access.without_key(conn, context.organisation_id, asked.identity, asked.no_key, None, context.now)
        return None

    key, url = await context.db.write(unit), asked.url or _url(context.settings)
    data = {"identity": asked.identity, "key": key and key.hex(), "connectors": asked.connectors, "url": url}
    return Answer(data, station_settings(asked.identity, url, key, asked.connectors))


def _watts(max_kw: float | None) -> int | None:
    return None if max_kw is None else round(max_kw * 1000)


def _url(settings: Settings) -> str:
    return f"{'wss' if settings.https else 'ws'}://{settings.host}:{settings.port}/ocpp"


def _station_url(text: str) -> str:
    """Where a station can find a central system."""
    url = urlsplit(text)
    if url.scheme not in {"ws", "wss"} or not url.hostname:
        raise ArgumentTypeError(f"{text!r} is no address for stations, such as wss://csms.example.org:8443/ocpp")
    return text


async def _stations(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(lambda conn: overview.stations(conn, context.scope))
    rows: list[tuple[object, ...]] = [
        (
            row.identity,
            "yes" if row.online else "no",
            context.local(row.last_seen_at),
            row.site,
            _access(row),
            " ".join(f"{connector.number}:{connector.status}" for connector in row.connectors),
        )
        for row in found
    ]
    return Answer(
        found, table("STATION ONLINE SEEN SITE ACCESS CONNECTORS", rows, "there are no stations; add-station adds one")
    )


def _access(row: StationRow) -> str:
    held = "" if row.admission is RegistrationStatus.ACCEPTED else f",{row.admission.lower()}"
    return "disabled" if row.disabled else f"{row.network or 'key'}{held}"


async def _pending(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(stations.pending)
    rows: list[tuple[object, ...]] = [
        (row.identity, row.remote, context.local(row.first_at), context.local(row.last_at), row.count) for row in found
    ]
    return Answer(found, table("IDENTITY FROM FIRST LAST TIMES", rows, "no unknown station has knocked"))


async def _new_key(context: Context, asked: Namespace) -> Answer:
    key = await context.write(access.new_key, asked.identity, None, context.now)
    told = f"{asked.identity} is let in with this key only, shown only this once; a connection with the old one ends"
    return Answer({"identity": asked.identity, "key": key.hex()}, f"{told}:\n{key.hex()}")


async def _no_key(context: Context, asked: Namespace) -> Answer:
    await context.write(access.without_key, asked.identity, asked.network, None, context.now)
    told = f"{asked.identity} is let in without a key from {asked.network}, and from nowhere else"
    return Answer({"identity": asked.identity, "network": asked.network}, told)


async def _renew_key(context: Context, asked: Namespace) -> Answer:
    command = await context.write(renewal.ask, asked.identity, None, context.now)
    told = (
        f"{asked.identity} is sent a key of its own; the old one goes on until it signs in with it. "
        f"`bollard cloud command-timeline {command.id}` shows what comes of it"
    )
    return Answer({"command": command.id}, told)


def _decide(name: str, help: str, admission: RegistrationStatus, told: str) -> Verb:
    """A verb that says what a station's BootNotification is told."""

    async def run(context: Context, asked: Namespace) -> Answer:
        def unit(conn: Connection) -> Station:
            return registration.decide(conn, context.organisation_id, asked.identity, admission, None, context.now)

        was = await context.db.write(unit)
        accepted = RegistrationStatus.ACCEPTED
        later = was.registration is accepted and admission is not accepted
        rest = f"; `bollard cloud reset {asked.identity}` makes it boot" if later else ""
        return Answer({"identity": asked.identity, "admission": admission}, f"{asked.identity} {told}{rest}")

    return Verb(name, help, run, (_IDENTITY,))


async def _disable(context: Context, asked: Namespace) -> Answer:
    await context.write(access.disable, asked.identity, None, context.now)
    return Answer({"identity": asked.identity, "disabled": True}, f"{asked.identity} is not let in any more")


async def _enable(context: Context, asked: Namespace) -> Answer:
    await context.write(access.enable, asked.identity, None, context.now)
    return Answer({"identity": asked.identity, "disabled": False}, f"{asked.identity} may come back")


_IDENTITY = argument("identity", metavar="STATION", help="its identity")
_NETWORK = argument("network", metavar="NETWORK", help="such as 10.1.0.0/16")

VERBS = (
    Verb(
        "add-station",
        "add a station; prints its key and the beginning of its settings file",
        _add_station,
        (
            argument("identity", metavar="IDENTITY", help="how the station names itself, as in its URL"),
            argument("--name", help="a name for people; the identity if not given"),
            argument("--connectors", type=int, default=1, metavar="N", help="how many connectors it has (1)"),
            argument("--max-kw", type=float, metavar="KW", help="what one connector delivers at most; more is suspect"),
            argument("--site", metavar="NAME", help="the site it stands at; made if there is none of that name"),
            argument("--tariff", metavar="NAME", help="a tariff of its own, before the site's"),
            argument("--no-key", metavar="NETWORK", help="let it in without a key from here only, as 10.1.0.0/16"),
            argument(
                "--url", type=_station_url, help="where the station finds the central system, for the printed settings"
            ),
        ),
    ),
    Verb("stations", "list the stations", _stations),
    Verb("new-key", "give a station a new key; the old one ends at once", _new_key, (_IDENTITY,)),
    Verb("renew-key", "have a station take a new key by itself; both let it in until it has", _renew_key, (_IDENTITY,)),
    Verb("no-key", "let a station in without a key, from one network only", _no_key, (_IDENTITY, _NETWORK)),
    Verb("disable-station", "let a station in no more; what it has told is kept", _disable, (_IDENTITY,)),
    Verb("enable-station", "let a disabled station in again", _enable, (_IDENTITY,)),
    _decide(
        "hold-station",
        "let a station wait: it may be looked at and set up, and not charge",
        RegistrationStatus.PENDING,
        "is held as pending from its next boot on",
    ),
    _decide(
        "reject-station",
        "have a station's boots rejected: it is asked nothing, and asks again later",
        RegistrationStatus.REJECTED,
        "is rejected from its next boot on",
    ),
    _decide(
        "accept-station",
        "let a held or rejected station take part",
        RegistrationStatus.ACCEPTED,
        "is accepted from its next boot on; one that waits is asked for it at once",
    ),
    Verb("pending", "list unknown stations that knocked", _pending),
)
