"""A wallet over a real socket: refused while it is empty, stopped before what was put aside is used up."""

from typing import Any

from cloud.domain.accounts import Funds, PaymentTerms
from cloud.domain.ledger import Payment
from cloud.services import accounts, ledger
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import TAG, Site
from tests.cloud.ocpp.test_session import ago, start
from tests.ours import OURS


def meter(transaction_id: int, wh: int, minutes_ago: float) -> dict[str, Any]:
    power = {"measurand": "Power.Active.Import", "value": "11", "unit": "kW"}
    value = {"timestamp": ago(minutes_ago), "sampledValue": [{"value": str(wh), "unit": "Wh"}, power]}
    return {"connectorId": 1, "transactionId": transaction_id, "meterValue": [value]}


async def test_a_wallet_from_empty_to_empty(site: Site, lab: Charger) -> None:
    """5 EUR buy 10.77 kWh at 0.39 and 19 %; readings of 11 kW come every ten minutes."""
    await site.server.write(accounts.add, OURS, "Ada", terms=PaymentTerms.PREPAID, currency="EUR", hold_minor=500)
    await site.server.db.write(lambda conn: accounts.link(conn, OURS, TAG, "Ada", site.server.central.now()))
    blocked = {"idTagInfo": {"status": "Blocked"}}
    assert await lab.call("Authorize", {"idTag": TAG}) == blocked
    assert (await lab.call("StartTransaction", start(connectorId=2)))["idTagInfo"] == blocked["idTagInfo"]
    await site.server.write(accounts.top_up, OURS, "Ada", Payment("receipt 1", 500))
    assert await lab.call("Authorize", {"idTag": TAG}) == {"idTagInfo": {"status": "Accepted"}}
    started = await lab.call("StartTransaction", start())
    assert started["idTagInfo"] == {"status": "Accepted"}
    transaction_id = started["transactionId"]
    for minute in (10, 20, 30, 40, 50):
        await lab.call("MeterValues", meter(transaction_id, 1000 + 11_000 * minute // 60, 60 - minute))
    message_id, action, payload = await lab.next_call()
    assert (action, payload) == ("RemoteStopTransaction", {"transactionId": transaction_id})
    await lab.answer(message_id, {"status": "Accepted"})
    stop = {"transactionId": transaction_id, "meterStop": 10_400, "timestamp": ago(9), "reason": "Remote"}
    assert await lab.call("StopTransaction", stop) == {}
    view = await site.server.db.read(lambda conn: accounts.view(conn, OURS, "Ada"))
    assert view.funds == Funds(63)
    assert await site.server.db.read(lambda conn: ledger.check(conn, OURS)) == []
