"""Cases about the connection, cold boots, resets and power."""

import pytest
from websockets.exceptions import InvalidStatus

from bollard.wire.times import parse
from cloud.domain.commands import CommandKind, Step
from cloud.domain.incidents import IncidentKind
from cloud.domain.sessions import SessionState
from tests.cloud.conformance.bench import ACCEPTED, BOOT, Bench

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_001_cold_boot(cold: Bench) -> None:
    await cold.tool.connect()
    answer = await cold.tool.says("BootNotification", **BOOT)
    assert (answer["status"], answer["interval"]) == ("Accepted", cold.server.settings.heartbeat_interval_s)
    for connector in (0, 1, 2):
        await cold.shows("Available", connector)
    for _ in range(2):
        told = parse((await cold.tool.says("Heartbeat"))["currentTime"])
        assert abs((told - cold.tool.lines[-1].at).total_seconds()) < 60


async def reset(bench: Bench, kind: str) -> None:
    asked = await bench.asks(CommandKind.RESET, ACCEPTED, type=kind)
    await bench.comes_back()
    await bench.boots()
    await bench.ends(asked, Step.ACCEPTED, Step.DONE)


async def test_013_hard_reset(bench: Bench) -> None:
    await reset(bench, "Hard")


async def test_014_soft_reset(bench: Bench) -> None:
    await reset(bench, "Soft")


async def test_032_1_power_fails_while_charging(bench: Bench) -> None:
    transaction = await bench.charges()
    await bench.tool.drops_out()
    await bench.tool.connect()
    await bench.boots()
    assert (await bench.session()).state is SessionState.RECONCILING
    await bench.stops(transaction, "PowerLoss")


async def test_085_basic_authentication(cold: Bench) -> None:
    cold.foreseen.incidents.add(IncidentKind.WRONG_KEY)
    with pytest.raises(InvalidStatus) as refused:
        await cold.tool.connect(headers={})
    assert refused.value.response.status_code == 401
    await cold.tool.connect()
    await cold.boots()


async def test_088_subprotocol(cold: Bench) -> None:
    await cold.tool.connect("ocpp0.1", "ocpp1.6")
    assert cold.tool.socket is not None
    assert cold.tool.socket.subprotocol == "ocpp1.6"
    await cold.boots()
