"""What a path names, as far as the key sees it; everything else is 404."""

from sqlalchemy import Connection

from cloud.db.queries import accounts as account_rows
from cloud.db.queries import commands as command_rows
from cloud.db.queries import tags as tag_rows
from cloud.domain.accounts import Account
from cloud.domain.bills import Bill
from cloud.domain.commands import Command
from cloud.domain.tags import Tag
from cloud.domain.views import SessionRow, StationRow
from cloud.services import overview
from cloud.web.api.endpoints import Call
from cloud.web.api.problems import Refused


def station(conn: Connection, call: Call) -> StationRow:
    """The path's station."""
    found = overview.station(conn, call.params["station_id"], call.scope)
    if found is None:
        raise Refused(404)
    return found


def session(conn: Connection, call: Call) -> SessionRow:
    """The path's session."""
    found = overview.session(conn, call.params["session_id"], call.scope)
    if found is None:
        raise Refused(404)
    return found


def command(conn: Connection, call: Call) -> Command:
    """The path's command."""
    found = command_rows.by_id(conn, call.params["command_id"], scope=call.scope)
    if found is None:
        raise Refused(404)
    return found


def bill(conn: Connection, call: Call) -> Bill:
    """The path's bill."""
    found = overview.bill(conn, call.params["number"], call.scope)
    if found is None:
        raise Refused(404)
    return found


def tag(conn: Connection, call: Call) -> Tag:
    """The path's tag."""
    found = tag_rows.by_id(conn, call.organisation_id, call.params["tag_id"])
    if found is None:
        raise Refused(404)
    return found


def account(conn: Connection, call: Call) -> Account:
    """The path's account."""
    found = account_rows.by_id(conn, call.params["account_id"])
    if found is None or found.organisation_id != call.organisation_id:
        raise Refused(404)
    return found


def asked_station(conn: Connection, call: Call) -> int | None:
    """The station that the query asks for, None for all."""
    wanted: int | None = call.query.station_id
    if wanted is not None and overview.station(conn, wanted, call.scope) is None:
        raise Refused(404)
    return wanted
