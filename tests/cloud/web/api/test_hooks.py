"""Webhooks through the API: added with a secret told once, changed, tried, removed; never the secret again."""

import pytest

from cloud.domain.people import Permission
from cloud.hooks.posting import Network
from cloud.hooks.sender import Sender
from tests.cloud.hooks.receiver import receiving
from tests.cloud.web.api.conftest import Program, make_key, program
from tests.cloud.web.conftest import Console
from tests.cloud.web.yard import Yard

HOPELESS = ("http://example.com/", "https://10.0.0.7/", "https://[::1]/", "https://localhost/", "http://127.0.0.2/")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the services have tests on both."""
    return sqlite_url


async def test_a_webhook_is_added_tried_changed_and_removed(console: Console, api: Program) -> None:
    async with receiving() as receiver:
        wanted = {"url": receiver.url(), "events": ["fault", "session.billed"]}
        made = await api.send("POST", "/webhooks", wanted, 201)
        assert made["secret"].startswith("whsec_")
        path = f"/webhooks/{made['webhook']['id']}"
        assert await api.get(path) == made["webhook"]
        assert made["webhook"] in (await api.get("/webhooks"))["items"]
        asked = await api.send("POST", f"{path}/tests", None, 202)
        sender = Sender(console.db, console.bell, Network(frozenset({"127.0.0.1"})), lambda: console.now)
        assert await sender.look() == 1
        assert receiver.received[0].headers["webhook-id"] == f"msg_{asked['id']}"
    (logged,) = (await api.get(f"{path}/deliveries"))["items"]
    assert (logged["state"], logged["status"], logged["event"]) == ("delivered", 204, "test")
    changed = await api.send("PATCH", path, {"enabled": False, "events": ["fault"]})
    assert (changed["enabled"], changed["events"]) == (False, ["fault"])
    await api.send("POST", f"{path}/tests", None, 409)
    assert (await api.send("PATCH", path, {"enabled": True}))["disabled_why"] is None
    told = [(await api.client.get(each)).text for each in ("/webhooks", path, f"{path}/deliveries")]
    assert not [text for text in told if made["secret"] in text]
    await api.send("DELETE", path, None, 204)
    await api.get(path, 404)


async def test_what_no_webhook_can_be_is_refused(console: Console, api: Program, place: Yard) -> None:
    for url in (
        "ftp://example.com/",
        "https://",
        "https://ada:secret@example.com/",
        "https://exa mple.com/",
        "x" * 9,
        *HOPELESS,
    ):
        await api.send("POST", "/webhooks", {"url": url, "events": ["fault"]}, 422)
    await api.send("PATCH", "/webhooks/1", {"url": "http://example.com/"}, 422)
    await api.send("POST", "/webhooks", {"url": "https://example.com/", "events": []}, 422)
    await api.send("POST", "/webhooks", {"url": "https://example.com/", "events": ["test"]}, 422)
    for _ in range(20 - len((await api.get("/webhooks"))["items"])):
        await api.send("POST", "/webhooks", {"url": "https://example.com/", "events": ["fault"]}, 201)
    await api.send("POST", "/webhooks", {"url": "https://example.com/", "events": ["fault"]}, 409)
    key = await console.db.write(lambda conn: make_key(conn, permissions=(Permission.OFFICE, Permission.LOOK)))
    async with program(console, key) as client:
        await client.get("/webhooks", 403)
