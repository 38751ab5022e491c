"""The organisation and tags."""

from argparse import ArgumentTypeError, Namespace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument
from cloud.services import organisations, tags


async def _set_organisation(context: Context, asked: Namespace) -> Answer:
    lines = {"address": asked.address, "footer": asked.footer}
    given = {name: "\n".join(text) for name, text in lines.items() if text is not None}
    words = {"name": asked.name, "vat_id": asked.vat_id, "country_code": asked.country, "party_id": asked.party}
    given |= {name: text for name, text in words.items() if text is not None}
    await context.db.write(lambda conn: organisations.describe(conn, given, context.now))
    return Answer(given, f"bills are issued by {asked.name} from now on")


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


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2027-12-31") from error


async def _set_site(context: Context, asked: Namespace) -> Answer:
    zone = asked.time_zone

    def change(conn: Connection) -> None:
        organisations.set_site_time_zone(conn, asked.name, zone, context.now)

    await context.db.write(change)
    return Answer({"site": asked.name, "time_zone": zone}, f"tariffs at {asked.name} go by the clock of {zone}")


VERBS = (
    Verb(
        "set-site",
        "set by which clock a site's tariffs go",
        _set_site,
        (
            argument("name", metavar="NAME", help="the site"),
            argument("--time-zone", required=True, metavar="ZONE", help="such as Europe/Berlin"),
        ),
    ),
    Verb(
        "set-organisation",
        "set who issues the bills",
        _set_organisation,
        (
            argument("name", metavar="NAME", help="the name that stands on the bills"),
            argument("--address", nargs="+", metavar="LINE", help="its lines, such as 'Main Street 1' '12345 Town'"),
            argument("--vat-id", metavar="ID", help="such as DE123456789"),
            argument("--footer", nargs="+", metavar="LINE", help="what stands at the foot, such as a bank account"),
            argument("--country", metavar="CODE", help="country_code of OCPI, such as DE"),
            argument("--party", metavar="ID", help="party_id of OCPI, such as BOL"),
        ),
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
)
