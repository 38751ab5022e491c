"""The conformance suite of npm's `ocpp-ws-cli` finds no fault with our server, and disturbs no other station."""

import asyncio
import json
from pathlib import Path
from typing import Any

from cloud.services import overview
from tests.cloud.ocpp.charger import charger
from tests.cloud.ocpp.test_session import ago, start
from tests.foreign.host import Door, Host, host
from tests.foreign.node import PATIENCE_S, tool

SUITES = {"transport": 7, "rpc": 8, "security": 4, "chaos": 2}
# A busy machine misses the suite's own limits, such as a pong within 100 ms; a fault of ours is found each time.
TURNS = 3


async def verdict(suite: str, door: Door, folder: Path) -> list[dict[str, Any]]:
    """What a part of the suite says of each of its checks."""
    at = ("--endpoint", door.endpoint, "--identity", door.identity, "--protocol", "ocpp1.6")
    report = ("--report", "json", "--report-dir", str(folder))
    async with tool("ocpp-ws-cli", "test", *at, "--suite", suite, *report) as running:
        assert await asyncio.wait_for(running.wait(), PATIENCE_S) == 0
    (written,) = folder.glob("*.json")
    results: list[dict[str, Any]] = json.loads(written.read_text())["testResults"]
    return results


async def judged(served: Host, suite: str, folder: Path) -> list[dict[str, Any]]:
    """A part of the suite plays a station of its own, which has booted once: it is refused nothing for that."""
    for turn in range(TURNS):
        door = await served.open_door(f"{suite}-{turn}")
        async with charger(served.server.ws, door.identity, door.key) as connected:
            await connected.boot()
        results = await verdict(suite, door, folder / door.identity)
        if all(check["passed"] for check in results):
            break
    return results


async def test_the_suite_reports_no_failure(database_url: str, tmp_path: Path) -> None:
    async with host(database_url) as served, served.site.charger() as lab:
        await lab.boot()
        transaction_id = (await lab.call("StartTransaction", start(meterStart=1000)))["transactionId"]
        verdicts = await asyncio.gather(*(judged(served, suite, tmp_path) for suite in SUITES))
        stop = {"transactionId": transaction_id, "meterStop": 1002, "timestamp": ago(0)}
        await lab.call("StopTransaction", stop)
        bills = await served.server.db.read(overview.bills)
    assert [bill.document.delivery.energy_wh for bill in bills] == [2]
    assert [len(results) for results in verdicts] == list(SUITES.values())
    assert [check for results in verdicts for check in results if not check["passed"]] == []
