"""Cases about how a session begins."""

import pytest

from hardware.ports import Signal
from tests.edge.conformance.script import OTHER, TAG, authorize, start, status, stop
from tests.edge.conformance.stand import FIXED, LOCKABLE, Stand

BOTH = pytest.mark.parametrize("number", [LOCKABLE, FIXED])


async def remote_start(bench: Stand, number: int = LOCKABLE, tag: str = TAG) -> str:
    """RemoteStartTransaction; the station's answer."""
    answer = await bench.central.call("RemoteStartTransaction", idTag=tag, connectorId=number)
    return str(answer["status"])


@BOTH
async def test_003_plug_in_first(bench: Stand, number: int) -> None:
    await bench.prepared(number)
    bench.taps(TAG, number)
    await bench.central.sees(authorize())
    await bench.central.sees(start(number), status(number, "Charging"))


@BOTH
async def test_004_1_identification_first(bench: Stand, number: int) -> None:
    bench.taps(TAG, number)
    await bench.central.sees(authorize(), status(number, "Preparing"))
    bench.arrives(number)
    await bench.central.sees(start(number), status(number, "Charging"))


async def test_004_2_nobody_plugs_in(bench: Stand) -> None:
    await bench.central.configure(ConnectionTimeOut=1)
    bench.taps()
    await bench.central.sees(authorize(), status(1, "Preparing"))
    await bench.central.sees(status(1, "Available"))


async def test_007_1_cached_tag(bench: Stand) -> None:
    await bench.central.configure(LocalPreAuthorize=True)
    await bench.cached()
    await bench.prepared()
    bench.taps()
    await bench.central.sees(start(1), status(1, "Charging"))


async def test_007_2_cached_tag_remotely(bench: Stand) -> None:
    await bench.central.configure(LocalPreAuthorize=True)
    await bench.cached()
    await bench.prepared()
    assert await remote_start(bench) == "Accepted"
    await bench.central.sees(start(1), status(1, "Charging"))


@pytest.mark.parametrize("asks", [True, False])
async def test_010_remote_start_cable_first(bench: Stand, asks: bool) -> None:
    await bench.central.configure(AuthorizeRemoteTxRequests=asks)
    await bench.prepared()
    assert await remote_start(bench) == "Accepted"
    await bench.central.sees(*[authorize()] * asks)
    await bench.central.sees(start(1), status(1, "Charging"))


async def test_011_1_remote_start_first(bench: Stand) -> None:
    assert await remote_start(bench) == "Accepted"
    await bench.central.sees(authorize(), status(1, "Preparing"))
    bench.arrives()
    await bench.central.sees(start(1), status(1, "Charging"))


async def test_011_2_remote_start_nobody_plugs_in(bench: Stand) -> None:
    await bench.central.configure(ConnectionTimeOut=1)
    assert await remote_start(bench) == "Accepted"
    await bench.central.sees(authorize(), status(1, "Preparing"))
    await bench.central.sees(status(1, "Available"))


@pytest.mark.parametrize("verdict", ["Invalid", "Expired", "Blocked"])
async def test_023_refused_tag(bench: Stand, verdict: str) -> None:
    await bench.central.configure(MinimumStatusDuration=1)
    bench.central.tags[OTHER] = {"status": verdict}
    await bench.prepared()
    bench.taps(OTHER)
    await bench.central.sees(authorize(OTHER))
    await bench.until(lambda: bench.outlet().signal is Signal.REFUSED)
    assert not bench.outlet().engaged
    await bench.leaves()
    await bench.central.sees(status(1, "Available"))


async def test_023_refused_tag_remotely(bench: Stand) -> None:
    await bench.prepared()
    assert await remote_start(bench, tag="unknown") == "Accepted"
    await bench.central.sees(authorize("unknown"))
    await bench.until(lambda: bench.outlet().signal is Signal.REFUSED)
    assert not bench.outlet().engaged
    await bench.leaves()
    await bench.central.sees(status(1, "Available"))


async def test_026_remote_start_on_a_busy_connector(bench: Stand) -> None:
    await bench.charging()
    assert await remote_start(bench, tag=OTHER) == "Rejected"
    assert await remote_start(bench, tag=TAG) == "Rejected"


async def test_027_remote_start_on_connector_zero(bench: Stand) -> None:
    assert await remote_start(bench, 0) == "Rejected"


async def test_061_1_cleared_cache(bench: Stand) -> None:
    await bench.central.configure(LocalPreAuthorize=True)
    await bench.cached()
    assert await bench.central.call("ClearCache") == {"status": "Accepted"}
    await bench.prepared()
    bench.taps()
    await bench.central.sees(authorize())
    await bench.central.sees(start(1), status(1, "Charging"))


async def test_061_2_cleared_cache_remotely(bench: Stand) -> None:
    await bench.central.configure(LocalPreAuthorize=True)
    await bench.cached()
    assert await bench.central.call("ClearCache") == {"status": "Accepted"}
    await bench.prepared()
    assert await remote_start(bench) == "Accepted"
    await bench.central.sees(authorize())
    await bench.central.sees(start(1), status(1, "Charging"))


async def test_a_whole_visit(bench: Stand) -> None:
    """No case of the list: from arriving to leaving, on the connector that holds the cable."""
    number = await bench.charging()
    await bench.until(lambda: bench.outlet().locked)
    bench.taps()
    await bench.central.sees(stop("Local", transactionId=number, idTag=TAG), status(1, "Finishing"))
    await bench.leaves()
    await bench.central.sees(status(1, "Available"))
