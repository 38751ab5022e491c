"""Random nonsense in every field: always answered, never an internal error, and the neighbour's bill is right."""

import random
from typing import Any

import pytest

from cloud.services import overview, stations
from tests.cloud.ocpp.charger import BOOT, Charger, Refusal, charger
from tests.cloud.ocpp.conftest import TAG, Site
from tests.cloud.ocpp.test_bad_input import stop
from tests.cloud.ocpp.test_session import ago, energy, start
from tests.ours import OURS

CALLS = 300
NONSENSE: list[Any] = [
    *(None, True, -1, 0, 1, 2, 65, 2**31, 2**53, 2**63, 10**40, -(10**40), 0.1, -0.0, 1e308, 5e-324),
    *("", " ", "\0", "\ud7ff\uffff", "💥" * 30, "x" * 5000, "1", "1.5 kWh", "NaN", "-1", "1e400", "٣", "'; --"),
    *("1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z"),
    *([], {}, [[]], [None], [{}], {"a": {"b": [1]}}, [{"timestamp": "2099-01-01T00:00:00Z", "sampledValue": [{}]}]),
    *([{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "9" * 30, "unit": "kWh"}, {"value": 1e300}]}],),
]
FIELDS = [
    "connectorId",
    "idTag",
    "meterStart",
    "meterStop",
    "timestamp",
    "reservationId",
    "transactionId",
    "reason",
    "transactionData",
    "meterValue",
    "status",
    "errorCode",
    "info",
    "vendorId",
    "data",
    "chargePointVendor",
    "firmwareVersion",
    "type",
    "techInfo",
    "csr",
    "surprise",
]
HONEST: dict[str, Any] = {
    "Authorize": {"idTag": TAG},
    "BootNotification": BOOT,
    "DataTransfer": {"vendorId": "x"},
    "Heartbeat": {},
    "MeterValues": {"connectorId": 1, "transactionId": 1, "meterValue": [energy(5, 1)]},
    "SecurityEventNotification": {"type": "x", "timestamp": ago(1)},
    "StartTransaction": start(),
    "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
    "StopTransaction": stop(1),
}


def call(dice: random.Random) -> tuple[str, dict[str, Any]]:
    """One call with up to three fields of nonsense, nested ones included."""
    action = dice.choice(list(HONEST))
    payload = dict(HONEST[action])
    for _ in range(dice.randint(1, 3)):
        payload[dice.choice([*payload, dice.choice(FIELDS)])] = dice.choice(NONSENSE)
    if action == "MeterValues" and dice.random() < 0.5:
        fields = ["value", "unit", "measurand", "context", "phase", "location", "format"]
        payload["meterValue"] = [
            {"timestamp": ago(1), "sampledValue": [{name: dice.choice(NONSENSE) for name in fields[:count]}]}
            for count in range(1, dice.randint(2, 8))
        ]
    return action, payload


@pytest.mark.parametrize("seed", [4711])
async def test_every_nonsense_is_answered(site: Site, lab: Charger, seed: int) -> None:
    _station, key = await site.server.write(stations.add, OURS, "lab-2", "Neighbour", 1)
    dice = random.Random(seed)
    async with charger(site.server.ws, "lab-2", key) as honest:
        await honest.boot()
        transaction_id = (await honest.call("StartTransaction", start(meterStart=0)))["transactionId"]
        for _ in range(CALLS):
            action, payload = call(dice)
            try:
                await lab.call(action, payload)
            except Refusal as refused:
                assert refused.code != "InternalError", (action, payload)
        await honest.call("StopTransaction", stop(transaction_id, meterStop=1000))
    bills = await site.server.db.read(overview.bills)
    (bill,) = [bill for bill in bills if bill.document.parties.station == "lab-2"]
    assert bill.document.delivery.energy_wh == 1000
