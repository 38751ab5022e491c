"""Commands from asking to their effect."""

import asyncio

import pytest

from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.stations import ConnectorStatus, StatusReport
from cloud.services import commands, configuration, overview, remote, stations
from cloud.services.errors import Malformed, NotFound, NotNow
from tests.cloud.conftest import TAG, Business, after
from tests.cloud.services.asking import answer, play


async def ask_start(business: Business, minute: float = 0, connector: int = 1) -> Command:
    return await business.do(remote.ask_start, business.station.id, connector, TAG, None, after(minute))


async def steps(business: Business, command: Command) -> list[Step]:
    return [entry.step for entry in await business.ask(commands.timeline, command.id)]


async def state(business: Business, command: Command) -> Step:
    ((found, _timeline),) = await business.ask(overview.commands, command.station_id)
    return found.state


async def test_a_remote_start_up_to_its_session(business: Business) -> None:
    asked = await ask_start(business)
    assert (asked.kind, asked.parameters) == (CommandKind.REMOTE_START, {"connectorId": 1, "idTag": TAG})
    (claimed,) = await business.do(commands.claim, [business.station.id], after(0.1))
    assert claimed.id == asked.id
    await business.do(commands.note, asked.id, Step.SENT, "", after(0.1))
    await business.do(commands.note, asked.id, Step.ACCEPTED, "", after(0.2))
    start = await business.start(0.5)
    assert await steps(business, asked) == [Step.ASKED, Step.SENT, Step.ACCEPTED, Step.SESSION_STARTED]
    ((found, timeline),) = await business.ask(overview.commands, business.station.id)
    assert (found.state, found.session_id) == (Step.SESSION_STARTED, start.session_id)
    assert timeline[-1].detail == f"session {start.session_id} of 04A1**** on connector 1"


@pytest.mark.parametrize(("place", "whose"), [(0, "the station"), (1, "connector 1"), (2, None)])
async def test_a_refused_start_tells_the_fault_that_is_known(business: Business, place: int, whose: str | None) -> None:
    fault = StatusReport(place, ConnectorStatus.FAULTED, "GroundFailure", "30 mA", at=after(0))
    await business.do(stations.status_changed, business.station.id, fault, after(0))
    refused = await ask_start(business, 1)
    await answer(business, refused, {"status": "Rejected"}, 1)
    told = (await business.ask(commands.timeline, refused.id))[-1].detail
    assert told == (f"Rejected; {whose} had reported a fault: GroundFailure, 30 mA" if whose else "Rejected")


async def test_a_remote_stop_up_to_the_sessions_end(business: Business) -> None:
    start = await business.start()
    asked = await business.do(commands.ask_stop, start.session_id, None, after(1))
    assert asked.parameters == {"transactionId": start.transaction_id}
    for step in (Step.SENT, Step.ACCEPTED):
        await business.do(commands.note, asked.id, step, "", after(1))
    await business.stop(start.transaction_id, 2, 1500)
    assert await state(business, asked) is Step.SESSION_STOPPED


async def test_a_start_that_overtakes_the_answer_counts(business: Business) -> None:
    asked = await ask_start(business)
    await business.do(commands.note, asked.id, Step.SENT, "", after(0.1))
    await business.start(0.2)
    await business.do(commands.note, asked.id, Step.ACCEPTED, "", after(0.3))
    assert await state(business, asked) is Step.SESSION_STARTED


@pytest.mark.parametrize("difference", [{"id_tag": "OTHER"}, {"connector": 2}, {"minutes": 11}])
async def test_a_start_of_someone_else_is_not_its_effect(business: Business, difference: dict[str, object]) -> None:
    asked = await ask_start(business)
    await business.do(commands.note, asked.id, Step.SENT, "", after(0.1))
    await business.start(**{"minutes": 0.5, **difference})  # type: ignore[arg-type]
    assert await state(business, asked) is Step.SENT


async def test_each_command_is_claimed_once_and_the_oldest_of_each_station_first(business: Business) -> None:
    beside = await business.beside("lab-2")
    stations = [business.station.id, beside.station.id]
    asked = [await ask_start(each, connector=1) for each in (business, beside) for _ in range(2)]
    firsts, seconds = [asked[0].id, asked[2].id], [asked[1].id, asked[3].id]
    for expected in (firsts, seconds):
        claims = await asyncio.gather(*(business.do(commands.claim, [id], after(0.5)) for id in stations))
        assert sorted(command.id for claim in claims for command in claim) == expected
    assert await business.do(commands.claim, stations, after(0.5)) == []


async def test_claims_at_the_same_moment_never_share_a_command(business: Business) -> None:
    asked = [await ask_start(business) for _ in range(3)]
    claims = await asyncio.gather(*(business.do(commands.claim, [business.station.id], after(0.5)) for _ in range(3)))
    claimed = [command.id for claim in claims for command in claim]
    assert claimed
    assert sorted(claimed) == [command.id for command in asked][: len(claimed)]


async def test_claims_are_for_ones_own_stations_and_in_time(business: Business) -> None:
    await ask_start(business)
    assert await business.do(commands.claim, [business.station.id + 1], after(0.5)) == []
    assert await business.do(commands.claim, [], after(0.5)) == []
    assert await business.do(commands.claim, [business.station.id], after(1)) == []


@pytest.mark.parametrize(
    ("noted", "minute", "ends"),
    [
        ([], 1, True),
        ([], 0.9, False),
        ([Step.SENT], 2, False),
        ([Step.SENT], 11, True),
        ([Step.SENT, Step.ACCEPTED], 10, False),
        ([Step.SENT, Step.ACCEPTED], 11, True),
        ([Step.SENT, Step.REJECTED], 11, False),
    ],
)
async def test_commands_expire(business: Business, noted: list[Step], minute: float, ends: bool) -> None:
    asked = await ask_start(business)
    for step in noted:
        await business.do(commands.note, asked.id, step, "", after(0.1))
    assert bool(await business.do(commands.expire, after(minute))) is ends
    assert (await state(business, asked) is Step.EXPIRED) is ends
    assert await business.do(commands.expire, after(minute)) == []


async def test_what_cannot_be_asked(business: Business) -> None:
    start = await business.start()
    with pytest.raises(NotNow, match="running on connector 1"):
        await ask_start(business, 1)
    with pytest.raises(NotFound, match="no connector 9"):
        await ask_start(business, 1, connector=9)
    await business.stop(start.transaction_id, 5, 1500)
    with pytest.raises(NotNow, match="has ended"):
        await business.do(commands.ask_stop, start.session_id, None, after(6))
    with pytest.raises(NotFound, match="no session 99"):
        await business.do(commands.ask_stop, 99, None, after(6))
    with pytest.raises(NotFound, match="no station"):
        await business.do(commands.ask, CommandKind.REMOTE_START, 99, {"idTag": TAG}, None, after(6))
    with pytest.raises(NotFound, match="no command 99"):
        await business.ask(commands.by_id, 99)


WRONG: tuple[tuple[CommandKind, dict[str, object], str], ...] = (
    (CommandKind.RESET, {"type": "Firm"}, "type: the value is not one of"),
    (CommandKind.RESET, {}, '"type" is a required property'),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeet"}, "requestedMessage: it is one of Boot"),
    (CommandKind.CLEAR_CACHE, {"all": True}, "not allowed"),
    (CommandKind.CHANGE_CONFIGURATION, {"key": "AUTHORIZATIONKEY", "value": "00"}, "would be locked out"),
)


async def test_an_operators_mistake_is_told_at_asking(business: Business) -> None:
    for kind, payload, told in WRONG:
        with pytest.raises(Malformed, match=told):
            await business.do(commands.ask, kind, business.station.id, payload, None, after(0))
    assert await business.ask(overview.commands) == []


async def test_secrets_leave_the_row_with_the_command(business: Business) -> None:
    """A row must carry them until they are sent; afterwards nobody needs them."""
    station = business.station.id
    place = {"location": "ftp://anna:secret@files.example/up", "retrieveDate": after(5)}
    asked = await business.do(commands.ask, CommandKind.UPDATE_FIRMWARE, station, place, None, after(0))
    whole = {"location": "ftp://anna:secret@files.example/up", "retrieveDate": "2026-03-01T12:05:00.000Z"}
    assert asked.parameters == whole
    (claimed,) = await business.do(commands.claim, [station], after(1))
    assert claimed.parameters == whole
    await business.do(commands.note, asked.id, Step.SENT, "", after(1))
    kept = (await business.ask(commands.by_id, asked.id)).parameters
    assert kept == whole | {"location": "ftp://****@files.example/up"}


async def test_a_key_that_a_station_gives_away_is_not_kept(business: Business) -> None:
    told = {"configurationKey": [{"key": "authorizationKey", "value": "00112233", "readonly": False}]}
    command = await play(business, CommandKind.GET_CONFIGURATION, {}, told)
    (entry,) = await business.ask(configuration.known, business.station.id)
    assert (entry.key, entry.value) == ("authorizationKey", "****")
    assert "00112233" not in str((await business.ask(commands.by_id, command.id)).answer)


async def test_a_later_change_of_availability_takes_the_place_of_an_earlier_one(business: Business) -> None:
    """A scheduled change may wait for a day; what came in between must not be taken for its effect."""
    change, scheduled = CommandKind.CHANGE_AVAILABILITY, {"status": "Scheduled"}
    off, on = ({"connectorId": 1, "type": type_} for type_ in ("Inoperative", "Operative"))
    first = await play(business, change, off, scheduled)
    beside = await play(business, change, off | {"connectorId": 2}, scheduled)
    refused = await play(business, change, on, {"status": "Rejected"})
    second = await play(business, change, on)
    states = [(await business.ask(commands.by_id, each.id)).state for each in (first, beside, refused, second)]
    assert states == [Step.EXPIRED, Step.ACCEPTED, Step.REJECTED, Step.ACCEPTED]
    told = (await business.ask(commands.timeline, first.id))[-1].detail
    assert told == f"command {second.id} took its place"


async def test_what_waits_in_vain_is_told_what_it_waited_for(business: Business) -> None:
    command = await play(business, CommandKind.RESET, {"type": "Hard"})
    await business.do(commands.expire, after(12))
    told = (await business.ask(commands.timeline, command.id))[-1].detail
    assert told == "the station accepted it, but nothing came of it: it waited for the station to start again"
