"""Meter values that a meter signed reach the receipt as the station sent them, once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import signed
from cloud.domain.signed import SignedValue
from cloud.services import overview
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import TAG, Site

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def value(context: str, data: str) -> dict[str, Any]:
    """One sampledValue of the format SignedData, with what no field of ours holds."""
    return {"value": data, "format": "SignedData", "context": context, "measurand": "Energy.Active.Import.Register"}


def meter_value(minutes: int, *values: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": (BEGAN + timedelta(minutes=minutes)).isoformat(), "sampledValue": list(values)}


BEGIN, END = value("Transaction.Begin", 'OCMF|{"RV":1.000}|{"SD":"30"}'), value("Transaction.End", "OCMF|{}|{\u00e9}")


async def test_signed_values_are_kept_verbatim_and_once(site: Site, lab: Charger) -> None:
    start = {"connectorId": 1, "idTag": TAG, "meterStart": 1000, "timestamp": BEGAN.isoformat()}
    transaction_id = (await lab.call("StartTransaction", start))["transactionId"]
    told = {"connectorId": 1, "transactionId": transaction_id, "meterValue": [meter_value(0, BEGIN, {"value": "1000"})]}
    for _ in range(2):
        await lab.call("MeterValues", told)
    stop = {"transactionId": transaction_id, "meterStop": 2000, "timestamp": meter_value(30)["timestamp"]}
    data = [meter_value(0, BEGIN), meter_value(30, END, {"value": "2000", "context": "Transaction.End"})]
    await lab.call("StopTransaction", {**stop, "transactionData": data})

    def kept(conn: Connection) -> list[SignedValue]:
        (bill,) = overview.bills(conn)
        assert bill.document.delivery.energy_wh == 1000
        return signed.of_session(conn, bill.session_id)

    found = await site.server.db.read(kept)
    assert [each.value for each in found] == [BEGIN, END]
    assert [(each.nature, each.encoding, each.data) for each in found] == [
        ("Start", "OCMF", BEGIN["value"]),
        ("End", "OCMF", END["value"]),
    ]
