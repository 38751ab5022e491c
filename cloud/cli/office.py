"""The organisation and tags."""

from argparse import Namespace

from cloud.cli.verbs import Answer, Context, Verb, argument
from cloud.services import organisations


async def _set_organisation(context: Context, asked: Namespace) -> Answer:
    lines = {"address": asked.address, "footer": asked.footer}
    given = {name: "\n".join(text) for name, text in lines.items() if text is not None}
    words = {"name": asked.name, "vat_id": asked.vat_id, "country_code": asked.country, "party_id": asked.party}
    given |= {name: text for name, text in words.items() if text is not None}
    await context.write(organisations.describe, given, context.now)
    return Answer(given, f"bills are issued by {asked.name} from now on")


async def _set_site(context: Context, asked: Namespace) -> Answer:
    zone = asked.time_zone
    await context.write(organisations.set_site_time_zone, asked.name, zone, context.now)
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
)
