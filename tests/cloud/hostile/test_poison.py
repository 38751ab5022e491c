"""Poisoned text in every field that strangers and stations fill: no log line is forged, no terminal is moved."""

import asyncio

import pytest

from cloud.cli import main
from cloud.services import stations
from tests.cloud.hostile.raw import UPGRADE, request, wire
from tests.cloud.ocpp.charger import Charger, Refusal, charger
from tests.cloud.ocpp.conftest import Site
from tests.cloud.ocpp.test_session import ago, start
from tests.ours import OURS

POISON = "\x1b[2J\r\nbill\u202e\u2028<b>%s{0}"
TAG = "\x1b[31m\nEVIL-TAG-77"
EVIL: list[tuple[str, dict[str, object]]] = [
    (
        "BootNotification",
        {"chargePointVendor": POISON[:20], "chargePointModel": POISON[:20], "firmwareVersion": POISON},
    ),
    ("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError", "info": POISON}),
    ("StatusNotification", {"connectorId": 1, "status": POISON, "errorCode": POISON}),
    ("Authorize", {"idTag": TAG}),
    ("Authorize", {"idTag": TAG * 9}),
    ("StartTransaction", start(idTag=TAG)),
    ("StartTransaction", start(idTag=TAG * 9, **{POISON: POISON})),
    ("StopTransaction", {"transactionId": -1, "meterStop": 1, "timestamp": ago(1), "idTag": TAG, "reason": POISON}),
    ("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": POISON, "sampledValue": [{"value": POISON}]}]}),
    ("DataTransfer", {"vendorId": POISON, "messageId": POISON, "data": POISON}),
    ("SecurityEventNotification", {"type": POISON, "timestamp": ago(1), "techInfo": POISON}),
    (POISON, {POISON: POISON}),
]
SHOWN = (["stations"], ["sessions"], ["incidents"], ["pending"], ["messages"], ["trace", "evil"], ["commands"])


async def test_poisoned_text_reaches_neither_log_nor_terminal(
    site: Site, witness: Charger, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO", "bollard.cloud")
    _station, key = await site.server.write(stations.add, OURS, "evil", POISON, 1)
    async with charger(site.server.ws, "evil", key) as connected:
        for action, payload in EVIL:
            try:
                await connected.call(action, payload)
            except Refusal:
                continue
    async with wire(site.server.port) as raw:
        await raw.send(request("/ocpp/evil%1b%5b2J", UPGRADE | {"User-Agent": "\x1b[2J", "X-Forwarded-For": "\x1b[2J"}))
        await raw.rest()
    await site.server.incidents("refused")
    assert [line for line in caplog.messages if not line.isprintable()] == []
    assert "EVIL-TAG-77" not in caplog.text
    for words in SHOWN:
        assert await asyncio.to_thread(main, [*words, "--database", site.server.settings.database_url]) == 0
        printed = capsys.readouterr().out
        assert [line for line in printed.split("\n") if not line.isprintable()] == [], words
