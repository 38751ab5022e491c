"""What the API does: commands and money once, whatever is repeated; everything audited."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from cloud.db.tables import audit_log
from cloud.domain.people import Permission
from cloud.services.bell import Topic
from tests.cloud.web.api.conftest import ONCE, Program, account, counts, make_key, once, program, told
from tests.cloud.web.conftest import Console
from tests.cloud.web.yard import STRANGER, Yard


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the services have tests on both."""
    return sqlite_url


REFUSED: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("Reset", {"type": "Sideways"}, 422),
    ("Reset", {"type": "Soft", "more": 1}, 422),
    ("RemoteStartTransaction", {"idTag": "0BAD0BAD", "connectorId": 1}, 409),
    ("RemoteStartTransaction", {"idTag": "DEADBEEF", "connectorId": "one"}, 422),
    ("RemoteStartTransaction", {}, 422),
    ("UnlockConnector", {"connectorId": 2**40}, 422),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "00"}, 422),
    ("Dance", {}, 422),
)


async def test_what_cannot_be_asked_is_refused(console: Console, api: Program, place: Yard) -> None:
    for kind, parameters, status in REFUSED:
        body = {"kind": kind, "parameters": parameters}
        await api.send("POST", f"/stations/{place.hall}/commands", body, status, **ONCE)
    assert (await console.db.read(counts))[0] == 0


async def test_equipping_needs_more_than_commanding(console: Console, place: Yard) -> None:
    key = await console.db.write(lambda conn: make_key(conn, permissions=(Permission.COMMAND,)))
    async with program(console, key) as client:
        body = {"kind": "ChangeConfiguration", "parameters": {"key": "HeartbeatInterval", "value": "60"}}
        path = f"/stations/{place.hall}"
        assert "equip" in (await client.send("POST", f"{path}/commands", body, 403, **ONCE))["detail"]
        await client.send("PUT", f"{path}/configuration/HeartbeatInterval", {"value": "60"}, 403, **ONCE)
        await client.send("POST", f"{path}/commands", {"kind": "ClearCache"}, 202, **ONCE)


async def test_charging_is_started_reserved_limited_and_stopped(console: Console, api: Program, place: Yard) -> None:
    gate, hall = f"/stations/{place.gate}", f"/stations/{place.hall}"
    started = await api.send("POST", f"{gate}/connectors/1/start", {"id_tag": "DEADBEEF"}, 202, **once("1"))
    assert started["parameters"] == {"connectorId": 1, "idTag": "DEAD****"}
    await api.send("POST", f"{gate}/connectors/9/start", {"id_tag": "DEADBEEF"}, 404, **once("2"))
    stopped = await api.send("POST", f"/sessions/{place.running}/stop", None, 202, **once("3"))
    assert stopped["kind"] == "RemoteStopTransaction"
    await api.send("POST", f"/sessions/{place.billed}/stop", None, 409, **once("4"))
    wish = {"connector": 1, "id_tag": "DEADBEEF", "until": "2026-07-14T12:00:00+02:00"}
    reserved = await api.send("POST", f"{gate}/reservations", wish, 202, **once("5"))
    listed = (await api.get("/reservations", station_id=place.gate))["items"]
    assert [(each["number"], each["state"], each["id_tag"]) for each in listed] == [
        (reserved["number"], "asked", "DEAD****")
    ]
    await api.send("DELETE", f"{gate}/reservations/{reserved['number']}", None, 202, **once("6"))
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]}
    profile = {"chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative", "stackLevel": 0}
    whole = {"connector": 1, "profile": {**profile, "chargingSchedule": schedule}}
    limited = await api.send("POST", f"{hall}/profiles", whole, 202, **once("7"))
    assert limited["parameters"]["csChargingProfiles"]["transactionId"]
    await api.send("POST", f"{hall}/profiles", {"connector": 1, "profile": {}}, 422, **once("8"))
    await api.send("PUT", f"{hall}/configuration/HeartbeatInterval", {"value": "60"}, 202, **once("9"))
    renewed = await api.send("POST", f"{hall}/key-renewals", None, 202, **once("10"))
    assert renewed["parameters"]["value"] == "****"


async def test_a_suspect_session_is_billed_corrected_or_written_off(api: Program, place: Yard) -> None:
    suspect = f"/sessions/{place.suspect}"
    corrected = await api.send(
        "POST", f"{suspect}/corrections", {"reason": "misread", "energy_wh": 5_000}, 200, **once("1")
    )
    assert [(each["kind"], each["revision"]) for each in corrected["items"]] == [("invoice", 1)]
    assert (await api.get(suspect))["energy_wh"] == 5_000
    await api.send("POST", f"{suspect}/reviews", {"decision": "bill"}, 409, **once("2"))
    body = {"reason": "less", "energy_wh": 4_000}
    again = await api.send("POST", f"/sessions/{place.billed}/corrections", body, 200, **once("3"))
    assert [each["kind"] for each in again["items"]] == ["invoice", "credit_note", "invoice"]
    undone = await api.send("POST", f"{suspect}/credits", {"reason": "a gift"}, 200, **once("5"))
    assert [each["kind"] for each in undone["items"]] == ["invoice", "credit_note"]
    await api.send("POST", f"{suspect}/credits", {"reason": "again"}, 409, **once("6"))
    bad = await api.send("POST", f"{suspect}/corrections", {"reason": "", "energy_wh": -1}, 422, **once("4"))
    assert bad["errors"][0]["pointer"] == "/reason"


async def test_a_review_writes_off(api: Program, place: Yard) -> None:
    path = f"/sessions/{place.suspect}"
    assert (await api.send("POST", f"{path}/reviews", {"decision": "write_off"}, 200, **ONCE))["items"] == []
    assert (await api.get(path))["state"] == "written_off"


async def test_stations_are_added_and_changed(console: Console, api: Program, place: Yard) -> None:
    wanted = {"identity": "garage-9", "name": "Garage", "connectors": 2, "max_power_w": 11_000}
    added = await api.send("POST", "/stations", wanted, 201)
    assert len(added["key"]) == 40
    assert [each["number"] for each in added["station"]["connectors"]] == [1, 2]
    await api.send("POST", "/stations", wanted, 409)
    path = f"/stations/{added['station']['id']}"
    changed = await api.send("PATCH", path, {"disabled": True, "admission": "Pending", "tariff": "Daytime"})
    assert (changed["disabled"], changed["admission"]) == (True, "Pending")
    renamed = await api.send("PATCH", path, {"name": "Garage 9", "site": "Main site", "tariff": None})
    assert renamed == {**changed, "name": "Garage 9"}
    await api.send("PATCH", path, {"site": "Nowhere"}, 404)
    assert await api.send("PATCH", path, {"disabled": False}) == {**renamed, "disabled": False}
    assert (await api.send("PATCH", path, {"admission": "Perhaps"}, 422))["errors"][0]["pointer"] == "/admission"
    assert (await api.send("POST", f"{path}/keys"))["key"] != added["key"]
    assert (await api.send("PUT", f"{path}/local-list", {"kept": True}))["kept"] is True
    networked = await api.send("POST", "/stations", {"identity": "lan-1", "network": "10.1.0.0/16"}, 201)
    assert (networked["key"], networked["station"]["network"]) == (None, "10.1.0.0/16")
    await api.send("POST", "/stations", {"identity": "lan-2", "network": "0.0.0.0/0"}, 422)


async def test_a_key_for_some_sites_adds_stations_there_only(console: Console, place: Yard) -> None:
    key = await console.db.write(lambda conn: make_key(conn, permissions=(Permission.EQUIP,), sites=("Main site",)))
    async with program(console, key) as client:
        for site in ({}, {"site": "Harbour"}):
            await client.send("POST", "/stations", {"identity": "new-1", **site}, 422)
        await client.send("POST", "/stations", {"identity": "new-1", "site": "Main site"}, 201)


async def test_prices_of_a_station_need_more_than_equipping(console: Console, place: Yard) -> None:
    key = await console.db.write(lambda conn: make_key(conn, permissions=(Permission.EQUIP, Permission.LOOK)))
    async with program(console, key) as client:
        assert "bill" in (await client.send("PATCH", f"/stations/{place.hall}", {"tariff": None}, 403))["detail"]
        await client.send("POST", "/stations", {"identity": "new-1", "tariff": "Daytime"}, 403)
        network = await client.send("PATCH", f"/stations/{place.hall}", {"network": "10.1.2.3/32"})
        assert network["network"] == "10.1.2.3/32"
        await client.send("PATCH", f"/stations/{place.hall}", {"network": "0.0.0.0/0"}, 422)
        assert (await client.send("POST", f"/stations/{place.hall}/keys"))["station"]["network"] is None


async def test_a_file_of_tags_is_tried_taken_in_and_given_back(api: Program, place: Yard) -> None:
    known = (await api.client.get("/tags/file")).text
    assert known.startswith("tag,") and len(known.splitlines()) == 5
    more = known + "CAFE01,Guest,,,,,,no,1\nCAFE02,Guest,,Nobody,,,,no,1\n"
    tried = await api.send("POST", "/tags/file", {"csv": more, "dry_run": True})
    assert (tried["written"], tried["counts"]) == (False, {"added": 1, "changed": 0, "unchanged": 4, "refused": 1})
    assert [(each["line"], each["id_tag"]) for each in tried["refused"]] == [(7, "CAFE02")]
    assert (await api.send("POST", "/tags/file", {"csv": more}))["written"] is False
    assert (await api.send("POST", "/tags/file", {"csv": more, "skip_bad": True}))["written"] is True
    assert len((await api.client.get("/tags/file")).text.splitlines()) == 6
    for unreadable in ("", '"', 'tag\n"', "a\0b", "tag\n" + "x" * 200_000):
        taken = await api.send("POST", "/tags/file", {"csv": unreadable})
        assert not taken["written"] and all(each["why"] for each in taken["refused"]), unreadable[:9]
    large = "tag\n" + "".join(f"A{number}\n" for number in range(20_000))
    assert (await api.send("POST", "/tags/file", {"csv": large, "dry_run": True}))["counts"]["added"] == 20_000


async def test_an_unknown_tag_is_enrolled(api: Program, place: Yard) -> None:
    (tap,) = (await api.get("/taps"))["items"]
    assert (tap["id_tag"], tap["station"], tap["count"]) == (STRANGER, "hall-1", 1)
    added = await api.send("POST", f"/taps/{tap['id']}/tag", None, 201)
    assert added["id_tag"] == STRANGER and (await api.get("/taps"))["items"] == []
    await api.send("POST", f"/taps/{tap['id']}/tag", None, 404)


async def test_tags_groups_and_accounts_are_kept(api: Program) -> None:
    ada = await account(api)
    group = await api.send("POST", "/groups", {"name": "Vans", "most_sessions": 2}, 201)
    wanted = {"id_tag": "AA01", "group": "Vans", "account": "Ada", "note": "first"}
    tag = await api.send("POST", "/tags", wanted, 201)
    assert (tag["group_id"], tag["account_id"]) == (group["id"], ada["id"])
    changed = await api.send("PATCH", f"/tags/{tag['id']}", {"blocked": True, "group": None, "account": None})
    assert changed == {**tag, "blocked": True, "group_id": None, "account_id": None}
    await api.send("POST", "/tags", {"id_tag": "aa01"}, 409)
    await api.send("POST", "/tags", {"id_tag": "AA02", "group": "Nobody"}, 404)
    assert (await api.send("PATCH", f"/groups/{group['id']}", {"most_sessions": None}))["most_sessions"] is None
    assert (await api.get("/groups"))["items"][0]["name"] == "Vans"
    await api.send("DELETE", f"/groups/{group['id']}", None, 204)
    await api.send("DELETE", f"/groups/{group['id']}", None, 404)
    assert (await api.get(f"/accounts/{ada['id']}"))["tags"] == []
    change = {"name": "Ada L.", "terms": "postpaid", "hold_minor": 700}
    assert await api.send("PATCH", f"/accounts/{ada['id']}", change) == {**ada, **change}
    await api.send("PATCH", f"/accounts/{ada['id']}", {"email": "at"}, 422)
    (entry,) = (await api.get("/audit", contains="account changed"))["items"]
    put_aside = "put_aside_at_a_start"
    assert entry["before"] == {"name": "Ada", "terms": "prepaid", put_aside: "5.00 EUR"}
    assert entry["after"] == {"name": "Ada L.", "terms": "postpaid", put_aside: "7.00 EUR"}


async def test_a_tariff_is_taken_in_and_assigned(api: Program, place: Yard) -> None:
    price = {"type": "ENERGY", "price": 0.1, "vat": 19.0, "step_size": 1}
    document = {"id": "Night", "currency": "EUR", "elements": [{"price_components": [price]}]}
    tariff = await api.send("POST", "/tariffs", {"tariff": document}, 201, **ONCE)
    assert (tariff["version"], tariff["ocpi"]["elements"][0]["price_components"][0]["price"]) == (1, 0.1)
    path = f"/tariffs/{tariff['id']}/assignments"
    await api.send("POST", path, {"station_id": place.hall})
    await api.send("POST", path, {"site": "Main site", "station_id": place.hall}, 422)
    await api.send("POST", path, {"site": "Nowhere"}, 404)
    await api.send("POST", path, {"station_id": place.hall, "connector": 2})
    await api.send("POST", path, {"tag": "DEADBEEF"})
    await api.send("POST", path, {"site": "Main site", "connector": 2}, 422)
    applied = (await api.get(path))["items"]
    assert [(each["kind"], each["name"]) for each in applied] == [
        ("station", "hall-1"), ("connector", "hall-1/2"), ("tag", "DEADBEEF"),
    ]  # fmt: skip
    await api.send("POST", "/tariffs", {"tariff": document}, 201, **once("again"))
    assert [each["version"] for each in (await api.get(f"/tariffs/{tariff['id']}/versions"))["items"]] == [2, 1]
    wrong = {**document, "elements": [{"price_components": [{**price, "price": "cheap"}]}]}
    assert "price" in (await api.send("POST", "/tariffs", {"tariff": wrong}, 422, **once("2")))["detail"]


async def test_a_price_is_shown_before_anybody_charges(console: Console, api: Program) -> None:
    price = {"type": "ENERGY", "price": 0.5, "vat": 20, "step_size": 1}
    night = {"price_components": [price], "restrictions": {"start_time": "22:00", "end_time": "06:00"}}
    parking = {"price_components": [{"type": "PARKING_TIME", "price": 6, "vat": 20}]}
    document = {"id": "Night", "currency": "EUR", "elements": [night, parking]}
    session = {
        "energy_wh": 10_000,
        "started_at": "2026-07-14T21:30:00+02:00",
        "ended_at": "2026-07-14T22:30:00+02:00",
        "unplugged_at": "2026-07-14T23:30:00+02:00",
        "readings": [{"at": "2026-07-14T22:00:00+02:00", "energy_wh": 4_000}],
    }
    wish = {"tariff": document, **session}
    before = await console.db.read(counts)
    told = await api.send("POST", "/tariffs/preview", wish)
    assert [(line["dimension"], line["quantity"], line["net_minor"]) for line in told["lines"]] == [
        ("ENERGY", "6.000", 300), ("PARKING_TIME", "1.0000", 600),
    ]  # fmt: skip
    assert (told["gross_minor"], sum(line["net_minor"] for line in told["lines"])) == (1080, told["net_minor"])
    assert (await api.send("POST", "/tariffs/preview", {**wish, "time_zone": "UTC"}))["net_minor"] == 600
    for wrong in ({"ended_at": "2026-07-14T21:00:00+02:00"}, {"unplugged_at": "2026-09-14T21:00:00Z"}, {"tariff": 1}):
        await api.send("POST", "/tariffs/preview", {**wish, **wrong}, 422)
    assert await console.db.read(counts) == before and len((await api.get("/tariffs"))["items"]) == 1
    assert (await api.get("/audit", contains="through an API"))["items"] == []


async def test_every_change_says_through_which_key_it_came(console: Console, api: Program, place: Yard) -> None:
    await api.send("POST", f"/stations/{place.hall}/commands", {"kind": "ClearCache"}, 202, **ONCE)
    rows = await console.db.read(lambda conn: conn.execute(select(audit_log).order_by(audit_log.c.id.desc())).all())
    assert [row.action for row in rows[:2]] == ["asked through an API key", "ClearCache asked"]
    assert rows[0].detail["request"] == f"POST /api/v1/stations/{place.hall}/commands"
    assert {row.user_id for row in rows[:2]} == {1}


async def test_browsers_hear_of_what_programs_do(console: Console, api: Program, place: Yard) -> None:
    rings = console.bell.listen({Topic.COMMANDS})
    waiting = asyncio.ensure_future(anext(rings))
    await asyncio.sleep(0)
    await api.send("POST", f"/stations/{place.hall}/commands", {"kind": "ClearCache"}, 202, **ONCE)
    assert await asyncio.wait_for(waiting, 5) == {Topic.COMMANDS}
    await rings.aclose()


BODIES = (
    (b"", "application/json", 400),
    (b"{", "application/json", 400),
    (b"[]", "application/json", 422),
    (b'{"id_tag": "\xff"}', "application/json", 400),
    (b'{"id_tag": 7}', "application/json", 422),
    (b'{"id_tag": "A", "colour": 1}', "application/json", 422),
    (b'{"id_tag": "A", "note": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    (b"[" * 33, "application/json", 400),
    (b"id_tag=A", "application/x-www-form-urlencoded", 415),
    (b'{"id_tag": "A"}', "", 415),
    (b'{"id_tag": "A", "note": "' + b"[" * 99 + b'"}', "application/json", 201),
)


async def test_a_body_that_does_not_fit_is_told(api: Program) -> None:
    for content, media, status in BODIES:
        answer = await api.client.post("/tags", content=content, headers={"Content-Type": media})
        told(answer, status)


async def test_what_no_text_can_be_is_kept_as_it_can(api: Program) -> None:
    tag = await api.send("POST", "/tags", {"id_tag": "AA01", "note": "a\0b"}, 201)
    assert tag["note"] == "a\ufffdb"


async def test_a_stop_without_a_session_is_given_one(api: Program, place: Yard) -> None:
    (stop,) = (await api.get("/stops"))["items"]
    assert (stop["transaction_id"], stop["id_tag"]) == ("4711", "04A1****")
    path = f"/stops/{stop['id']}/session"
    await api.send("POST", path, {"session_id": place.billed}, 409)
    ended = await api.send("POST", path, {"session_id": place.running})
    assert (ended["id"], ended["state"]) == (place.running, "suspect")
    assert (await api.get("/stops"))["items"] == []
    await api.send("POST", path, {"session_id": 999}, 404)
