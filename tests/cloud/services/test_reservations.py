"""Reservations from asking to their end."""

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.domain.effects import Report
from cloud.domain.reservations import ReservationState
from cloud.services import answers, commands, effects, reservations, tags
from cloud.services.errors import Malformed, NotFound
from tests.cloud.conftest import TAG, Business, after
from tests.cloud.services.asking import answer, play
from tests.ours import OURS


async def reserve(business: Business, connector: int = 1, id_tag: str = TAG, said: str = "Accepted") -> int:
    """Until half past twelve."""
    place = (business.station.id, connector, id_tag, after(30))
    number, command = await business.do(reservations.reserve, *place, None, after(0))
    await answer(business, command, {"status": said})
    return int(number)


async def states(business: Business) -> dict[int, ReservationState]:
    return {each.number: each.state for each in await business.ask(reservations.listed, ended=True)}


async def test_a_reservation_is_used_by_the_session_that_names_it(business: Business) -> None:
    used, other = await reserve(business), await reserve(business, 2)
    assert await states(business) == {used: "active", other: "active"}
    start = await business.start(5, reservation_id=used)
    await play(business, CommandKind.CANCEL_RESERVATION, {"reservationId": used}, minute=6)
    assert await states(business) == {used: "used", other: "active"}
    (open_,) = await business.ask(reservations.listed, business.station.id)
    assert open_.number == other
    newest = (await business.ask(reservations.listed, ended=True))[-1]
    assert (newest.session_id, newest.identity) == (start.session_id, "lab-1")


async def test_a_session_that_overtakes_the_answer_has_used_its_reservation(business: Business) -> None:
    place = (business.station.id, 1, TAG, after(30))
    number, command = await business.do(reservations.reserve, *place, None, after(0))
    await business.do(commands.note, command.id, Step.SENT, "", after(0))
    await business.start(0.1, reservation_id=number)
    await business.do(answers.answered, command, Step.ACCEPTED, "Accepted", {"status": "Accepted"}, after(0.2))
    assert await states(business) == {number: "used"}
    assert (await business.ask(commands.by_id, command.id)).state is Step.DONE


async def test_how_reservations_end(business: Business) -> None:
    names = ("refused", "cancelled", "lost", "kept", "expired")
    refused = await reserve(business, said="Occupied")
    cancelled, lost, kept = await reserve(business), await reserve(business, 2), await reserve(business, 0)
    await play(business, CommandKind.CANCEL_RESERVATION, {"reservationId": cancelled}, minute=1)
    await play(business, CommandKind.CANCEL_RESERVATION, {"reservationId": kept}, {"status": "Rejected"}, 1)
    for connector, status in ((2, "Reserved"), (1, "Unavailable"), (2, "Faulted")):
        report = Report("StatusNotification", connector, status)
        await business.do(effects.reported, business.station.id, report, after(2))
    found = await states(business)
    assert [found[each] for each in (refused, cancelled, lost, kept)] == [*names[:3], "active"]
    assert not await business.do(reservations.expire, after(29))
    assert await business.do(reservations.expire, after(30))
    assert (await states(business))[kept] is ReservationState.EXPIRED
    assert (await states(business))[cancelled] is ReservationState.CANCELLED


async def test_a_reservation_without_an_answer_stays_as_asked_until_its_time(business: Business) -> None:
    place = (business.station.id, 1, TAG, after(30))
    number, command = await business.do(reservations.reserve, *place, None, after(0))
    await business.do(commands.note, command.id, Step.SENT, "", after(0))
    await business.do(commands.note, command.id, Step.SILENT, "", after(1))
    assert await states(business) == {number: "asked"}
    await business.do(reservations.expire, after(31))
    assert await states(business) == {number: "expired"}


async def test_a_number_chosen_by_hand_is_kept_and_may_be_used_again(business: Business) -> None:
    payload = {"connectorId": 1, "expiryDate": after(30), "idTag": TAG, "reservationId": 2**31 - 1}
    for connector in (1, 2):
        await play(business, CommandKind.RESERVE_NOW, payload | {"connectorId": connector})
    assert await states(business) == {2**31 - 1: "active"}
    assert await reserve(business) == 1
    assert await (await business.beside("lab-2")).ask(reservations.listed, 2) == []


async def test_the_group_comes_with_the_tag(business: Business) -> None:
    await business.do(tags.add, OURS, "CHILD", after(-1), parent="FAMILY")
    await reserve(business, id_tag="child")
    (found,) = await business.ask(reservations.listed)
    assert (found.id_tag, found.parent, found.expires_at) == ("CHILD", "FAMILY", after(30))


async def test_what_cannot_be_reserved(business: Business) -> None:
    cases = ((99, 1, TAG, 30), (1, 9, TAG, 30), (1, 1, "GHOST", 30))
    for station, connector, id_tag, until in cases:
        with pytest.raises(NotFound):
            await business.do(reservations.reserve, station, connector, id_tag, after(until), None, after(0))
    with pytest.raises(Malformed, match="passed already"):
        await business.do(reservations.reserve, 1, 1, TAG, after(0), None, after(0))
    assert await states(business) == {}
