"""A tariff from a file in OCPI's form: looked at with its examples first, then taken as the next version."""

from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.queries import tariffs as rows
from cloud.domain import ocpi_tariffs
from cloud.domain.errors import DomainError
from cloud.domain.ocpi_tariffs import Imported
from cloud.domain.people import Permission
from cloud.services import tariffs
from cloud.services.tariffs import Validity
from cloud.web import uploads
from cloud.web.console.tariffs import LONGEST_NAME, told
from cloud.web.forms import text
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.refusals import Refused
from cloud.web.uploads import LARGEST_POST

IMPORT = "/tariffs/import"


def page(conn: Connection, look: Look) -> dict[str, Any]:
    """The form; once something was sent, with the tariff in it if it can be read."""
    form = look.typed or FormData()
    try:
        return _looked_at(conn, look, form)
    except (Refused, DomainError):
        return _shown(conn, look, uploads.typed(form), text(form, "name"), None)


def check(conn: Connection, look: Look, form: FormData) -> Shown:
    """Says what would be imported. Raises Refused, BadTariff, UnknownCurrency."""
    return Shown("tariff_import", _looked_at(conn, look, form))


def take(conn: Connection, look: Look, form: FormData) -> Done | Shown:
    """Imports the tariff that was looked at; another is shown first. Raises Refused, BadTariff, UnknownCurrency."""
    given = uploads.given(form)
    if not uploads.looked_at(form, given):
        return check(conn, look, form)
    read = ocpi_tariffs.parse(given)
    own, validity = look.organisation_id, Validity(read.valid_from, read.valid_until)
    version = tariffs.put(conn, own, _name(form, read), read.terms, look.now, validity, user_id=look.me.user.id)
    return Done(f"/tariffs/{version.tariff_id}")


def _looked_at(conn: Connection, look: Look, form: FormData) -> dict[str, Any]:
    given = uploads.given(form)
    read = ocpi_tariffs.parse(given)
    return _shown(conn, look, given, _name(form, read), read)


def _shown(conn: Connection, look: Look, given: str, name: str, read: Imported | None) -> dict[str, Any]:
    newest = {each.name: each for each in rows.newest(conn, look.organisation_id)} if read else {}
    here = {"read": read, "name": name, "known": newest.get(name)}
    return {**uploads.shown(given), **here, **told(conn, look, read.terms if read else None)}


def _name(form: FormData, read: Imported) -> str:
    """Under which it is imported: as typed, else as the file has it."""
    return text(form, "name")[:LONGEST_NAME] or read.name


PAGES = (Page(IMPORT, "tariff_import", page, needs=Permission.OFFICE),)
ACTIONS = (
    Action(f"{IMPORT}/check", check, Permission.OFFICE, only_reads=True, page=IMPORT, largest=LARGEST_POST),
    Action(IMPORT, take, Permission.OFFICE, largest=LARGEST_POST),
)
