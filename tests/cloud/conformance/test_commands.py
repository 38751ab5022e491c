"""Cases in which the central system asks and the answer is all there is to see: Core and local list."""

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.services import configuration
from tests.cloud.conformance.bench import ACCEPTED, Bench
from tests.cloud.conformance.tool import Payload

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROFILES = "SupportedFeatureProfiles"
KEYS: list[Payload] = [
    {"key": PROFILES, "readonly": True, "value": "Core,SmartCharging"},
    {"key": "MeterValueSampleInterval", "readonly": False, "value": "0"},
]
ENTRIES: list[Payload] = [
    {"idTag": "04A1B2C3D4", "idTagInfo": {"status": "Accepted", "parentIdTag": "FAMILY"}},
    {"idTag": "04FFEEDDCC", "idTagInfo": {"status": "Blocked", "expiryDate": "2199-01-01T00:00:00.000Z"}},
]


async def unlock(bench: Bench, status: str, *, connector: int = 1, ends: Step) -> None:
    asked = await bench.asks(CommandKind.UNLOCK_CONNECTOR, {"status": status}, connectorId=connector)
    await bench.ends(asked, ends)


async def test_017_1_unlock_while_idle(bench: Bench) -> None:
    await unlock(bench, "Unlocked", ends=Step.DONE)


async def test_017_2_unlock_a_fixed_cable(bench: Bench) -> None:
    await unlock(bench, "NotSupported", ends=Step.REJECTED)


async def test_018_1_unlock_while_charging(bench: Bench) -> None:
    transaction = await bench.charges()
    await unlock(bench, "Unlocked", ends=Step.DONE)
    await bench.stops(transaction, "UnlockCommand")
    await bench.shows("Finishing")
    await bench.shows("Available")


async def test_030_unlock_failure(bench: Bench) -> None:
    await unlock(bench, "UnlockFailed", ends=Step.FAILED)


async def test_031_unlock_an_unknown_connector(bench: Bench) -> None:
    await unlock(bench, "NotSupported", connector=3, ends=Step.REJECTED)


async def known(bench: Bench) -> dict[str, str | None]:
    """What is kept of the charge point's configuration."""
    entries = await bench.server.db.read(lambda conn: configuration.known(conn, bench.station_id))
    return {entry.key: entry.value for entry in entries}


async def test_019_1_retrieve_all_keys(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.GET_CONFIGURATION, {"configurationKey": KEYS})
    await bench.ends(asked, Step.DONE)
    assert await known(bench) == {PROFILES: "Core,SmartCharging", "MeterValueSampleInterval": "0"}


async def test_019_2_retrieve_one_key(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.GET_CONFIGURATION, {"configurationKey": KEYS[:1]}, key=[PROFILES])
    await bench.ends(asked, Step.DONE)
    assert await known(bench) == {PROFILES: "Core,SmartCharging"}


async def change(bench: Bench, key: str, value: str, status: str, ends: Step) -> None:
    """ChangeConfiguration; what is refused is not thought to be set."""
    asked = await bench.asks(CommandKind.CHANGE_CONFIGURATION, {"status": status}, key=key, value=value)
    await bench.ends(asked, ends)
    assert await known(bench) == ({key: value} if ends is Step.DONE else {})


async def test_021_change_configuration(bench: Bench) -> None:
    await change(bench, "MeterValueSampleInterval", "60", "Accepted", Step.DONE)


async def test_040_1_key_not_supported(bench: Bench) -> None:
    await change(bench, "Testing", "true", "NotSupported", Step.REJECTED)


async def test_040_2_invalid_value(bench: Bench) -> None:
    await change(bench, "MeterValueSampleInterval", "-1", "Rejected", Step.REJECTED)


async def test_061_clear_cache(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.CLEAR_CACHE, ACCEPTED)
    await bench.ends(asked, Step.DONE)
    await bench.shows("Preparing")
    assert await bench.authorizes() == ACCEPTED


async def test_042_1_list_version_not_supported(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.GET_LOCAL_LIST_VERSION, {"listVersion": -1})
    await bench.ends(asked, Step.DONE)
    assert await bench.answer_to(asked) == {"listVersion": -1}


async def test_042_1_list_version_refused(bench: Bench) -> None:
    await refused(bench, CommandKind.GET_LOCAL_LIST_VERSION, {})


async def test_042_2_list_version_empty(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.GET_LOCAL_LIST_VERSION, {"listVersion": 0})
    await bench.ends(asked, Step.DONE)
    assert await bench.answer_to(asked) == {"listVersion": 0}


async def refused(bench: Bench, kind: CommandKind, payload: Payload) -> None:
    """With CALLERROR NotSupported, which a charge point without the profile may send as well."""
    asked = await bench.ask(kind, **payload)
    await bench.arrives(asked)
    await bench.tool.refuses("NotSupported")
    await bench.ends(asked, Step.REJECTED)


def local_list(update: str, version: int = 1) -> Payload:
    return {"listVersion": version, "updateType": update, "localAuthorizationList": ENTRIES}


async def sends(bench: Bench, status: str, ends: Step, update: str = "Full", version: int = 1) -> None:
    """SendLocalList."""
    asked = await bench.asks(CommandKind.SEND_LOCAL_LIST, {"status": status}, **local_list(update, version))
    await bench.ends(asked, ends)


async def test_043_1_list_not_supported(bench: Bench) -> None:
    await sends(bench, "NotSupported", Step.REJECTED)


async def test_043_1_list_refused(bench: Bench) -> None:
    await refused(bench, CommandKind.SEND_LOCAL_LIST, local_list("Full"))


async def test_043_3_list_failed(bench: Bench) -> None:
    await sends(bench, "Failed", Step.REJECTED)


async def test_043_4_full_list(bench: Bench) -> None:
    await sends(bench, "Accepted", Step.DONE)


@pytest.mark.parametrize("status", ["Accepted", "VersionMismatch"])
async def test_043_5_differential_list(bench: Bench, status: str) -> None:
    await sends(bench, "Accepted", Step.DONE)
    ends = Step.DONE if status == "Accepted" else Step.REJECTED
    await sends(bench, status, ends, "Differential", 2)
