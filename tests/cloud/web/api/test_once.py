"""Commands and money happen once, whatever is repeated, also at once, on both databases."""

import asyncio

from cloud.services import api_keys
from tests.cloud.web.api.conftest import ONCE, Program, account, counts, make_key, once, program
from tests.cloud.web.conftest import Console
from tests.cloud.web.yard import Yard


async def test_a_command_is_asked_once_however_often_it_is_sent(console: Console, api: Program, place: Yard) -> None:
    path, body = f"/stations/{place.hall}/commands", {"kind": "Reset", "parameters": {"type": "Soft"}}
    asked = await api.send("POST", path, body, 202, **ONCE)
    again = await api.client.post(path, json=body, headers=ONCE)
    assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (202, asked, "true")
    assert (await console.db.read(counts))[0] == 1
    conflict = await api.send("POST", path, {**body, "parameters": {"type": "Hard"}}, 422, **ONCE)
    assert "another request" in conflict["detail"]
    await api.send("POST", f"/stations/{place.gate}/commands", body, 422, **ONCE)
    missing = await api.send("POST", path, body, 400)
    assert missing["errors"][0]["parameter"] == "Idempotency-Key"
    assert (await console.db.read(counts))[0] == 1
    told = await api.get(f"/commands/{asked['id']}")
    assert (told["command"], [step["step"] for step in told["timeline"]]) == (asked, ["asked"])
    assert (await api.get("/commands", station_id=place.hall))["items"] == [asked]


async def test_two_at_once_with_one_key_do_it_once(console: Console, api: Program) -> None:
    ada = await account(api)
    body, path = {"reference": "cash 1", "amount_minor": 2_000}, f"/accounts/{ada['id']}/top-ups"
    before = await console.db.read(counts)
    answers = await asyncio.gather(*(api.client.post(path, json=body, headers=ONCE) for _ in range(5)))
    assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
    assert [each.headers.get("idempotent-replayed") for each in answers].count("true") == 4
    assert (await console.db.read(counts))[1] == before[1] + 1
    assert (await api.get(f"/accounts/{ada['id']}"))["funds"] == {"free_minor": 2_000, "held_minor": 0, "owed_minor": 0}


async def test_keys_of_different_programs_do_not_meet(console: Console, api: Program, place: Yard) -> None:
    path, body = f"/stations/{place.hall}/commands", {"kind": "ClearCache"}
    async with program(console, await console.db.write(make_key)) as second:
        asked = [await each.send("POST", path, body, 202, **ONCE) for each in (api, second)]
    assert asked[0]["id"] != asked[1]["id"]


async def test_an_answer_is_remembered_for_a_day(console: Console, api: Program, place: Yard) -> None:
    path, body = f"/stations/{place.hall}/commands", {"kind": "ClearCache"}
    first = await api.send("POST", path, body, 202, **ONCE)
    console.later(hours=25)
    await console.db.write(lambda conn: api_keys.shorten(conn, console.now))
    assert (await api.send("POST", path, body, 202, **ONCE))["id"] != first["id"]


async def test_a_refused_request_may_be_sent_again(api: Program) -> None:
    ada = await account(api)
    paths = [f"/accounts/{ada['id']}/{what}" for what in ("refunds", "top-ups")]
    body = {"reference": "1", "amount_minor": 500}
    assert "0.00 EUR" in (await api.send("POST", paths[0], body, 409, **once("back")))["detail"]
    await api.send("POST", paths[1], body, 201, **once("in"))
    await api.send("POST", paths[0], body, 201, **once("back"))
    statement = await api.get(f"/accounts/{ada['id']}/statement", month="2026-07")
    assert [each["amount_minor"] for each in statement["entries"]] == [500, -500]
