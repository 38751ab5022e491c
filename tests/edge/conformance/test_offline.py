"""Cases about sessions that begin, go on or end while the central system is out of reach."""

from datetime import timedelta
from itertools import pairwise

from tests.edge.conformance.script import TAG, authorize, start, status, stop, values
from tests.edge.conformance.stand import Stand
from tests.edge.conformance.transcript import calls, moments

GUEST = "04GUEST"


async def starts_offline(bench: Stand, tag: str) -> None:
    """A session that begins while the station is offline."""
    await bench.goes_offline()
    bench.arrives()
    bench.taps(tag)
    await bench.until(lambda: bench.outlet().engaged)


async def test_036_connection_lost_while_charging(bench: Stand) -> None:
    transaction = await bench.charging()
    await bench.central.sees(values(1, transactionId=transaction))
    await bench.goes_offline()
    charged_wh = bench.outlet().register_wh
    await bench.until(lambda: bench.outlet().register_wh > charged_wh + 8)
    bench.may_come_back()
    for _ in range(4):
        await bench.central.sees(values(1, transactionId=transaction))
    times = [moments(line)[0] for line in calls(bench.central.lines, "MeterValues")]
    assert {after - before for before, after in pairwise(times)} == {timedelta(seconds=1)}


async def test_037_1_offline_start_with_a_valid_tag(bench: Stand) -> None:
    await bench.cached()
    await starts_offline(bench, TAG)
    bench.may_come_back()
    await bench.central.sees(start(1), status(1, "Charging"))


async def test_037_2_offline_start_with_an_invalid_tag_that_is_suspended(bench: Stand) -> None:
    await bench.central.configure(AllowOfflineTxForUnknownId=True, StopTransactionOnInvalidId=False)
    await starts_offline(bench, GUEST)
    bench.may_come_back()
    await bench.central.sees(start(1, GUEST), status(1, "Charging"))
    await bench.central.sees(status(1, "SuspendedEVSE"))
    assert not bench.outlet().engaged


async def test_037_3_offline_start_with_an_invalid_tag_that_is_stopped(bench: Stand) -> None:
    await bench.central.configure(AllowOfflineTxForUnknownId=True, StopTransactionOnInvalidId=True)
    await starts_offline(bench, GUEST)
    bench.may_come_back()
    await bench.central.sees(start(1, GUEST), status(1, "Charging"))
    await bench.central.sees(stop("DeAuthorized"), status(1, "Finishing"))
    assert not bench.outlet().engaged


async def test_038_offline_stop(bench: Stand) -> None:
    transaction = await bench.charging()
    await bench.goes_offline()
    bench.taps()
    await bench.until(lambda: not bench.outlet().engaged)
    bench.may_come_back()
    await bench.central.sees(stop("Local", transactionId=transaction, idTag=TAG), status(1, "Finishing"))


async def test_039_offline_session(bench: Stand) -> None:
    await bench.cached()
    await starts_offline(bench, TAG)
    bench.taps()
    await bench.until(lambda: not bench.outlet().engaged)
    bench.may_come_back()
    told = await bench.central.sees(start(1), stop("Local", idTag=TAG), status(1, "Finishing"))
    assert told[1]["transactionId"] == bench.transaction()


async def test_a_reconnection_without_news(bench: Stand) -> None:
    """No case of the list: no boot, no statuses that are known already."""
    await bench.goes_offline()
    bench.may_come_back()
    await bench.is_online()
    bench.taps()
    await bench.central.sees(authorize(), status(1, "Preparing"))
