"""What a browser can do a program can do: every page, action and file has its endpoint, or a reason why it has none."""

from collections.abc import Mapping
from typing import Any

import pytest

from cloud.web.api import ENDPOINTS
from cloud.web.console import ACTIONS, PAGES
from cloud.web.downloads import DOWNLOADS

STATION, SESSION, TAG, ACCOUNT = (
    "/stations/{station_id:int}",
    "/sessions/{session_id:int}",
    "/tags/{tag_id:int}",
    "/accounts/{account_id:int}",
)
TARIFF, USER, DRIVER = "/tariffs/{tariff_id:int}", "/users/{user_id:int}", "/drivers/{account_id:int}"
GROUP, HOOK, STOP = "/tags/groups/{tag_group_id:int}", "/webhooks/{webhook_id:int}", "/stops/{orphan_stop_id:int}"
COMMANDS = f"POST {STATION}/commands"
SHOWN: Mapping[str, tuple[str, ...]] = {
    "/": ("GET /load", "GET /load/power", "GET /stations", "GET /sessions"),
    "/attention": (
        *(
            f"GET /{what}"
            for what in ("stations", "stations/pending", "sessions", "stops", "bills-put-off", "incidents")
        ),
        "GET /webhooks",
    ),
    STOP: ("GET /stops", "GET /sessions"),
    STATION: (f"GET {STATION}", f"GET {STATION}/connectors", "GET /commands", "GET /incidents"),
    f"{STATION}/trace": (f"GET {STATION}/diagnosis", "GET /messages"),
    f"{STATION}/kept": (f"GET {STATION}/profiles", "GET /reservations", f"GET {STATION}/local-list"),
    f"{STATION}/configuration": (f"GET {STATION}/configuration",),
    "/commands/{command_id:int}": ("GET /commands/{command_id:int}",),
    "/sessions": ("GET /sessions",),
    SESSION: (*(f"GET {SESSION}{part}" for part in ("", "/samples", "/states", "/price")), "GET /bills"),
    "/tags": ("GET /tags", "GET /groups"),
    "/tags/unknown": ("GET /taps",),
    "/tags/file": ("GET /tags/file",),
    "/tags/groups": ("GET /groups",),
    GROUP: ("GET /groups", "GET /tags"),
    TAG: (f"GET {TAG}",),
    "/drivers": ("GET /accounts",),
    DRIVER: (f"GET {ACCOUNT}", "GET /ledger/movements"),
    f"{DRIVER}/statement": (f"GET {ACCOUNT}/statement",),
    f"{DRIVER}/statement/pdf": (f"GET {ACCOUNT}/statement/pdf",),
    "/tariffs": ("GET /tariffs",),
    TARIFF: (f"GET {TARIFF}", f"GET {TARIFF}/versions", f"GET {TARIFF}/assignments"),
    "/bills": ("GET /bills",),
    "/bills/{number}": ("GET /bills/{number}",),
    "/bills/{number}/pdf": ("GET /bills/{number}/pdf",),
    "/bills/{number}/signed": ("GET /bills/{number}/signed",),
    "/ledger": ("GET /ledger/movements", "GET /ledger/balances"),
    "/ledger/check": ("GET /ledger/check",),
    "/exports/bills": ("GET /exports/bills", "GET /exports/cdrs"),
    "/users": ("GET /users",),
    USER: (f"GET {USER}",),
    "/sites": ("GET /sites",),
    "/settings": ("GET /organisation",),
    "/audit": ("GET /audit",),
    "/messages": ("GET /messages",),
    f"{TARIFF}/file": (f"GET {TARIFF}",),
    "/api-keys": ("GET /api-keys",),
    "/webhooks": ("GET /webhooks",),
    HOOK: (f"GET {HOOK}", f"GET {HOOK}/deliveries"),
}
DONE: Mapping[str, tuple[str, ...]] = {
    "/stations/new": ("POST /stations",),
    f"{STATION}/settings": (f"PATCH {STATION}",),
    f"{STATION}/tariff": (f"PATCH {STATION}",),
    f"{STATION}/network": (f"PATCH {STATION}",),
    f"{STATION}/decide": (f"PATCH {STATION}", f"POST {STATION}/keys", f"POST {STATION}/key-renewals"),
    f"{STOP}/join": (f"POST {STOP}/session",),
    f"{STATION}/connectors/{{connector:int}}/start": (f"POST {STATION}/connectors/{{connector:int}}/start",),
    f"{STATION}/commands/{{kind}}": (COMMANDS,),
    f"{STATION}/configuration": (f"PUT {STATION}/configuration/{{key}}",),
    f"{STATION}/configuration/read": (COMMANDS,),
    f"{STATION}/local-list": (f"PUT {STATION}/local-list",),
    f"{SESSION}/stop": (f"POST {SESSION}/stop",),
    f"{SESSION}/review": (f"POST {SESSION}/reviews",),
    f"{SESSION}/correct": (f"POST {SESSION}/corrections",),
    f"{SESSION}/credit": (f"POST {SESSION}/credits",),
    "/tags/new": ("POST /tags",),
    f"{TAG}/change": (f"PATCH {TAG}",),
    f"{TAG}/block": (f"PATCH {TAG}",),
    "/tags/unknown/{tap_id:int}/enrol": ("POST /taps/{tap_id:int}/tag",),
    "/tags/import": ("POST /tags/file",),
    "/tags/import/check": ("POST /tags/file",),
    "/tags/groups/new": ("POST /groups",),
    f"{GROUP}/change": ("PATCH /groups/{group_id:int}",),
    f"{GROUP}/remove": ("DELETE /groups/{group_id:int}",),
    "/drivers/new": ("POST /accounts",),
    f"{DRIVER}/change": (f"PATCH {ACCOUNT}",),
    f"{DRIVER}/top-up": (f"POST {ACCOUNT}/top-ups",),
    f"{DRIVER}/refund": (f"POST {ACCOUNT}/refunds",),
    "/ledger/check/again": ("POST /ledger/check",),
    "/tariffs/preview": ("POST /tariffs/preview",),
    "/tariffs/new": ("POST /tariffs",),
    "/tariffs/import": ("POST /tariffs",),
    "/tariffs/import/check": ("POST /tariffs/preview",),
    f"{TARIFF}/edit": ("POST /tariffs",),
    f"{TARIFF}/assign": (f"POST {TARIFF}/assignments",),
    "/users/new": ("POST /users", f"POST {USER}/invitations"),
    USER: (f"PATCH {USER}",),
    f"{USER}/link": (f"POST {USER}/invitations",),
    f"{USER}/admit": (f"PATCH {USER}",),
    f"{USER}/second-factor": (f"DELETE {USER}/second-factor",),
    "/sites/new": ("POST /sites",),
    "/sites/{site_id:int}": ("PATCH /sites/{site_id:int}",),
    "/settings": ("PATCH /organisation",),
    "/api-keys": ("POST /api-keys",),
    "/api-keys/{key_id:int}/revoke": ("DELETE /api-keys/{key_id:int}",),
    "/webhooks": ("POST /webhooks",),
    f"{HOOK}/change": (f"PATCH {HOOK}",),
    f"{HOOK}/admit": (f"PATCH {HOOK}",),
    f"{HOOK}/test": (f"POST {HOOK}/tests",),
    f"{HOOK}/remove": (f"DELETE {HOOK}",),
    f"{HOOK}/calls/{{call_id:int}}/again": (f"POST {HOOK}/deliveries/{{delivery_id:int}}/again",),
}
A_FORM = "a form alone: the types of its endpoint say the same"
OF_A_PERSON = "of who is signed in: a program has a key, and neither a browser nor a second factor"
BY_THEMSELVES: Mapping[str, str] = {
    "/exports": A_FORM,
    "/tags/groups/new": A_FORM,
    "/tags/import": A_FORM,
    "/tariffs/import": A_FORM,
    "/sites/{site_id:int}": A_FORM,
    f"{SESSION}/correct": A_FORM,
    f"{STATION}/commands": A_FORM,
    f"{STATION}/commands/{{kind}}": A_FORM,
    f"{STATION}/connectors/{{connector:int}}/start": A_FORM,
    f"{STATION}/settings": A_FORM,
    f"{TARIFF}/edit": A_FORM,
    **{f"/{what}/new": A_FORM for what in ("drivers", "sites", "stations", "tags", "tariffs", "users")},
    "/me": OF_A_PERSON,
    "/me/sign-ins": OF_A_PERSON,
    **{f"/me/second-factor/{what}": OF_A_PERSON for what in ("begin", "confirm", "remove")},
}
CHECKED_BY_WHAT_IS_SENT = {f"{STATION}/tariff", f"{STATION}/configuration/read", f"{STATION}/commands/{{kind}}"}
LOOKED_AT_ONLY = {"/tariffs/preview", "/tariffs/import/check"}
ENDPOINT = {f"{each.method} {each.path}": each for each in ENDPOINTS}


@pytest.mark.parametrize(
    ("of_console", "table"), [((*PAGES, *DOWNLOADS), SHOWN), (ACTIONS, DONE)], ids=["shown", "done"]
)
def test_what_the_console_has_the_api_has(of_console: tuple[Any, ...], table: Mapping[str, tuple[str, ...]]) -> None:
    paths = {str(each.path) for each in of_console}
    assert paths - table.keys() <= BY_THEMSELVES.keys(), "add its endpoint here, or why there is none"
    assert table.keys() <= paths
    assert {name for names in table.values() for name in names} <= ENDPOINT.keys()


def test_nobody_may_more_through_the_api_than_in_the_console() -> None:
    for action in ACTIONS:
        if action.path in DONE.keys() - CHECKED_BY_WHAT_IS_SENT - LOOKED_AT_ONLY:
            assert {ENDPOINT[name].needs for name in DONE[action.path]} == {action.needs}, action.path
