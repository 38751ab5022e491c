"""Cases about how a session ends: by the driver, the car, the operator and the lock."""

import pytest

from hardware.outlet import Fault
from hardware.ports import Signal
from tests.edge.conformance.script import OTHER, TAG, authorize, status, stop, values
from tests.edge.conformance.stand import FIXED, LOCKABLE, Stand

BOTH = pytest.mark.parametrize("number", [LOCKABLE, FIXED])


async def unlock(bench: Stand, number: int) -> str:
    """UnlockConnector; the station's answer."""
    return str((await bench.central.call("UnlockConnector", connectorId=number))["status"])


async def still_charges(bench: Stand, number: int) -> None:
    """Energy flows, and goes on to."""
    await bench.central.sees(values(number))
    await bench.central.sees(values(number))
    assert bench.outlet(number).engaged


@BOTH
async def test_005_1_ev_side_disconnect_ends_and_unlocks(bench: Stand, number: int) -> None:
    keys = {"StopTransactionOnEVSideDisconnect": True, "UnlockConnectorOnEVSideDisconnect": True}
    await bench.central.configure(**dict(list(keys.items())[: 2 if number == LOCKABLE else 1]))
    transaction = await bench.charging(number)
    bench.pulled_at_the_car(number)
    await bench.central.sees(stop("EVDisconnected", transactionId=transaction), status(number, "Finishing"))
    await bench.central.sees(status(number, "Available"))
    assert not bench.outlet(number).locked


async def test_005_2_ev_side_disconnect_ends_and_keeps_the_cable(bench: Stand) -> None:
    await bench.central.configure(StopTransactionOnEVSideDisconnect=True, UnlockConnectorOnEVSideDisconnect=False)
    await bench.charging()
    bench.pulled_at_the_car()
    await bench.central.sees(stop("EVDisconnected"), status(1, "Finishing"))
    assert bench.outlet().locked
    assert await unlock(bench, LOCKABLE) == "Unlocked"
    await bench.central.sees(status(1, "Available"))
    assert not bench.outlet().locked


async def test_005_2_ev_side_disconnect_with_a_fixed_cable(bench: Stand) -> None:
    await bench.charging(FIXED)
    bench.pulled_at_the_car(FIXED)
    await bench.central.sees(stop("EVDisconnected"), status(FIXED, "Finishing"))
    await bench.central.sees(status(FIXED, "Available"))
    assert await unlock(bench, FIXED) == "NotSupported"


@BOTH
async def test_005_3_ev_side_disconnect_suspends(bench: Stand, number: int) -> None:
    await bench.central.configure(StopTransactionOnEVSideDisconnect=False)
    transaction = await bench.charging(number)
    bench.pulled_at_the_car(number)
    await bench.central.sees(status(number, "SuspendedEV", info="EV side disconnected"))
    assert not bench.outlet(number).engaged
    answer = await bench.central.call("RemoteStopTransaction", transactionId=transaction)
    assert answer == {"status": "Accepted"}
    await bench.central.sees(stop("Remote", transactionId=transaction), status(number, "Finishing"))
    await bench.central.sees(status(number, "Available"))


@BOTH
async def test_012_remote_stop(bench: Stand, number: int) -> None:
    transaction = await bench.charging(number)
    answer = await bench.central.call("RemoteStopTransaction", transactionId=transaction)
    assert answer == {"status": "Accepted"}
    await bench.central.sees(stop("Remote", transactionId=transaction), status(number, "Finishing"))
    await bench.leaves(number)
    await bench.central.sees(status(number, "Available"))


async def test_017_1_unlock_while_idle(bench: Stand) -> None:
    assert await unlock(bench, LOCKABLE) == "Unlocked"


async def test_017_2_unlock_a_fixed_cable_while_idle(bench: Stand) -> None:
    assert await unlock(bench, FIXED) == "NotSupported"


async def test_018_1_unlock_while_charging(bench: Stand) -> None:
    transaction = await bench.charging()
    assert await unlock(bench, LOCKABLE) == "Unlocked"
    await bench.central.sees(stop("UnlockCommand", transactionId=transaction), status(1, "Finishing"))
    await bench.leaves()
    await bench.central.sees(status(1, "Available"))


async def test_018_2_unlock_a_fixed_cable_while_charging(bench: Stand) -> None:
    await bench.charging(FIXED)
    assert await unlock(bench, FIXED) == "NotSupported"
    await still_charges(bench, FIXED)


async def test_028_remote_stop_of_an_unknown_transaction(bench: Stand) -> None:
    transaction = await bench.charging()
    answer = await bench.central.call("RemoteStopTransaction", transactionId=transaction + 1)
    assert answer == {"status": "Rejected"}
    await still_charges(bench, LOCKABLE)


async def test_030_the_lock_does_not_let_go(bench: Stand) -> None:
    bench.outlet().locked = True
    bench.world.break_("conformance/1", Fault.STUCK_LOCK)
    assert await unlock(bench, LOCKABLE) == "UnlockFailed"
    await bench.central.sees(status(1, "Faulted", errorCode="ConnectorLockFailure"))


async def test_031_unlock_an_unknown_connector(bench: Stand) -> None:
    assert await unlock(bench, 3) == "NotSupported"


async def test_068_only_the_own_tag_stops(bench: Stand) -> None:
    transaction = await bench.charging()
    bench.taps(OTHER)
    await bench.until(lambda: bench.outlet().signal is Signal.REFUSED)
    await still_charges(bench, LOCKABLE)
    bench.taps(TAG)
    await bench.central.sees(stop("Local", transactionId=transaction, idTag=TAG), status(1, "Finishing"))


async def test_069_a_tag_with_the_same_parent_stops(bench: Stand) -> None:
    family = {"status": "Accepted", "parentIdTag": "FAMILY"}
    bench.central.tags |= {TAG: family, OTHER: family}
    transaction = await bench.charging()
    bench.taps(OTHER)
    await bench.central.sees(authorize(OTHER))
    await bench.central.sees(stop("Local", transactionId=transaction, idTag=OTHER), status(1, "Finishing"))
    await bench.leaves()
    await bench.central.sees(status(1, "Available"))
