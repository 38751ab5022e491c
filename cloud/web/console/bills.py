"""Bills as their readers see them."""

from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from cloud.db.queries import bills, places, signed
from cloud.documents.receipt import TITLES, Receipt
from cloud.documents.receipt import receipt as laid_out
from cloud.domain.bills import Bill
from cloud.services import overview
from cloud.web.pages import Action, Look, Page


def bill(conn: Connection, look: Look) -> dict[str, Any]:
    found, shown = receipt(conn, look)
    related = [other for other in bills.related(conn, found.session_id) if other.id != found.id]
    has_signed = bool(signed.of_session(conn, found.session_id))
    return {"bill": found, "shown": shown, "related": related, "signed": has_signed, "titles": TITLES}


def receipt(conn: Connection, look: Look) -> tuple[Bill, Receipt]:
    """The bill that the path names, and what its reader sees; HTTPException 404 when there is none."""
    found = overview.bill(conn, look.params["number"], look.scope)
    if found is None:
        raise HTTPException(404)
    zone = places.default_time_zone(conn, look.me.user.organisation_id)
    return found, laid_out(found, zone.key)


PAGES = (Page("/bills/{number}", "bill", bill),)
ACTIONS: tuple[Action, ...] = ()
