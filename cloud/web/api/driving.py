"""Tags, groups and accounts changed, money noted."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from cloud.domain.accounts import Account
from cloud.domain.ledger import Payment
from cloud.domain.people import Permission
from cloud.domain.tags import TagGroup
from cloud.services import accounts, groups, tags
from cloud.web.api import office, own
from cloud.web.api.endpoints import Call, Endpoint, Kind, given
from cloud.web.api.problems import Refused
from cloud.web.api.shapes import office as shapes

OFFICE, OFFICE_LOOK = Permission.OFFICE, Permission.OFFICE_LOOK
_BY_NAME = ("group", "tariff")


def add_tag(conn: Connection, call: Call) -> dict[str, Any]:
    terms = given(call.body)
    id_tag, account = terms.pop("id_tag"), terms.pop("account")
    added = tags.add(conn, call.organisation_id, id_tag, call.now, user_id=call.user_id, **_named(terms))
    if account is not None:
        accounts.link(conn, call.organisation_id, id_tag, account, call.now, user_id=call.user_id)
    return office.shown_tag(tags.find(conn, call.organisation_id, added.id_tag))


def change_tag(conn: Connection, call: Call) -> dict[str, Any]:
    tag, terms = own.tag(conn, call), given(call.body)
    if "account" in terms:
        accounts.link(conn, call.organisation_id, tag.id_tag, terms.pop("account"), call.now, user_id=call.user_id)
    tags.change(conn, call.organisation_id, tag.id_tag, _named(terms), call.now, call.user_id)
    return office.shown_tag(tags.find(conn, call.organisation_id, tag.id_tag))


def _named(terms: dict[str, Any]) -> dict[str, Any]:
    """The terms as the use cases take them: no group or tariff is called ""."""
    return {name: "" if value is None and name in _BY_NAME else value for name, value in terms.items()}


def group_list(conn: Connection, call: Call) -> Any:
    return groups.listed(conn, call.organisation_id)


def add_group(conn: Connection, call: Call) -> TagGroup:
    terms = given(call.body)
    return groups.add(conn, call.organisation_id, terms.pop("name"), _named(terms), call.now, call.user_id)


def change_group(conn: Connection, call: Call) -> TagGroup:
    known = {group.id: group for group in groups.listed(conn, call.organisation_id)}
    if call.params["group_id"] not in known:
        raise Refused(404)
    name = known[call.params["group_id"]].name
    return groups.change(conn, call.organisation_id, name, _named(given(call.body)), call.now, call.user_id)


def add_account(conn: Connection, call: Call) -> Account:
    values = given(call.body)
    return accounts.add(conn, call.organisation_id, values.pop("name"), call.now, user_id=call.user_id, **values)


def change_account(conn: Connection, call: Call) -> Any:
    return accounts.change(conn, own.account(conn, call), given(call.body), call.now, user_id=call.user_id)


def pay(do: Callable[..., Account]) -> Callable[[Connection, Call], Any]:
    """Notes money that came in, or that went back."""

    def handle(conn: Connection, call: Call) -> Any:
        name = own.account(conn, call).name
        payment = Payment(call.body.reference, call.body.amount_minor)
        do(conn, call.organisation_id, name, payment, call.now, user_id=call.user_id)
        return accounts.view(conn, call.organisation_id, name)

    return handle


_TAG, _ACCOUNT = "/tags/{tag_id:int}", "/accounts/{account_id:int}"
ENDPOINTS = (
    Endpoint("POST", "/tags", "Add a tag", OFFICE, add_tag, shapes.Tag, takes=shapes.NewTag, status=201),
    Endpoint("PATCH", _TAG, "Change a tag", OFFICE, change_tag, shapes.Tag, takes=shapes.TagChange),
    Endpoint("GET", "/groups", "List groups of tags", OFFICE_LOOK, group_list, shapes.Group, Kind.ALL),
    Endpoint("POST", "/groups", "Add a group", OFFICE, add_group, shapes.Group, takes=shapes.NewGroup, status=201),
    Endpoint(
        "PATCH",
        "/groups/{group_id:int}",
        "Change a group",
        OFFICE,
        change_group,
        shapes.Group,
        takes=shapes.GroupChange,
    ),
    Endpoint(
        "POST",
        "/accounts",
        "Add a driver's account",
        OFFICE,
        add_account,
        shapes.Account,
        takes=shapes.NewAccount,
        status=201,
        once=True,
    ),
    Endpoint(
        "PATCH", _ACCOUNT, "Change an account", OFFICE, change_account, shapes.Account, takes=shapes.AccountChange
    ),
    Endpoint(
        "POST",
        f"{_ACCOUNT}/top-ups",
        "Note money that came in",
        OFFICE,
        pay(accounts.top_up),
        shapes.AccountTold,
        takes=shapes.Payment,
        status=201,
        once=True,
    ),
    Endpoint(
        "POST",
        f"{_ACCOUNT}/refunds",
        "Note money that went back",
        OFFICE,
        pay(accounts.refund),
        shapes.AccountTold,
        takes=shapes.Payment,
        status=201,
        once=True,
    ),
)
