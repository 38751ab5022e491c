"""The organisation, tags and tariffs."""

from argparse import ArgumentTypeError, Namespace
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument
from cloud.domain.tariffs import TariffVersion, simple_terms
from cloud.services import organisations, tags, tariffs


async def _set_organisation(context: Context, asked: Namespace) -> Answer:
    await context.db.write(lambda conn: organisations.describe(conn, {"name": asked.name}, context.now))
    return Answer({"name": asked.name}, f"bills are issued by {asked.name} from now on")


async def _add_tag(context: Context, asked: Namespace) -> Answer:
    expires_at = _midnight(asked.expires, context.settings.time_zone)
    details = {"parent": asked.parent, "expires_at": expires_at, "blocked": asked.blocked, "note": asked.name}
    tag = await context.db.write(lambda conn: tags.add(conn, asked.id_tag, context.now, **details))
    return Answer(tag, f"tag {tag.id_tag} added")


async def _block_tag(context: Context, asked: Namespace) -> Answer:
    blocked = not asked.undo
    await context.db.write(lambda conn: tags.block(conn, asked.id_tag, context.now, blocked=blocked))
    said = "may not charge any more" if blocked else "may charge again"
    return Answer({"tag": asked.id_tag, "blocked": blocked}, f"tag {asked.id_tag} {said}")


def _midnight(day: datetime | None, time_zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(time_zone)) if day else None


async def _add_tariff(context: Context, asked: Namespace) -> Answer:
    currency = asked.currency or context.settings.currency
    terms = simple_terms(currency, asked.per_kwh, asked.per_session, asked.vat)

    def add(conn: Connection) -> tuple[TariffVersion, bool]:
        version = tariffs.add(conn, asked.name, terms, context.now)
        return version, tariffs.assign_where_none(conn, asked.name, context.now)

    version, assigned = await context.db.write(add)
    where = "; the site had none and uses it now" if assigned else "; `assign-tariff` says where it applies"
    return Answer(version, f"tariff {version.name} added, version {version.number}{where}")


async def _set_tariff(context: Context, asked: Namespace) -> Answer:
    currency = asked.currency or context.settings.currency
    terms = simple_terms(currency, asked.per_kwh, asked.per_session, asked.vat)
    version = await context.db.write(lambda conn: tariffs.change(conn, asked.name, terms, context.now))
    return Answer(version, f"tariff {version.name} is at version {version.number}, for sessions that begin from now on")


async def _assign_tariff(context: Context, asked: Namespace) -> Answer:
    place = {"site": asked.site, "identity": asked.station}
    await context.db.write(lambda conn: tariffs.assign(conn, asked.name, context.now, **place))
    return Answer(
        {"tariff": asked.name, **place}, f"tariff {asked.name} applies to sessions that begin there from now on"
    )


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{text!r} is not a number such as 0.39") from error


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2027-12-31") from error


_TARIFF = argument("name", metavar="NAME", help="the tariff's name")
_PRICES = (
    _TARIFF,
    argument(
        "--per-kwh", type=_amount, required=True, metavar="PRICE", help="price of a kWh without VAT, such as 0.39"
    ),
    argument("--per-session", type=_amount, default=Decimal(0), metavar="PRICE", help="price of a session without VAT"),
    argument("--vat", type=_amount, metavar="PERCENT", help="VAT in percent, such as 19"),
    argument("--currency", metavar="CODE", help="such as EUR; the setting's currency if not given"),
)

VERBS = (
    Verb(
        "set-organisation",
        "set who issues the bills",
        _set_organisation,
        (argument("name", metavar="NAME", help="the name that stands on the bills"),),
    ),
    Verb(
        "add-tag",
        "add a tag that may charge",
        _add_tag,
        (
            argument("id_tag", metavar="TAG", help="the idTag as the reader reports it, at most 20 characters"),
            argument("--name", default="", help="whose it is, for your own lists"),
            argument("--parent", help="the group it belongs to: tags of one group may stop each other's sessions"),
            argument("--expires", type=_day, metavar="DAY", help="the first day on which it is not valid: 2027-12-31"),
            argument("--blocked", action="store_true", help="known, but may not charge"),
        ),
    ),
    Verb(
        "block-tag",
        "let a tag charge no more",
        _block_tag,
        (
            argument("id_tag", metavar="TAG", help="the idTag"),
            argument("--undo", action="store_true", help="let it charge again"),
        ),
    ),
    Verb("add-tariff", "add a tariff", _add_tariff, _PRICES),
    Verb("set-tariff", "give a tariff new prices, for sessions that begin from now on", _set_tariff, _PRICES),
    Verb(
        "assign-tariff",
        "say where a tariff applies: at a site, or at one station",
        _assign_tariff,
        (
            _TARIFF,
            argument("--site", metavar="NAME", help="the site; the first one if neither is given"),
            argument("--station", metavar="IDENTITY", help="the station; it goes before its site's tariff"),
        ),
    ),
)
