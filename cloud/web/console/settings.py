"""What the organisation says of itself on its bills, and what it chose for itself."""

from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import places
from cloud.domain.people import Permission
from cloud.languages.words import LANGUAGES
from cloud.services import organisations
from cloud.services.organisations import Choices
from cloud.web.pages import Action, Done, Look, Page, text

_SELLER = ("name", "address", "vat_id", "footer", "country_code", "party_id")


def shown(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id
    seller, chosen = places.organisation_words(conn, own), organisations.choices(conn, own)
    zone = places.default_time_zone(conn, own)
    return {
        "seller": seller,
        "chosen": chosen,
        "zone": zone,
        "zones": sorted(available_timezones()),
        "languages": LANGUAGES,
        "most_days": organisations.MOST_DAYS,
    }


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Both forms of the page are one."""
    me = look.me.user
    given = {name: text(form, name).replace("\r\n", "\n") for name in _SELLER}
    language = text(form, "language") or None
    if language not in (None, *LANGUAGES):
        raise HTTPException(400, "Please choose one of the entries offered.")
    chosen = Choices(
        time_zone=text(form, "time_zone") or None,
        currency=text(form, "currency").upper() or None,
        language=language,
        message_days=_days(form, "message_days"),
        command_days=_days(form, "command_days"),
    )
    organisations.describe(conn, me.organisation_id, given, look.now, user_id=me.id)
    organisations.choose(conn, me.organisation_id, chosen, look.now, user_id=me.id)
    return Done("/settings")


def _days(form: FormData, name: str) -> int | None:
    given = text(form, name)
    if given and not (given.isascii() and given.isdigit() and len(given) < 6):
        raise HTTPException(400, "Give the days as a whole number, such as 14.")
    return int(given) if given else None


PAGES = (Page("/settings", "settings", shown, needs=Permission.ADMIN),)
ACTIONS = (Action("/settings", change, Permission.ADMIN),)
