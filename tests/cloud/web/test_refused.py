"""A refused form: every one of them is shown again, with what was typed, and the field in question marked."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloud.db.queries import configuration
from cloud.domain.configuration import Entry
from cloud.web import ACTIONS, PAGES
from cloud.web.forms import Field, Form, filled
from cloud.web.refusals import Refused
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_guard import address
from tests.cloud.web.yard import Yard

LONG = "x" * 2000
# Path of the action -> what is typed, the field that is wrong, and what stands in the page again.
TRIES: dict[str, tuple[dict[str, Any], str, str]] = {
    "/stations/new": (
        {"identity": "new:1", "name": "Cellar", "connectors": "2", "site": "1"},
        "add-identity",
        "Cellar",
    ),
    "/stations/{station_id:int}/settings": ({"name": LONG, "site": "1"}, "place-name", LONG),
    "/stations/{station_id:int}/tariff": ({"tariff": "99"}, "tariff-tariff", "Daytime"),
    "/stations/{station_id:int}/connectors/{connector:int}/start": ({"tag": "99"}, "start-tag", "Visitors"),
    "/stations/{station_id:int}/commands/{kind}": ({"type": "", "kept": "1"}, "command-type", "Soft"),
    "/stations/{station_id:int}/configuration": ({"key": "HeartbeatInterval", "value": LONG}, "", LONG),
    "/sessions/{session_id:int}/review": ({"decision": "bill", "reason": LONG}, "review-reason", LONG),
    "/sessions/{session_id:int}/correct": ({"kwh": "much", "reason": "a typo"}, "correct-kwh", "a typo"),
    "/sessions/{session_id:int}/credit": ({"reason": LONG}, "credit-reason", LONG),
    "/tags/new": ({"id_tag": "0BAD0BAD", "note": "Guest"}, "tag-id_tag", "Guest"),
    "/tags/{tag_id:int}/change": ({"note": "Guest", "account": "Nobody Ltd"}, "tag-account", "Nobody Ltd"),
    "/tags/groups/new": ({"name": "Wagon", "most_sessions": "7"}, "group-name", "Wagon"),
    "/tags/groups/{tag_group_id:int}/change": ({"most_sessions": "many"}, "group-most_sessions", "many"),
    "/tags/import/check": ({"lines": " "}, "file", "Tags from a file"),
    "/tags/import": ({"lines": " "}, "file", "Tags from a file"),
    "/tariffs/import/check": ({"lines": "", "name": "Night"}, "file", "Night"),
    "/tariffs/import": ({"lines": "", "name": "Night"}, "file", "Night"),
    "/webhooks": ({"url": "ftp://a.example", "events": "fault"}, "webhook-url", "ftp://a.example"),
    "/webhooks/{webhook_id:int}/change": (
        {"url": "ftp://a.example", "events": "fault"},
        "webhook-url",
        "ftp://a.example",
    ),
    "/stops/{orphan_stop_id:int}/join": ({"session": "99"}, "join-session", "4711"),
    "/stations/{station_id:int}/network": ({"network": "0.0.0.0/0"}, "network-network", "0.0.0.0/0"),
    "/drivers/new": (
        {"name": "Grace", "email": "grace", "terms": "prepaid", "currency": "EUR", "language": "de"},
        "driver-email",
        "Grace",
    ),
    "/drivers/{account_id:int}/change": (
        {"name": "Grace", "email": "grace", "terms": "prepaid", "language": "de", "hold": "5"},
        "change-email",
        "Grace",
    ),
    "/drivers/{account_id:int}/top-up": ({"amount": "1.234", "reference": "bank 7"}, "top-up-amount", "bank 7"),
    "/drivers/{account_id:int}/refund": ({"amount": "20", "reference": "back 7"}, "refund-amount", "back 7"),
    "/tariffs/new": ({"do": "save", "name": "Night", "currency": "EURO"}, "currency", "Night"),
    "/tariffs/{tariff_id:int}/edit": (
        {"do": "save", "currency": "EUR", "elements.0.ENERGY.price": "cheap"},
        "elements.0.ENERGY.price",
        "cheap",
    ),
    "/tariffs/{tariff_id:int}/assign": ({"kind": "site", "name": "Nowhere"}, "assign-name", "Nowhere"),
    "/users/new": ({"name": "Ada", "role": "viewer", "email": "a@b.example"}, "user-name", "a@b.example"),
    "/users/{user_id:int}": ({"role": "viewer", "email": "a@b.example"}, "user-role", "a@b.example"),
    "/sites/new": ({"name": "Main site", "time_zone": "Europe/Paris"}, "site-name", "Europe/Paris"),
    "/sites/{site_id:int}": ({"name": "Yard", "time_zone": "Mars/Olympus"}, "site-time_zone", "Mars/Olympus"),
    "/settings": ({"name": "Yard Ltd", "vat_id": "?", "message_days": "7"}, "seller-vat_id", "Yard Ltd"),
    "/api-keys": ({"name": "Billing", "days": "30"}, "key-permission", "Billing"),
    "/me/second-factor/remove": ({"code": "987654"}, "without-code", "Second factor"),
    "/me/second-factor/confirm": ({"code": "987654"}, "confirm-code", "QR code"),
}
NO_FIELDS = {
    "/stations/{station_id:int}/configuration/read",
    "/stations/{station_id:int}/local-list",
    "/stations/{station_id:int}/decide",
    "/sessions/{session_id:int}/stop",
    "/ledger/check/again",
    "/tags/{tag_id:int}/block",
    "/tags/unknown/{tap_id:int}/enrol",
    "/tags/groups/{tag_group_id:int}/remove",
    "/webhooks/{webhook_id:int}/admit",
    "/webhooks/{webhook_id:int}/test",
    "/webhooks/{webhook_id:int}/remove",
    "/webhooks/{webhook_id:int}/calls/{call_id:int}/again",
    "/tariffs/preview",
    "/users/{user_id:int}/link",
    "/users/{user_id:int}/admit",
    "/users/{user_id:int}/second-factor",
    "/api-keys/{key_id:int}/revoke",
    "/me/sign-ins",
    "/me/second-factor/begin",
}
"""Buttons: what they press is refused with a sentence on their page, but nothing was typed."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what a database refuses has tests of its own."""
    return sqlite_url


async def nothing(request: Request) -> Response:
    raise NotImplementedError


class Marked(HTMLParser):
    """Fields that are marked as invalid, and every element by its id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.invalid = list[dict[str, str | None]]()
        self.by_id = dict[str, dict[str, str | None]]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.by_id[found.get("id") or ""] = found
        if "aria-invalid" in found:
            self.invalid.append(found)


def test_every_action_is_tried_or_has_no_fields() -> None:
    assert {action.path for action in ACTIONS} == TRIES.keys() | NO_FIELDS
    pages = {page.path for page in PAGES}
    assert [each.path for each in ACTIONS if not each.only_reads and (each.page or each.path) not in pages] == []


async def test_a_refused_form_is_shown_again_with_what_was_typed(
    console: Console, browser: Browser, place: Yard
) -> None:
    known = Entry("HeartbeatInterval", "60", readonly=False, read_at=NOW)
    await console.db.write(lambda conn: configuration.insert(conn, place.hall, [known]))
    await browser.post("/me/second-factor/begin")
    for path, (typed, field, again) in TRIES.items():
        if path.endswith("/remove"):
            continue  # needs a second factor: test_second_factor
        session = place.suspect if path.endswith("review") else place.billed
        own = path.replace("{session_id:int}", str(session)).replace("{connector:int}", "2")
        answer = await browser.post(address(Route(own, nothing)), **typed)
        assert answer.status_code in {400, 409, 422}, path
        check(answer, path, field, again)


def check(answer: httpx.Response, path: str, field: str, again: str) -> None:
    """The summary with the focus leads to the field, which has its sentence beside it; nothing is live."""
    page = Marked(answer.text)
    summary = page.by_id["refused"]
    assert summary["role"] == "alert" and "autofocus" in summary and summary["tabindex"] == "-1", path
    assert again in unescape(answer.text), path
    assert "data-live" not in answer.text and "987654" not in answer.text, path
    assert page.invalid, path
    if not field:
        return
    assert f'href="#{field}"' in answer.text and field in page.by_id, path
    for each in page.invalid:
        beside = page.by_id[(each["aria-describedby"] or "").split()[0]]
        assert (beside["class"] or "").split()[0] == "problem" and beside["id"] == f"{field}-problem", path


async def test_a_button_that_is_refused_is_told_on_its_page(browser: Browser, place: Yard) -> None:
    refused = await browser.post("/users/1/admit", to="disable")
    assert refused.status_code == 409
    assert "ada is the only owner" in refused.text and 'id="refused"' in refused.text and 'id="user"' in refused.text


async def test_what_is_not_there_any_more_is_not_asked_again(browser: Browser, place: Yard) -> None:
    for path in ("/tags/99/change", "/sessions/99/credit", "/drivers/99/top-up", "/stations/99/settings"):
        assert (await browser.post(path, reason=LONG)).status_code == 404, path


async def test_a_wrong_password_keeps_the_name_and_not_the_password(console: Console) -> None:
    async with console.browser() as client:
        form = await client.get("/sign-in?next=/tags")
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text))
        refused = await client.post("/sign-in", data={**sent, "name": "Eve <3", "password": "open sesame"})
    assert refused.status_code == 401 and "sesame" not in refused.text
    assert 'value="Eve &lt;3"' in refused.text and 'name="next" value="/tags"' in refused.text
    assert Marked(refused.text).invalid[0]["name"] == "password"


def test_all_that_is_wrong_is_told_at_once() -> None:
    fields = (
        Field("a", "A", "count"),
        Field("b", "B", required=True),
        Field("c", "C", "choice"),
        Field("d", "D", "day"),
    )
    typed = {"a": "x", "b": " ", "c": "3", "d": "soon"}
    with pytest.raises(Refused) as refused:
        filled(FormData(typed), fields, choices={"c": {"1": "one"}})
    assert refused.value.problems.keys() == {"a", "b", "c", "d"}
    form = Form("f", "/f", (*fields, Field("e", "E", "secret"))).again(FormData(typed | {"e": "!"}), {"a": "no"})
    assert [form.value(name) for name in "abcde"] == ["x", "", "3", "soon", ""]
