"""/metrics of the running server: what is counted, under which labels, and who may read it."""

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request

from cloud import metrics
from tests.cloud.ocpp.central import PATIENCE_S, Running, running
from tests.cloud.ocpp.charger import Charger, Refusal
from tests.cloud.ocpp.conftest import Site, furnish
from tests.cloud.ocpp.test_session import start

README = Path(__file__).parents[3] / "README.md"


async def scraped(server: Running) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and sorted labels."""
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        answer = await client.get(f"{server.http}/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return name, tuple(sorted(labels.items()))


async def test_messages_answers_and_rows_are_counted(site: Site, lab: Charger) -> None:
    await lab.call("Heartbeat")
    await lab.call("Heartbeat")
    await lab.call("StartTransaction", start())
    await lab.call("StopTransaction", {"transactionId": 424242, "meterStop": 1, "timestamp": "2026-01-01T00:00:00Z"})
    await lab.send("{}")
    await lab.send([3, "nothing", {}])
    await lab.call("Heartbeat")
    found = await scraped(site.server)
    counted = {"action": "Heartbeat", "direction": "out", "outcome": "answered"}
    assert found[key("bollard_messages_total", **counted)] == 3
    assert found[key("bollard_messages_total", action="Heartbeat", direction="in", outcome="call")] == 3
    assert found[key("bollard_messages_total", action="other", direction="in", outcome="unreadable")] == 1
    assert found[key("bollard_messages_total", action="other", direction="in", outcome="unasked")] == 1
    assert found[key("bollard_answer_seconds_count", action="Heartbeat", direction="out")] == 3
    assert found[key("bollard_stations_online")] == 1
    assert found[key("bollard_stations")] == 1
    assert found[key("bollard_sessions", state="running")] == 1
    assert found[key("bollard_sessions", state="suspect")] == 0
    assert found[key("bollard_commands", state="asked")] == 0
    assert found[key("bollard_incidents", kind="orphan_stop")] == 1
    assert found[key("bollard_parked")] == 1
    assert found[key("bollard_suspects")] == 0
    assert found[key("bollard_outage")] == 0
    assert key("bollard_write_queue_depth") in found
    assert key("bollard_journal_queue") in found
    assert key("bollard_notes_queue") in found
    assert found[key("bollard_notes_dropped_total")] == 0
    assert found[key("process_open_fds")] > 0


async def test_the_readme_names_every_metric_and_no_other(site: Site, lab: Charger) -> None:
    site.server.central.journal.drop("full")
    await lab.call("StopTransaction", {"transactionId": 424242, "meterStop": 1, "timestamp": "2026-01-01T00:00:00Z"})
    page = {name for name, _labels in await scraped(site.server) if name.startswith("bollard_")}
    shown = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in page if not name.endswith("_created")}
    rows = [line for line in README.read_text().splitlines() if line.startswith("| `bollard_")]
    assert {name for row in rows for name in re.findall(r"`(bollard_\w+)`", row.split("|")[1])} == shown


async def test_strangers_words_make_no_labels(site: Site, lab: Charger) -> None:
    for n in range(30):
        with pytest.raises(Refusal):
            await lab.call(f"MakeCoffee{n}")
        await lab.send([4, f"id-{n}", f"Code{n}", "", {}])
    await lab.call("Heartbeat")
    found = await scraped(site.server)
    labels = {label for name, labels in found if name == "bollard_messages_total" for label in labels}
    refused = {"action": "other", "direction": "out", "outcome": "NotImplemented"}
    assert found[key("bollard_messages_total", **refused)] == 30
    assert not [value for _, value in labels if "Coffee" in value or value.startswith("Code")]


async def test_what_the_log_drops_is_counted(site: Site) -> None:
    site.server.central.journal.drop("full", 7)
    assert (await scraped(site.server))[key("bollard_journal_dropped_total", reason="full")] == 7


async def test_a_scrape_in_an_outage_tells_what_is_known(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "COUNTED_EVERY_S", 0)
    async with running(database_url, probe_interval_s=60) as server:
        await furnish(server)
        assert (await scraped(server))[key("bollard_stations")] == 1
        server.central.outage.lasting = True
        monkeypatch.setattr(metrics.overview, "counts", None)  # whoever asked the database now would fail
        found = await scraped(server)
    assert (found[key("bollard_outage")], found[key("bollard_stations")]) == (1, 1)


async def test_a_database_that_fails_during_a_scrape_does_not_fail_it(site: Site) -> None:
    await site.server.db.close()
    found = await scraped(site.server)
    assert key("bollard_stations") not in found
    assert found[key("bollard_outage")] == 0


async def get(server: Running, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        return await client.get(f"{server.http}/metrics", headers=named)


async def test_without_a_token_only_this_machine_may_read(sqlite_url: str) -> None:
    async with running(sqlite_url) as server:
        assert (await get(server)).status_code == 200
        for header in ("x_forwarded_for", "forwarded", "x_real_ip"):
            assert (await get(server, **{header: "127.0.0.1"})).status_code == 404


async def test_with_a_token_it_is_needed_and_enough(sqlite_url: str) -> None:
    async with running(sqlite_url, metrics_token="let me see") as server:
        assert (await get(server)).status_code == 401
        assert (await get(server, authorization="Bearer wrong")).status_code == 401
        assert (await get(server, authorization="Basic let me see")).status_code == 401
        told = {"authorization": "Bearer let me see", "x_forwarded_for": "192.0.2.7"}
        assert (await get(server, **told)).status_code == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("192.0.2.7", False), ("10.0.0.1", False), ("a socket", False)],
)
def test_which_addresses_are_of_this_machine(host: str, local: bool) -> None:
    assert metrics._is_local(Request({"type": "http", "headers": [], "client": (host, 1)})) is local
