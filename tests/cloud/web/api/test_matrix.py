"""Who may what: each endpoint with each permission, without a key, at another site, in another organisation."""

from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.domain.accounts import PaymentTerms
from cloud.domain.commands import CommandKind
from cloud.domain.incidents import IncidentKind
from cloud.domain.people import OF_NO_SITE, Permission
from cloud.domain.webhooks import Event
from cloud.services import accounts, commands, incidents, users, webhooks
from cloud.web.api import ENDPOINTS
from cloud.web.api.endpoints import Endpoint, Kind
from tests.cloud.web.api.conftest import Program, address, make_key, once, program
from tests.cloud.web.conftest import NOW, Console
from tests.cloud.web.yard import HASH, Yard
from tests.ours import OURS, another

NEEDS = {
    "GET /accounts": "office_look",
    "POST /accounts": "office",
    "GET /accounts/{account_id:int}": "office_look",
    "PATCH /accounts/{account_id:int}": "office",
    "POST /accounts/{account_id:int}/refunds": "office",
    "GET /accounts/{account_id:int}/statement": "office_look",
    "GET /accounts/{account_id:int}/statement/pdf": "office_look",
    "POST /accounts/{account_id:int}/top-ups": "office",
    "GET /api-keys": "admin",
    "POST /api-keys": "admin",
    "DELETE /api-keys/{key_id:int}": "admin",
    "GET /audit": "admin",
    "GET /bills": "look",
    "GET /bills/{number}": "look",
    "GET /bills/{number}/pdf": "look",
    "GET /bills/{number}/signed": "look",
    "GET /bills-put-off": "look",
    "GET /commands": "look",
    "GET /commands/{command_id:int}": "look",
    "GET /exports/bills": "office_look",
    "GET /exports/cdrs": "office_look",
    "GET /groups": "office_look",
    "POST /groups": "office",
    "DELETE /groups/{group_id:int}": "office",
    "PATCH /groups/{group_id:int}": "office",
    "GET /incidents": "look",
    "GET /ledger/balances": "office_look",
    "GET /ledger/check": "office_look",
    "POST /ledger/check": "office",
    "GET /ledger/movements": "office_look",
    "GET /ledger/movements/{movement_id:int}": "office_look",
    "GET /load": "look",
    "GET /load/power": "look",
    "GET /messages": "equip",
    "GET /organisation": "admin",
    "PATCH /organisation": "admin",
    "GET /reservations": "look",
    "GET /sessions": "look",
    "GET /sessions/{session_id:int}": "look",
    "POST /sessions/{session_id:int}/corrections": "bill",
    "POST /sessions/{session_id:int}/credits": "bill",
    "POST /sessions/{session_id:int}/reviews": "bill",
    "GET /sessions/{session_id:int}/price": "look",
    "GET /sessions/{session_id:int}/samples": "look",
    "GET /sessions/{session_id:int}/states": "look",
    "POST /sessions/{session_id:int}/stop": "command",
    "GET /sites": "look",
    "POST /sites": "admin",
    "PATCH /sites/{site_id:int}": "admin",
    "GET /stations": "look",
    "POST /stations": "equip",
    "GET /stations/pending": "equip",
    "GET /stations/{station_id:int}": "look",
    "PATCH /stations/{station_id:int}": "equip",
    "POST /stations/{station_id:int}/commands": "command",
    "GET /stations/{station_id:int}/configuration": "equip",
    "PUT /stations/{station_id:int}/configuration/{key}": "equip",
    "GET /stations/{station_id:int}/connectors": "look",
    "POST /stations/{station_id:int}/connectors/{connector:int}/start": "command",
    "GET /stations/{station_id:int}/diagnosis": "equip",
    "POST /stations/{station_id:int}/key-renewals": "equip",
    "POST /stations/{station_id:int}/keys": "equip",
    "GET /stations/{station_id:int}/local-list": "look",
    "PUT /stations/{station_id:int}/local-list": "equip",
    "GET /stations/{station_id:int}/profiles": "look",
    "POST /stations/{station_id:int}/profiles": "command",
    "POST /stations/{station_id:int}/reservations": "command",
    "DELETE /stations/{station_id:int}/reservations/{number:int}": "command",
    "GET /stops": "look",
    "POST /stops/{orphan_stop_id:int}/session": "bill",
    "GET /tags": "office_look",
    "POST /tags": "office",
    "GET /tags/file": "office_look",
    "POST /tags/file": "office",
    "GET /taps": "office_look",
    "POST /taps/{tap_id:int}/tag": "office",
    "GET /tags/{tag_id:int}": "office_look",
    "PATCH /tags/{tag_id:int}": "office",
    "GET /tariffs": "office_look",
    "POST /tariffs": "office",
    "POST /tariffs/preview": "office_look",
    "GET /tariffs/{tariff_id:int}": "office_look",
    "GET /tariffs/{tariff_id:int}/assignments": "office_look",
    "GET /tariffs/{tariff_id:int}/versions": "office_look",
    "POST /tariffs/{tariff_id:int}/assignments": "office",
    "GET /users": "admin",
    "POST /users": "admin",
    "GET /users/{user_id:int}": "admin",
    "PATCH /users/{user_id:int}": "admin",
    "POST /users/{user_id:int}/invitations": "admin",
    "DELETE /users/{user_id:int}/second-factor": "admin",
    "GET /webhooks": "admin",
    "POST /webhooks": "admin",
    "DELETE /webhooks/{webhook_id:int}": "admin",
    "GET /webhooks/{webhook_id:int}": "admin",
    "PATCH /webhooks/{webhook_id:int}": "admin",
    "GET /webhooks/{webhook_id:int}/deliveries": "admin",
    "POST /webhooks/{webhook_id:int}/deliveries/{delivery_id:int}/again": "admin",
    "POST /webhooks/{webhook_id:int}/tests": "admin",
}
ABOUT_MORE = {
    "POST /users",
    "PATCH /users/{user_id:int}",
    "POST /users/{user_id:int}/invitations",
    "DELETE /users/{user_id:int}/second-factor",
}
"""Refused to a key that may less than the user whom it is about."""
DOCUMENT = {"id": "x", "currency": "EUR", "elements": [{"price_components": [{"type": "FLAT", "price": 1}]}]}
BODIES: dict[str, dict[str, Any]] = {
    "POST /stations": {"identity": "new-1"},
    "PATCH /stations/{station_id:int}": {"disabled": True},
    "PUT /stations/{station_id:int}/local-list": {"kept": True},
    "POST /stations/{station_id:int}/commands": {"kind": "ClearCache"},
    "POST /stations/{station_id:int}/connectors/{connector:int}/start": {"id_tag": "DEADBEEF"},
    "PUT /stations/{station_id:int}/configuration/{key}": {"value": "60"},
    "POST /stations/{station_id:int}/profiles": {"connector": 1, "profile": {}},
    "POST /stations/{station_id:int}/reservations": {
        "connector": 1,
        "id_tag": "DEADBEEF",
        "until": "2030-01-01T00:00:00Z",
    },
    "POST /sessions/{session_id:int}/reviews": {"decision": "bill"},
    "POST /sessions/{session_id:int}/corrections": {"reason": "x"},
    "POST /sessions/{session_id:int}/credits": {"reason": "x"},
    "POST /stops/{orphan_stop_id:int}/session": {"session_id": 3},
    "POST /tags/file": {"csv": "tag\nAA02\n"},
    "POST /tags": {"id_tag": "AA01"},
    "PATCH /tags/{tag_id:int}": {"blocked": True},
    "POST /groups": {"name": "x"},
    "PATCH /groups/{group_id:int}": {},
    "POST /accounts": {"name": "x", "terms": "prepaid", "currency": "EUR"},
    "POST /accounts/{account_id:int}/top-ups": {"reference": "x", "amount_minor": 1},
    "POST /accounts/{account_id:int}/refunds": {"reference": "y", "amount_minor": 1},
    "PATCH /accounts/{account_id:int}": {"email": "ada@example.com"},
    "POST /tariffs": {"tariff": DOCUMENT},
    "POST /tariffs/preview": {
        "tariff": DOCUMENT,
        "energy_wh": 1,
        "started_at": "2026-07-14T10:00:00Z",
        "ended_at": "2026-07-14T11:00:00Z",
    },
    "POST /tariffs/{tariff_id:int}/assignments": {"site": "Main site"},
    "PATCH /organisation": {"name": "x"},
    "POST /sites": {"name": "x"},
    "PATCH /sites/{site_id:int}": {"name": "Main yard"},
    "POST /users": {"name": "new", "password": "a long password", "role": "viewer"},
    "PATCH /users/{user_id:int}": {"email": "ada@example.com"},
    "POST /api-keys": {"name": "x", "permissions": ["admin"]},
    "POST /webhooks": {"url": "https://example.com/", "events": ["fault"]},
    "PATCH /webhooks/{webhook_id:int}": {"enabled": True},
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the rules are in the endpoints, not in the database."""
    return sqlite_url


@pytest.fixture
async def there(console: Console, place: Yard) -> Yard:
    """The yard with one of everything that a path can name."""

    def furnish(conn: Connection) -> None:
        commands.ask(conn, CommandKind.CLEAR_CACHE, place.hall, {}, None, NOW)
        accounts.add(conn, OURS, "Ada", NOW, terms=PaymentTerms.PREPAID, currency="EUR")
        webhooks.add(conn, OURS, "https://example.com/", {Event.FAULT}, None, NOW)
        incidents.record_of(conn, OURS, "example.com", IncidentKind.WEBHOOK, "webhook 1 is disabled", "", NOW)
        make_key(conn)

    await console.db.write(furnish)
    return place


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


async def status(client: Program, endpoint: Endpoint, place: Yard) -> tuple[int, Any]:
    path, body = address(endpoint, place), BODIES.get(name(endpoint))
    answer = await client.client.request(
        endpoint.method, path, json=body, headers=once(name(endpoint).replace(" ", ""))
    )
    listed = answer.status_code == 200 and endpoint.kind is not Kind.ONE
    return answer.status_code, answer.json()["items"] if listed else None


def test_the_table_here_names_every_endpoint() -> None:
    assert {name(endpoint): str(endpoint.needs) for endpoint in ENDPOINTS} == NEEDS
    assert {name(endpoint) for endpoint in ENDPOINTS if endpoint.takes} == set(BODIES)


@pytest.mark.parametrize("permission", Permission)
async def test_a_permission_opens_what_the_table_says_and_nothing_else(
    console: Console, there: Yard, permission: Permission
) -> None:
    key = await console.db.write(lambda conn: make_key(conn, permissions=(permission,)))
    async with program(console, key) as client:
        closed = {name(each) for each in ENDPOINTS if (await status(client, each, there))[0] == 403}
    assert {path for path, needs in NEEDS.items() if needs != permission} == closed - (
        ABOUT_MORE if permission is Permission.ADMIN else set()
    )
    assert closed >= ABOUT_MORE


async def test_nobody_passes_without_a_key(console: Console, there: Yard) -> None:
    async with program(console, None) as stranger:
        assert {(await status(stranger, each, there))[0] for each in ENDPOINTS} == {401}


async def test_a_key_of_another_site_finds_nothing_of_this_one(console: Console, there: Yard) -> None:
    sited = tuple(permission for permission in Permission if permission not in OF_NO_SITE)

    def furnish(conn: Connection) -> str:
        places.add_site(conn, OURS, "Harbour")
        return make_key(conn, permissions=sited, sites=("Harbour",))

    async with program(console, await console.db.write(furnish)) as client:
        for endpoint in ENDPOINTS:
            if endpoint.needs in sited:
                found, items = await status(client, endpoint, there)
                if endpoint.path in ("/sites", "/load"):
                    assert [site["name"] for site in items] == ["Harbour"]
                elif name(endpoint) == "POST /stations":
                    assert found == 422
                else:
                    assert (found, items or []) in ((404, []), (200, [])), name(endpoint)
                    assert found == 200 or "{" in endpoint.path, name(endpoint)


GLOBAL = {"POST /stations", "POST /users"}
"""What has a name that nobody else on this server can have."""
OF_NOBODY = "GET /stations/pending"


async def lists(client: Program, place: Yard) -> dict[str, list[Any]]:
    """Everything that is listed."""
    paths = [each for each in ENDPOINTS if each.kind is not Kind.ONE and "{" not in each.path]
    found = {name(each): (await status(client, each, place))[1] for each in paths}
    return {path: items for path, items in found.items() if items is not None and path != OF_NOBODY}


async def test_a_key_of_another_organisation_works_in_its_own_and_finds_nothing_of_this_one(
    console: Console, there: Yard
) -> None:
    """Both make the same things under the same names, and neither sees or changes what is the other's."""

    def furnish(conn: Connection) -> str:
        other = another(conn)
        users.create(conn, other, "eve", HASH, NOW)
        return make_key(conn, "eve", whose=other)

    keys = [await console.db.write(make_key), await console.db.write(furnish)]
    async with program(console, keys[0]) as ours, program(console, keys[1]) as theirs:
        plain = [each for each in ENDPOINTS if "{" not in each.path]
        made = {name(each): (await status(ours, each, there))[0] for each in plain if each.changes}
        before = await lists(ours, there)
        for endpoint in ENDPOINTS:
            found, _items = await status(theirs, endpoint, there)
            if "{" in endpoint.path:
                assert found == 404, name(endpoint)
            elif endpoint.changes:
                assert found == (409 if name(endpoint) in GLOBAL else made[name(endpoint)]), name(endpoint)
            else:
                assert found == 200 or name(endpoint) == "GET /ledger/check", name(endpoint)
        assert await lists(ours, there) == before
        for path, items in (await lists(theirs, there)).items():
            assert not [item for item in items if item in before[path]], path
