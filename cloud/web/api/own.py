"""What a path names, as far as the key sees it; everything else is 404."""

from typing import TypeVar

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

T = TypeVar("T")


def station(conn: Connection, call: Call) -> StationRow:
    """The path's station."""
    return _there(overview.station(conn, call.params["station_id"], call.scope))


def session(conn: Connection, call: Call) -> SessionRow:
    """The path's session."""
    return _there(overview.session(conn, call.params["session_id"], call.scope))


def command(conn: Connection, call: Call) -> Command:
    """The path's command."""
    return _there(command_rows.by_id(conn, call.params["command_id"], scope=call.scope))


def bill(conn: Connection, call: Call) -> Bill:
    """The path's bill."""
    return _there(overview.bill(conn, call.params["number"], call.scope))


def tag(conn: Connection, call: Call) -> Tag:
    """The path's tag."""
    return _there(tag_rows.by_id(conn, call.organisation_id, call.params["tag_id"]))


def account(conn: Connection, call: Call) -> Account:
    """The path's account."""
    found = _there(account_rows.by_id(conn, call.params["account_id"]))
    return _there(found if found.organisation_id == call.organisation_id else None)


def asked_station(conn: Connection, call: Call) -> int | None:
    """The station that the query asks for, None for all."""
    wanted: int | None = call.query.station_id
    if wanted is not None and overview.station(conn, wanted, call.scope) is None:
        raise Refused(404)
    return wanted


def _there(found: T | None) -> T:
    if found is None:
        raise Refused(404)
    return found
