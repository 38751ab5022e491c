"""Local lists kept in step with the tags: a station by the book, and whatever may come between."""

import random
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.queries import tags as tag_rows
from cloud.db.tables import tag
from cloud.domain.catalogue import COMMANDS
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.effects import Report
from cloud.domain.local_lists import LocalList
from cloud.services import answers, commands, effects, local_lists, overview, tags
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.cloud.services.asking import play
from tests.cloud.services.list_station import ListStation
from tests.ours import OURS

NEVER = 60 * 24 * 365


async def known(business: Business) -> LocalList:
    return await business.ask(local_lists.known, business.station.id)


async def keep(business: Business, on: bool = True) -> None:
    await business.do(local_lists.keep, business.station.id, on, None, after(0))


async def add(business: Business, *names: str, **options: Any) -> None:
    for name in names:
        await business.do(tags.add, OURS, name, after(-1), **options)


async def look(business: Business, minute: float = 0) -> None:
    """What upkeep does for the only station."""
    await business.do(commands.expire, after(minute))
    for station_id in await business.ask(local_lists.due, [business.station.id], after(minute)):
        await business.do(local_lists.step, station_id, after(minute))


async def deliver(business: Business, station: ListStation, minute: float = 0, lost: str = "") -> Command | None:
    """Sends the oldest command; `lost` is the step noted instead of an answer that the station gave."""

    def unit(conn: Connection) -> Command | None:
        for command in commands.claim(conn, [business.station.id], after(minute)):
            commands.note(conn, command.id, Step.SENT, "", after(minute))
            if lost == "request":
                answers.answered(conn, command, Step.OFFLINE, "", None, after(minute))
                return command
            said = station.answer(command.kind, command.parameters)
            step = Step(lost) if lost else COMMANDS[command.kind].judge(said)
            answers.answered(conn, command, step, "", None if lost else said, after(minute))
            return command
        return None

    return await business.do(unit)


async def settle(business: Business, station: ListStation, minute: float = 0) -> int:
    """Until nothing is left to do; how many commands it took."""
    await look(business, minute)
    count = 0
    while await deliver(business, station, minute):
        count += 1
        assert count < 100
    return count


def statuses(station: ListStation) -> dict[str, str]:
    return {id_tag: info["status"] for id_tag, info in station.held.items()}


async def test_a_list_is_composed_split_and_kept_in_step(business: Business) -> None:
    station = ListStation(per_message=3)
    await add(business, "A1", "A2", "A3")
    await add(business, "B1", blocked=True)
    await add(business, "E1", expires_at=after(-0.5))
    await add(business, "P1", parent="FAMILY", expires_at=after(NEVER))
    await settle(business, station)
    assert station.received == []
    await keep(business)
    await settle(business, station)
    assert [message["updateType"] for message in station.received] == ["Full", "Differential", "Differential"]
    assert [len(message["localAuthorizationList"]) for message in station.received] == [3, 3, 1]
    good = dict.fromkeys(("A1", "A2", "A3", "P1", TAG), "Accepted")
    assert statuses(station) == good | {"B1": "Blocked", "E1": "Expired"}
    assert station.held["P1"] == {
        "status": "Accepted",
        "parentIdTag": "FAMILY",
        "expiryDate": "2027-03-01T12:00:00.000Z",
    }
    assert await settle(business, station) == 0
    await business.do(tags.block, OURS, "a1", after(1))
    assert await settle(business, station, 1) == 1
    assert station.received[-1]["localAuthorizationList"] == [{"idTag": "A1", "idTagInfo": {"status": "Blocked"}}]
    found = await known(business)
    assert (found.version, found.held, found.trouble) == (station.version, station.held, None)
    await keep(business, on=False)
    await add(business, "LATE")
    assert await settle(business, station, 2) == 0


async def test_an_import_of_tags_writes_no_command_until_its_station_is_looked_at(business: Business) -> None:
    station = ListStation(per_message=500, most=5000)
    await keep(business)
    await settle(business, station)

    def import_(conn: Connection) -> None:
        same = {"organisation_id": business.station.organisation_id, "blocked": False, "note": "", "created_at": NOON}
        names = [f"N{number}" for number in range(1100)]
        conn.execute(tag.insert(), [{"id_tag": name, "tag_key": name, **same} for name in names])
        for _ in range(20):
            tag_rows.changed(conn, business.station.organisation_id)

    await business.do(import_)
    before = len(await business.ask(overview.commands, limit=10_000))
    for _ in range(3):
        await look(business, 1)
    assert len(await business.ask(overview.commands, limit=10_000)) == before + 1
    assert await settle(business, station, 1) == 3
    assert len(station.held) == 1101
    kept = [command.parameters for command, _ in await business.ask(overview.commands, limit=3)]
    assert [each["localAuthorizationList"] for each in kept] == ["100 tags", "500 tags", "500 tags"]


async def test_what_a_station_has_no_room_for_is_left_out_the_least_useful_first(business: Business) -> None:
    station = ListStation(per_message=2, most=4)
    await add(business, "A1", "A2")
    await add(business, "B1", "B2", blocked=True)
    await keep(business)
    await settle(business, station)
    assert set(station.held) == {TAG, "A1", "A2", "B2"}
    assert (await known(business)).left_out == 1
    await add(business, "A3", "A4")
    await settle(business, station)
    assert set(station.held) == {"A1", "A2", "A3", "A4"}
    assert not any(payload["updateType"] == "Full" for payload in station.received[1:])
    assert (await known(business)).left_out == 3


async def test_a_station_that_came_back_without_its_list_gets_it_whole(business: Business) -> None:
    station = ListStation()
    await add(business, "A1", "A2", "A3")
    await keep(business)
    await settle(business, station)
    for version, held in ((0, {}), (77, {"STALE": {"status": "Accepted"}}), (2**31 - 1, {"X": {"status": "Accepted"}})):
        station.version, station.held = version, dict(held)
        await business.do(effects.reported, business.station.id, Report("BootNotification"), after(1))
        await settle(business, station, 1)
        assert statuses(station) == dict.fromkeys((TAG, "A1", "A2", "A3"), "Accepted")
    await business.do(effects.reported, business.station.id, Report("BootNotification"), after(1))
    assert await settle(business, station, 1) == 2


async def test_versions_only_grow_also_for_a_station_that_compares_them_always(business: Business) -> None:
    station = ListStation(version=77, held={"STALE": {"status": "Accepted"}}, stubborn=True)
    await keep(business)
    await settle(business, station)
    assert (set(station.held), station.version) == ({TAG}, 78)


@pytest.mark.parametrize(("lost", "update"), [("offline", "Full"), ("request", "Differential")])
async def test_after_a_lost_answer_the_station_is_asked_what_it_holds(
    business: Business, lost: str, update: str
) -> None:
    station = ListStation()
    await keep(business)
    await settle(business, station)
    await add(business, "A1")
    await look(business)
    await deliver(business, station, lost=lost)
    await look(business)
    asked = await deliver(business, station)
    assert asked is not None
    assert asked.kind is CommandKind.GET_LOCAL_LIST_VERSION
    await settle(business, station)
    assert station.received[-1]["updateType"] == update
    assert set(station.held) == {TAG, "A1"}


async def test_a_difference_that_is_refused_is_followed_by_a_full_list(business: Business) -> None:
    station = ListStation()
    await keep(business)
    await settle(business, station)
    station.version = 40
    await add(business, "A1")
    await settle(business, station)
    assert [message["updateType"] for message in station.received[-2:]] == ["Differential", "Full"]
    assert set(station.held) == {TAG, "A1"}


@pytest.mark.parametrize(
    ("changes", "trouble", "again_after"),
    [
        ({"profiles": "Core"}, "lack LocalAuthListManagement", 61),
        ({"enabled": "False"}, "LocalAuthListEnabled is false", 61),
        ({"version": -1}, "keeps no local list", 60 * 24 + 1),
        ({"version": "many"}, "keeps no local list", 60 * 24 + 1),
        ({"most": 0}, "could not store the list: it answered Failed", 61),
    ],
)
async def test_a_station_that_takes_no_list_is_left_alone_for_a_while(
    business: Business, changes: dict[str, Any], trouble: str, again_after: float
) -> None:
    station = ListStation(**changes)
    await keep(business)
    await settle(business, station)
    assert trouble in str((await known(business)).trouble)
    await add(business, "A1")
    assert await settle(business, station, again_after - 2) == 0
    cured = ListStation()
    await settle(business, cured, again_after)
    assert set(cured.held) == {TAG, "A1"}
    assert (await known(business)).trouble is None


async def test_a_station_smaller_than_it_says_is_not_sent_the_list_for_ever(business: Business) -> None:
    station = ListStation(per_message=2, most=50)
    await add(business, *(f"A{n}" for n in range(4)))
    await keep(business)
    await look(business)
    await deliver(business, station)
    station.most = 3
    assert await settle(business, station) < 10
    assert "could not store" in str((await known(business)).trouble)


async def test_a_limit_that_is_not_told_is_taken_as_one(business: Business) -> None:
    station = ListStation(per_message=0)
    await add(business, "A1", "A2")
    await keep(business)
    await settle(business, station)
    assert [len(message["localAuthorizationList"]) for message in station.received] == [1, 1, 1]


async def test_what_an_operator_sends_by_hand_is_put_right(business: Business) -> None:
    station = ListStation()
    await keep(business)
    await settle(business, station)
    entry = {"idTag": "GUEST", "idTagInfo": {"status": "Accepted"}}
    by_hand = {"listVersion": 2**31 - 1, "updateType": "Differential", "localAuthorizationList": [entry]}
    await play(business, CommandKind.SEND_LOCAL_LIST, by_hand, station.answer("SendLocalList", by_hand))
    assert set(station.held) == {TAG, "GUEST"}
    await settle(business, station)
    assert set(station.held) == {TAG}
    assert station.version == 1


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_is_lost_on_the_way_the_list_ends_in_step(business: Business, seed: int) -> None:
    """Requests and answers get lost, the station boots or loses its list, tags change meanwhile."""
    chance, station = random.Random(seed), ListStation(per_message=2, most=6)
    await keep(business)
    minute = 0.0
    for number in range(25):
        minute += 15
        what = chance.randrange(8)
        if what == 0:
            station.version, station.held = 0, {}
        if what in (0, 1):
            await business.do(effects.reported, business.station.id, Report("BootNotification"), after(minute))
        elif what < 4:
            await add(business, f"N{number}", blocked=chance.random() < 0.3)
        elif what == 4:
            await business.do(tags.block, OURS, TAG, after(minute), blocked=chance.random() < 0.5)
        await look(business, minute)
        for _ in range(chance.randrange(4)):
            await deliver(business, station, minute, chance.choice(["", "", "request", "silent", "offline", "unknown"]))
    for hour in (25, 26):
        await settle(business, station, minute + hour * 60)
    found = await known(business)
    assert (found.trouble, found.held, found.version) == (None, station.held, station.version if station.held else 0)
    assert len(station.held) == 6 or found.left_out == 0
    everything = await business.ask(tag_rows.every_tag, business.station.organisation_id)
    assert len(station.held) + found.left_out == len(everything)
    blocked = {each.id_tag for each in everything if each.blocked}
    assert {id_tag for id_tag, status in statuses(station).items() if status == "Blocked"} == blocked & set(
        station.held
    )
