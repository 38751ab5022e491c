"""Tags and accounts; incidents."""

from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import accounts as account_rows
from cloud.db.queries import incidents as incident_rows
from cloud.db.queries import tags as tag_rows
from cloud.db.rows import Cut
from cloud.domain.people import Permission
from cloud.domain.tags import Tag
from cloud.services import accounts, statements
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind
from cloud.web.api.shapes import office as shapes
from cloud.web.api.shapes.places import Incident, OfStation

LOOK, OFFICE_LOOK = Permission.LOOK, Permission.OFFICE_LOOK
_ACCOUNT = "/accounts/{account_id:int}"


def shown_tag(tag: Tag) -> dict[str, Any]:
    """A tag as it is told: with its group's number."""
    told = {name: getattr(tag, name) for name in shapes.Tag.__struct_fields__ if name != "group_id"}
    return told | {"group_id": tag.group.id if tag.group else None}


def tags(conn: Connection, call: Call) -> list[dict[str, Any]]:
    cut = Cut(call.limit, call.after)
    return [shown_tag(tag) for tag in tag_rows.listed(conn, call.organisation_id, cut, call.query.id_tag)]


def tag(conn: Connection, call: Call) -> dict[str, Any]:
    return shown_tag(own.tag(conn, call))


def account_page(conn: Connection, call: Call) -> Any:
    return account_rows.page_of(conn, call.organisation_id, Cut(call.limit, call.after))


def account(conn: Connection, call: Call) -> Any:
    return accounts.view(conn, call.organisation_id, own.account(conn, call).name)


def statement(conn: Connection, call: Call) -> dict[str, Any]:
    account = own.account(conn, call)
    told = statements.monthly(conn, account, call.query.month or call.now)
    bounds = {"begin": told.begin, "end": told.end, "currency": account.currency}
    money = {name: getattr(told.money, name) for name in ("opening_minor", "entries", "closing_minor")}
    return {**bounds, **money, "bills": [bill.number for bill in told.bills]}


def incidents(conn: Connection, call: Call) -> Any:
    return incident_rows.listed(conn, call.scope, Cut(call.limit, call.after), own.asked_station(conn, call))


ENDPOINTS = (
    Endpoint("GET", "/tags", "List tags", OFFICE_LOOK, tags, shapes.Tag, Kind.PAGE, shapes.TagQuery),
    Endpoint("GET", "/tags/{tag_id:int}", "Show a tag", OFFICE_LOOK, tag, shapes.Tag),
    Endpoint("GET", "/accounts", "List drivers' accounts", OFFICE_LOOK, account_page, shapes.Account, Kind.PAGE),
    Endpoint("GET", _ACCOUNT, "Show an account with its money and tags", OFFICE_LOOK, account, shapes.AccountTold),
    Endpoint(
        "GET",
        f"{_ACCOUNT}/statement",
        "Show a month of an account",
        OFFICE_LOOK,
        statement,
        shapes.Statement,
        query=shapes.MonthQuery,
    ),
    Endpoint("GET", "/incidents", "List oddities", LOOK, incidents, Incident, Kind.PAGE, OfStation),
)
