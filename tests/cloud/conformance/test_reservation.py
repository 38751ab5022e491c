"""Cases about reservations, asked for as an operator does."""

from datetime import UTC, datetime, timedelta

import pytest

from bollard.wire.times import parse
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.reservations import ReservationState
from cloud.services import reservations
from tests.cloud.conformance.bench import ACCEPTED, Bench

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAMILY = {"parentIdTag": "FAMILY"}


async def reserve(
    bench: Bench, answer: str = "Accepted", connector: int = 1, tag: str | None = None
) -> tuple[int, Command]:
    """ReserveNow for an hour; the reservation's number and the command."""
    until = datetime.now(UTC) + timedelta(hours=1)
    number, command = await bench.do(reservations.reserve, bench.station_id, connector, tag or bench.tag, until, None)
    asked = command.parameters
    assert (asked["connectorId"], asked["idTag"], asked["reservationId"]) == (connector, tag or bench.tag, number)
    assert abs(parse(asked["expiryDate"]) - until) < timedelta(seconds=1)
    return number, await bench.carried(command, {"status": answer})


async def reserved(bench: Bench, connector: int = 1, tag: str | None = None) -> int:
    """An accepted reservation that the charge point shows on connector 1."""
    number, command = await reserve(bench, "Accepted", connector, tag)
    await bench.shows("Reserved")
    await bench.ends(command, Step.ACCEPTED, Step.DONE)
    return number


async def kept(bench: Bench) -> ReservationState:
    """What the only reservation has come to."""
    (found,) = await bench.server.db.read(lambda conn: reservations.listed(conn, bench.station_id, ended=True))
    return found.state


async def test_046_reserve_a_connector(bench: Bench) -> None:
    number = await reserved(bench)
    assert await bench.authorizes() == ACCEPTED
    await bench.shows("Preparing")
    await bench.begins(reservationId=number)
    assert await kept(bench) is ReservationState.USED


async def test_047_reservation_expires(bench: Bench) -> None:
    await reserved(bench)
    await bench.passes(hours=2)
    await bench.shows("Available")
    assert await kept(bench) is ReservationState.EXPIRED
    await bench.shows("Preparing")
    assert await bench.authorizes(bench.other) == ACCEPTED
    await bench.begins(bench.other)


async def refused(bench: Bench, answer: str, *statuses: str, error: str = "NoError") -> None:
    for status in statuses:
        await bench.shows(status, error=error)
    _number, command = await reserve(bench, answer)
    await bench.ends(command, Step.REJECTED)
    assert await kept(bench) is ReservationState.REFUSED


async def test_048_1_reserve_a_faulted_connector(bench: Bench) -> None:
    await refused(bench, "Faulted", "Faulted", error="OtherError")


async def test_048_2_reserve_an_occupied_connector(bench: Bench) -> None:
    await refused(bench, "Occupied", "Preparing")


async def test_048_3_reserve_an_unavailable_connector(bench: Bench) -> None:
    await refused(bench, "Unavailable", "Unavailable")


async def test_048_4_reserve_rejected(bench: Bench) -> None:
    await refused(bench, "Rejected")


async def test_049_reserve_connector_0(bench: Bench) -> None:
    await bench.shows("Unavailable", connector=2)
    number = await reserved(bench, connector=0)
    assert await bench.authorizes() == ACCEPTED
    await bench.shows("Preparing")
    await bench.begins(reservationId=number)
    assert await kept(bench) is ReservationState.USED


async def test_051_cancel_a_reservation(bench: Bench) -> None:
    number = await reserved(bench)
    command = await bench.do(reservations.cancel, bench.station_id, number, None)
    assert command.parameters == {"reservationId": number}
    await bench.carried(command, ACCEPTED)
    await bench.shows("Available")
    await bench.ends(command, Step.DONE)
    assert await kept(bench) is ReservationState.CANCELLED
    await bench.shows("Preparing")
    assert await bench.authorizes() == ACCEPTED
    await bench.begins()


@pytest.mark.parametrize("other", [0, 1])
async def test_052_cancel_rejected(bench: Bench, other: int) -> None:
    """Of a number that nobody has reserved, and of one that the station has lost."""
    number = other or await reserved(bench)
    command = await bench.do(reservations.cancel, bench.station_id, number, None)
    assert command.kind is CommandKind.CANCEL_RESERVATION
    await bench.carried(command, {"status": "Rejected"})
    await bench.ends(command, Step.REJECTED)


async def test_053_use_a_reservation_with_the_same_parent(bench: Bench) -> None:
    holder, relative = f"{bench.tag}-1", f"{bench.tag}-2"
    for tag in (holder, relative):
        await bench.knows(tag, parent="FAMILY")
    number = await reserved(bench, tag=holder)
    assert bench.foreseen.asked[-1].parameters["parentIdTag"] == "FAMILY"
    for tag in (relative, holder):
        assert await bench.authorizes(tag) == ACCEPTED | FAMILY
    await bench.shows("Preparing")
    transaction = await bench.begins(relative, reservationId=number)
    assert await kept(bench) is ReservationState.USED
    await bench.stops(transaction, "Local", tag=holder)
