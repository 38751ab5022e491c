"""Stations: added, and who knocks without being known."""

from argparse import Namespace
from typing import Any

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.services import overview, stations
from cloud.settings import Settings

_SNIPPET = """\
# Station {identity}: settings for `bollard edge run --config …`. The key is shown only this once.
identity = "{identity}"
data_dir = "data"

[csms]
url = "{url}"
key = "{key}"

[guardian]
socket = "guardian.sock"

# What each connector is made of is still to be said: at least its meter and its contactor. The README shows how,
# and `bollard edge check` tells what is missing.
{connectors}"""
_CONNECTOR = """
[[connectors]]
id = {number}
max_current_a = 32
phases = 3
"""


async def _add_station(context: Context, asked: Namespace) -> Answer:
    name = asked.name or asked.identity
    details: dict[str, Any] = {"site": asked.site, "tariff": asked.tariff, "max_power_w": _watts(asked.max_kw)}
    station, key = await context.db.write(
        lambda conn: stations.add(conn, asked.identity, name, asked.connectors, context.now, **details)
    )
    url = asked.url or _url(context.settings)
    data = {"identity": station.identity, "key": key.hex(), "connectors": asked.connectors, "url": url}
    return Answer(data, _snippet(station.identity, url, key, asked.connectors))


def _watts(max_kw: float | None) -> int | None:
    return None if max_kw is None else round(max_kw * 1000)


def _url(settings: Settings) -> str:
    return f"{'wss' if settings.https else 'ws'}://{settings.host}:{settings.port}/ocpp"


def _snippet(identity: str, url: str, key: bytes, connectors: int) -> str:
    places = "".join(_CONNECTOR.format(number=number) for number in range(1, connectors + 1))
    escaped = identity.replace("\\", "\\\\").replace('"', '\\"')
    return _SNIPPET.format(identity=escaped, url=url, key=key.hex(), connectors=places).rstrip()


async def _stations(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(overview.stations)
    rows: list[tuple[object, ...]] = [
        (
            row.identity,
            "yes" if row.online else "no",
            context.local(row.last_seen_at),
            row.site,
            " ".join(f"{connector.number}:{connector.status}" for connector in row.connectors),
        )
        for row in found
    ]
    return Answer(
        found, table("STATION ONLINE SEEN SITE CONNECTORS", rows, "there are no stations; add-station adds one")
    )


async def _pending(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(stations.pending)
    rows: list[tuple[object, ...]] = [
        (row.identity, row.remote, context.local(row.first_at), context.local(row.last_at), row.count) for row in found
    ]
    return Answer(found, table("IDENTITY FROM FIRST LAST TIMES", rows, "no unknown station has knocked"))


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
            argument("--url", help="where the station finds the central system, for the printed settings"),
        ),
    ),
    Verb("stations", "list the stations", _stations),
    Verb("pending", "list unknown stations that knocked", _pending),
)
