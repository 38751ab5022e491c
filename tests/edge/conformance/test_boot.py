"""Cases about connecting, being accepted, resets and lost power."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.edge.central import one_after_the_other
from tests.edge.conformance.script import TAG, boot, status, statuses, stop, values, wanted
from tests.edge.conformance.stand import KEY, Stand
from tests.edge.conformance.transcript import calls

INTERVAL_S = 1
NEARLY = timedelta(seconds=0.95 * INTERVAL_S)


def spacing(bench: Stand, action: str) -> Iterator[timedelta]:
    """The time between the calls of one kind."""
    times = [line.at for line in calls(bench.central.lines, action)]
    return (after - before for before, after in pairwise(times))


async def availability(bench: Stand, connector: int, kind: str) -> str:
    """ChangeAvailability; the station's answer."""
    answer = await bench.central.call("ChangeAvailability", connectorId=connector, type=kind)
    return str(answer["status"])


async def reset(bench: Stand, kind: str) -> None:
    """Reset, which is always accepted."""
    assert await bench.central.call("Reset", type=kind) == {"status": "Accepted"}


async def test_001_cold_boot(cold: Stand) -> None:
    registers = cold.central.registers
    cold.central.answers["BootNotification"] = one_after_the_other(
        registers("Rejected", INTERVAL_S), registers("Accepted", INTERVAL_S)
    )
    await cold.switch_on()
    await cold.central.sees(boot())
    await cold.central.sees(boot())
    await cold.central.sees(*statuses("Available", "Available"))
    await cold.central.sees(wanted("Heartbeat"))
    await cold.central.sees(wanted("Heartbeat"))
    assert min(spacing(cold, "BootNotification")) > NEARLY
    assert min(spacing(cold, "Heartbeat")) > NEARLY


async def test_002_cold_boot_pending(cold: Stand) -> None:
    registers = cold.central.registers
    cold.central.answers["BootNotification"] = one_after_the_other(
        registers("Pending", INTERVAL_S), registers("Accepted", 300)
    )
    await cold.switch_on()
    await cold.central.sees(boot())
    await cold.central.configure(MeterValueSampleInterval=2)
    answer = await cold.central.call("GetConfiguration", key=["MeterValueSampleInterval"])
    assert answer["configurationKey"][0]["value"] == "2"
    await cold.booted()
    assert min(spacing(cold, "BootNotification")) > NEARLY


async def restarts_idle(bench: Stand, kind: str) -> None:
    """A connector that is out of service stays so over a reset; the other one is back."""
    assert await availability(bench, 1, "Inoperative") == "Accepted"
    await bench.central.sees(status(1, "Unavailable"))
    await reset(bench, kind)
    await bench.restarted()
    await bench.booted(first="Unavailable")
    assert await availability(bench, 1, "Operative") == "Accepted"
    await bench.central.sees(status(1, "Available"))


async def restarts_charging(bench: Stand, kind: str, reason: str) -> None:
    """The session ends before the reset, and the car waits for another one afterwards."""
    transaction = await bench.charging()
    await reset(bench, kind)
    await bench.central.sees(stop(reason, transactionId=transaction), status(1, "Finishing"))
    await bench.restarted()
    await bench.booted(first="Preparing")
    await bench.leaves()
    await bench.central.sees(status(1, "Available"))


async def test_013_hard_reset_while_idle(bench: Stand) -> None:
    await restarts_idle(bench, "Hard")


async def test_014_soft_reset_while_idle(bench: Stand) -> None:
    await restarts_idle(bench, "Soft")


async def test_015_hard_reset_while_charging(bench: Stand) -> None:
    await restarts_charging(bench, "Hard", "HardReset")


async def test_016_soft_reset_while_charging(bench: Stand) -> None:
    await restarts_charging(bench, "Soft", "SoftReset")


async def test_032_1_power_fails_with_a_backup(bench: Stand) -> None:
    transaction = await bench.charging()
    bench.world.trip("conformance/1", "mains")
    await bench.central.sees(stop("PowerLoss", transactionId=transaction), status(1, "Finishing"))
    await bench.cut_power()
    bench.world.trip("conformance/1", "mains", tripped=False)
    await bench.switch_on()
    await bench.booted(first="Preparing")


async def test_032_2_power_fails(bench: Stand) -> None:
    transaction = await bench.charging()
    await bench.central.sees(values(1, transactionId=transaction))
    await bench.cut_power()
    await bench.switch_on()
    await bench.booted(first="Finishing")
    await bench.central.sees(stop("PowerLoss", transactionId=transaction))
    await bench.leaves()
    await bench.central.sees(status(1, "Available"))


async def test_032_2_a_short_interruption(bench: Stand) -> None:
    transaction = await bench.charging()
    await bench.central.sees(values(1, transactionId=transaction))
    await bench.cut_power()
    await bench.run()
    await bench.booted(first="Charging")
    bench.taps()
    await bench.central.sees(stop("Local", transactionId=transaction, idTag=TAG), status(1, "Finishing"))


async def test_034_power_fails_while_unavailable(bench: Stand) -> None:
    assert await availability(bench, 0, "Inoperative") == "Accepted"
    await bench.central.sees(*statuses("Unavailable", "Unavailable", "Unavailable"))
    await bench.cut_power()
    await bench.switch_on()
    await bench.booted(first="Unavailable", second="Unavailable", whole="Unavailable")


async def test_085_basic_authentication(cold: Stand) -> None:
    await cold.switch_on()
    await cold.booted()
    (handshake,) = cold.central.handshakes
    assert cold.central.credentials(handshake) == (b"conformance", KEY)
    assert len(KEY) >= 16


async def test_088_subprotocol(bench: Stand) -> None:
    (handshake,) = bench.central.handshakes
    assert handshake.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"


@pytest.mark.parametrize("chosen", [None, "ocpp1.5"])
async def test_088_another_subprotocol(cold: Stand, chosen: str | None) -> None:
    cold.central.subprotocol = chosen
    await cold.switch_on()
    await cold.central.connected(2)
    assert cold.central.calls == []
    cold.central.subprotocol = "ocpp1.6"
    await cold.booted()
