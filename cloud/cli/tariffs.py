"""Tariffs: simple ones by options, all others from a file; shown with what everyday sessions cost."""

import asyncio
import sys
from argparse import Namespace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, amount, argument, table
from cloud.domain import ocpi_tariffs
from cloud.domain.errors import BadTariff
from cloud.domain.money import format_minor, format_price
from cloud.domain.pricing.examples import Example, examples
from cloud.domain.tariff_checks import lacking_vat
from cloud.domain.tariff_words import describe
from cloud.domain.tariffs import Dimension, PriceComponent, PriceLimit, TariffVersion, Terms, simple_terms
from cloud.services import tariffs
from cloud.services.errors import NotNow

_UNITS = {
    Dimension.ENERGY: ("a kWh", "Wh"),
    Dimension.TIME: ("an hour of charging", "s"),
    Dimension.PARKING_TIME: ("an hour of parking", "s"),
    Dimension.FLAT: ("a session", ""),
}


async def _add_tariff(context: Context, asked: Namespace) -> Answer:
    terms = _simple(context, asked)

    def add(conn: Connection) -> tuple[TariffVersion, bool]:
        version = tariffs.add(conn, context.organisation_id, asked.name, terms, context.now)
        return version, tariffs.assign_where_none(conn, context.organisation_id, asked.name, context.now)

    version, assigned = await context.db.write(add)
    where = "; the site had none and uses it now" if assigned else "; `assign-tariff` says where it applies"
    return Answer(version, f"tariff {version.name} added, version {version.number}{where}")


async def _set_tariff(context: Context, asked: Namespace) -> Answer:
    terms = _simple(context, asked)
    version = await context.write(tariffs.change, asked.name, terms, context.now)
    return Answer(version, f"tariff {version.name} is at version {version.number}, for sessions that begin from now on")


def _simple(context: Context, asked: Namespace) -> Terms:
    return simple_terms(asked.currency or context.settings.currency, asked.per_kwh, asked.per_session, asked.vat)


async def _assign_tariff(context: Context, asked: Namespace) -> Answer:
    if asked.connector is not None and asked.station is None:
        raise NotNow("a connector is one of a station; say --station too")
    place: dict[str, Any] = {"site": asked.site, "identity": asked.station, "connector": asked.connector}
    place |= {"group": asked.group, "tag": asked.tag}
    await context.write(tariffs.assign, asked.name, context.now, **place)
    return Answer(
        {"tariff": asked.name, **place}, f"tariff {asked.name} applies to sessions that begin there from now on"
    )


async def _tariffs(context: Context, asked: Namespace) -> Answer:
    found = await context.read(tariffs.newest)
    rows: list[tuple[object, ...]] = [
        (each.name, each.number, context.local(each.valid_from), each.terms.currency, len(each.terms.elements))
        for each in found
    ]
    return Answer(found, table("TARIFF VERSION FROM CURRENCY ELEMENTS", rows, "no tariffs yet"))


async def _tariff(context: Context, asked: Namespace) -> Answer:
    return await (_import if asked.action == "import" else _show)(context, asked)


async def _show(context: Context, asked: Namespace) -> Answer:
    version = await context.read(tariffs.latest, asked.subject)
    until = f" until {context.local(version.valid_until)}" if version.valid_until else ""
    valid = f"from {context.local(version.valid_from)}{until}"
    title = f"Tariff {version.name}, version {version.number}, for sessions that begin {valid}"
    return Answer(ocpi_tariffs.write(version), "\n".join([title, "", *_told(context, version.terms)]))


async def _import(context: Context, asked: Namespace) -> Answer:
    read = ocpi_tariffs.parse(await asyncio.to_thread(_text, asked.subject))
    name, validity = asked.name or read.name, tariffs.Validity(read.valid_from, read.valid_until)
    told = [*_told(context, read.terms), ""]
    if asked.dry_run:
        text = f"tariff {name} can be imported; nothing was changed"
        return Answer({"name": name, "terms": read.terms}, "\n".join([*told, text]))
    version = await context.write(tariffs.put, name, read.terms, context.now, validity)
    begin = context.local(version.valid_from)
    text = f"tariff {version.name} is at version {version.number}, for sessions that begin from {begin} on"
    return Answer(ocpi_tariffs.write(version), "\n".join([*told, text]))


def _text(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTariff(f"{path} cannot be read: {error}") from error


def _told(context: Context, terms: Terms) -> list[str]:
    zone = ZoneInfo(context.settings.time_zone)
    day = context.now.astimezone(zone).date()
    rows: list[tuple[object, ...]] = [_example(terms.currency, each) for each in examples(terms, day, zone)]
    prices: list[tuple[object, ...]] = [
        (n, *_price(component, terms.currency), describe(element.restrictions) or "always")
        for n, element in enumerate(terms.elements, 1)
        for component in element.price_components
    ]
    return [
        "Of each kind of price, the first that holds applies; prices are without VAT.",
        table("ELEMENT PRICE VAT STEPS WHEN", prices, ""),
        *(["Some of these prices have no VAT although others have."] if lacking_vat(terms) else []),
        *_bounds(terms),
        "",
        f"Examples at 10 kW on {day:%A}, times of {context.settings.time_zone}:",
        table("ENERGY FROM CHARGING PARKING NET VAT TOTAL", rows, ""),
    ]


def _price(component: PriceComponent, currency: str) -> tuple[str, str, str]:
    unit, step = _UNITS[component.type]
    vat = "none" if component.vat is None else f"{component.vat.normalize():f} %"
    steps = f"{component.step_size} {step}" if step else ""
    return f"{format_price(component.price, currency)} {unit}", vat, steps


def _bounds(terms: Terms) -> list[str]:
    told = [("at least", terms.min_price), ("at most", terms.max_price)]
    bounds = [f"A session costs {which} {_limit(limit, terms.currency)}." for which, limit in told if limit]
    grace_s = terms.parking_grace_s
    return bounds + ([f"Parking is free for {timedelta(seconds=grace_s)} h each time."] if grace_s else [])


def _limit(limit: PriceLimit, currency: str) -> str:
    with_vat = "" if limit.incl_vat is None else f", {format_price(limit.incl_vat, currency)} with VAT"
    return f"{format_price(limit.excl_vat, currency)} without VAT{with_vat}"


def _example(currency: str, example: Example) -> tuple[object, ...]:
    price = example.price
    sums = (format_minor(amount, currency) for amount in (price.net_minor, price.vat_minor, price.gross_minor))
    kwh = f"{example.energy_wh // 1000} kWh"
    return (kwh, f"{example.begin:%H:%M}", example.charged, example.parked or "", *sums)


_TARIFF = argument("name", metavar="NAME", help="the tariff's name")
_PRICES = (
    _TARIFF,
    argument("--per-kwh", type=amount, required=True, metavar="PRICE", help="price of a kWh without VAT, such as 0.39"),
    argument("--per-session", type=amount, default=Decimal(0), metavar="PRICE", help="price of a session without VAT"),
    argument("--vat", type=amount, metavar="PERCENT", help="VAT in percent, such as 19"),
    argument("--currency", metavar="CODE", help="such as EUR; the setting's currency if not given"),
)
VERBS = (
    Verb("add-tariff", "add a tariff", _add_tariff, _PRICES),
    Verb("set-tariff", "give a tariff new prices, for sessions that begin from now on", _set_tariff, _PRICES),
    Verb("tariffs", "list the tariffs", _tariffs),
    Verb(
        "tariff",
        "show a tariff with example prices, or import one from a file in OCPI's form (JSON, or the same as TOML)",
        _tariff,
        (
            argument("action", choices=("show", "import"), help="what to do"),
            argument("subject", metavar="NAME|FILE", help="the tariff's name to show; the file to import, - for stdin"),
            argument("--name", help="import under this name instead of the file's id"),
            argument("--dry-run", action="store_true", help="say what an import would do, and change nothing"),
        ),
    ),
    Verb(
        "assign-tariff",
        "say where a tariff applies; tag goes before group, connector, station and site",
        _assign_tariff,
        (
            _TARIFF,
            argument("--site", metavar="NAME", help="the site; the first one if neither is given"),
            argument("--station", metavar="IDENTITY", help="the station; it goes before its site's tariff"),
            argument("--connector", type=int, metavar="N", help="only this connector of the station"),
            argument("--group", metavar="NAME", help="the tags of a group, wherever they charge"),
            argument("--tag", metavar="TAG", help="one tag, wherever it charges"),
        ),
    ),
)
