"""Sites, users and the audit log through the API."""

import pytest

from cloud.services import passwords, users
from tests.cloud.web.api.conftest import Program
from tests.cloud.web.conftest import Console
from tests.cloud.web.yard import Yard


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the services have tests on both."""
    return sqlite_url


async def test_sites_are_added_and_changed(api: Program, place: Yard) -> None:
    wanted = {"name": "Harbour", "time_zone": "Asia/Tokyo", "tariff": "Daytime"}
    added = await api.send("POST", "/sites", wanted, 201)
    assert added == {"id": added["id"], "stations": 0, **wanted}
    assert [site["name"] for site in (await api.get("/sites"))["items"]] == ["Harbour", "Main site"]
    path = f"/sites/{added['id']}"
    assert await api.send("PATCH", path, {"tariff": None}) == {**added, "tariff": None}
    assert (await api.send("PATCH", path, {"name": "Pier"}))["time_zone"] == "Asia/Tokyo"
    await api.send("PATCH", path, {"tariff": "Nothing"}, 404)
    await api.send("PATCH", path, {"time_zone": "Mars/Olympus"}, 409)
    await api.send("POST", "/sites", {"name": "Pier"}, 409)
    await api.send("PATCH", "/sites/99", {"name": "x"}, 404)


async def test_the_organisation_is_shown_and_changed(console: Console, api: Program) -> None:
    known = await api.get("/organisation")
    assert (known["name"], known["time_zone"], known["currency"]) == ("Operator", None, None)
    change = {"vat_id": "DE123456789", "time_zone": "Asia/Tokyo", "message_days": 3}
    assert await api.send("PATCH", "/organisation", change) == {**known, **change}
    assert await api.send("PATCH", "/organisation", {"time_zone": None}) == {**known, **change, "time_zone": None}
    for wrong in ({"name": ""}, {"country_code": "Germany"}, {"language": "xx"}, {"message_days": 0}):
        await api.send("PATCH", "/organisation", wrong, 422)
    for wrong in ({"time_zone": "Mars/Olympus"}, {"address": "x" * 101}):
        await api.send("PATCH", "/organisation", wrong, 409)
    entries = (await api.get("/audit", contains="organisation described"))["items"]
    assert [(each["before"], each["after"]) for each in entries] == [({"vat_id": ""}, {"vat_id": "DE123456789"})]


async def test_users_are_added_and_changed(console: Console, api: Program, place: Yard) -> None:
    wanted = {"name": "eve", "password": "a long password", "role": "operator", "sites": ["Main site"]}
    eve = await api.send("POST", "/users", wanted, 201)
    assert (eve["role"], eve["site_ids"], eve["disabled"]) == ("operator", [1], False)
    assert await users.sign_in(console.db, "eve", "a long password", console.now) is not None
    path = f"/users/{eve['id']}"
    assert (await api.send("PATCH", path, {"email": "eve@example.com"}))["email"] == "eve@example.com"
    assert (await api.send("PATCH", path, {"role": "viewer"}))["site_ids"] is None
    assert (await api.send("PATCH", path, {"sites": ["Main site"]}))["role"] == "viewer"
    assert (await api.send("PATCH", path, {"disabled": True}))["disabled"] is True
    link = await api.send("POST", f"{path}/invitations", None, 409)
    assert "disabled" in link["detail"]
    await api.send("PATCH", path, {"disabled": False})
    link = await api.send("POST", f"{path}/invitations", None, 201)
    code, chosen = link["path"].removeprefix("/password#"), "another long password"
    assert (await passwords.choose(console.db, code, chosen, console.now)).name == "eve"
    assert (await api.get(path))["name"] == "eve"
    await api.send("DELETE", f"{path}/second-factor", None, 204)
    without = await api.send("POST", "/users", {"name": "sue", "role": "viewer"}, 201)
    assert await users.sign_in(console.db, "sue", "", console.now) is None and without["disabled"] is False
    assert "only owner" in (await api.send("PATCH", "/users/1", {"role": "viewer"}, 409))["detail"]
    await api.send("PATCH", "/users/99", {"disabled": True}, 404)
    short = await api.send("POST", "/users", {**wanted, "password": "short"}, 422)
    assert short["errors"][0]["pointer"] == "/password"
    told = (await api.client.get("/users")).text + (await api.client.get("/audit")).text
    assert "a long password" not in told and "argon2" not in told


async def test_the_audit_log_is_told_in_pages(api: Program, place: Yard) -> None:
    await api.send("PATCH", f"/stations/{place.gate}", {"name": "New gate"})
    newest = await api.get("/audit", limit=2)
    assert [entry["action"] for entry in newest["items"]] == ["asked through an API key", "station changed"]
    changed = newest["items"][1]
    assert (changed["user"], changed["before"], changed["after"]) == ("ada", {"name": "Gate"}, {"name": "New gate"})
    following = await api.get("/audit", limit=2, cursor=newest["next"])
    assert following["items"][0]["id"] < changed["id"]
    found = (await api.get("/audit", contains="STATION changed"))["items"]
    assert [entry["id"] for entry in found] == [changed["id"]]
