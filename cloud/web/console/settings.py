"""What the organisation says of itself on its bills, and what it chose for itself."""

from dataclasses import asdict
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.queries import places
from cloud.domain.people import Permission
from cloud.domain.words import N_
from cloud.languages.words import LANGUAGES
from cloud.services import organisations
from cloud.services.organisations import Choices
from cloud.web.forms import Field, Form, filled
from cloud.web.pages import Action, Done, Look, Page
from cloud.web.words import LANGUAGE

SELLER = (
    Field("name", N_("Name"), longest=200, required=True),
    Field("address", N_("Address"), "lines", N_("at most 6 lines"), longest=1300),
    Field("vat_id", N_("VAT number"), hint=N_("such as DE123456789"), longest=30),
    Field("footer", N_("At the foot"), "lines", N_("such as a bank account"), longest=1300),
    Field("country_code", N_("Country"), hint=N_("two letters for OCPI, such as DE"), longest=2),
    Field("party_id", N_("Party"), hint=N_("three letters for OCPI, such as BOL"), longest=3),
)
_DAYS = (N_("days, 1 to %(most)s"), {"most": organisations.MOST_DAYS})
CHOICES = (
    Field("time_zone", N_("Time zone"), "names", N_("of screens, and of sites that have none"), longest=100),
    Field("currency", N_("Currency of new prices"), hint=N_("such as EUR"), longest=3),
    Field("language", N_("Language of letters and bills"), "choice"),
    Field("message_days", N_("Keep messages for"), "count", _DAYS, longest=5),
    Field("command_days", N_("Keep commands for"), "count", _DAYS, longest=5),
)
_OFFERED = {"language": {"": N_("as the server")} | {code: LANGUAGE[code] for code in LANGUAGES}}
_HERE = "/settings"


def shown(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    chosen, offered = asdict(organisations.choices(conn, own)), {"time_zone": sorted(available_timezones())}
    return {
        "seller": Form("seller", _HERE, SELLER, values=places.organisation_words(conn, own)),
        "choices": Form("choices", _HERE, CHOICES, N_("Save"), values=chosen, choices=_OFFERED | offered),
        "zone": places.default_time_zone(conn, own),
    }


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Both forms of the page are one."""
    me = look.me.user
    given = filled(form, (*SELLER, *CHOICES), choices=_OFFERED)
    seller = {field.name: given.pop(field.name) for field in SELLER}
    given["currency"] = given["currency"].upper()
    chosen = Choices(**{name: None if value == "" else value for name, value in given.items()})
    organisations.describe(conn, me.organisation_id, seller, look.now, user_id=me.id)
    organisations.choose(conn, me.organisation_id, chosen, look.now, user_id=me.id)
    return Done(_HERE)


PAGES = (Page(_HERE, "settings", shown, needs=Permission.ADMIN),)
ACTIONS = (Action(_HERE, change, Permission.ADMIN),)
