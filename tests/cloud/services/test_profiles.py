"""Charging profiles: what stations hold, as far as their answers tell."""

from typing import Any

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.domain.profiles import Installed, clears, replaces
from cloud.services import commands, profiles
from cloud.services.errors import NotFound, NotNow
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.cloud.services.asking import answer, play

MAX, DEFAULT, TX = "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"


def profile(purpose: str = DEFAULT, level: int = 0, **more: Any) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.1}]}
    common = {"chargingProfileKind": "Relative", "chargingSchedule": schedule}
    return {"chargingProfilePurpose": purpose, "stackLevel": level, **common, **more}


async def set_(business: Business, connector: int, profile: dict[str, Any], said: str = "Accepted") -> int:
    """Its id."""
    place = (business.station.id, connector, profile, None, after(1))
    command = await business.do(profiles.ask, *place)
    await answer(business, command, {"status": said}, 1)
    return int(command.parameters["csChargingProfiles"]["chargingProfileId"])


async def held(business: Business) -> list[int]:
    return [each.profile["chargingProfileId"] for each in await business.ask(profiles.installed, business.station.id)]


async def test_what_is_accepted_is_held_and_takes_the_place_of_its_like(business: Business) -> None:
    default, ceiling = await set_(business, 1, profile()), await set_(business, 0, profile(MAX))
    other = await set_(business, 2, profile())
    assert await held(business) == [ceiling, default, other]
    await set_(business, 1, profile(level=1), "Rejected")
    newer = await set_(business, 1, profile())
    assert await held(business) == [ceiling, newer, other]
    await set_(business, 1, profile(level=7, chargingProfileId=other))
    assert await held(business) == [ceiling, newer, other]
    assert {default, ceiling, other, newer} == {1, 2, 3, 4}


async def test_a_sessions_profile_names_it_and_ends_with_it(business: Business) -> None:
    with pytest.raises(NotNow, match="no session runs on connector 1"):
        await set_(business, 1, profile(TX))
    start = await business.start()
    await set_(business, 1, profile(TX))
    (found,) = await business.ask(profiles.installed, business.station.id)
    assert found.profile["transactionId"] == start.transaction_id
    await business.stop(start.transaction_id, 5, 1500)
    assert await held(business) == []


async def test_the_profile_of_a_remote_start_becomes_its_sessions(business: Business) -> None:
    own = profile(TX, chargingProfileId=9)
    payload = {"connectorId": 1, "idTag": TAG, "chargingProfile": own}
    command = await play(business, CommandKind.REMOTE_START, payload)
    assert await held(business) == []
    start = await business.start(0.5)
    assert (await business.ask(commands.by_id, command.id)).state is Step.SESSION_STARTED
    (found,) = await business.ask(profiles.installed, business.station.id)
    assert (found.connector, found.profile) == (1, own | {"transactionId": start.transaction_id})


async def test_clearing(business: Business) -> None:
    ids = [await set_(business, connector, profile(level=level)) for connector in (1, 2) for level in (0, 1)]
    clear = CommandKind.CLEAR_CHARGING_PROFILE
    await play(business, clear, {"connectorId": 1, "stackLevel": 0}, minute=2)
    assert await held(business) == ids[1:]
    await play(business, clear, {"id": ids[1], "connectorId": 2}, {"status": "Unknown"}, 2)
    assert await held(business) == ids[2:]
    await play(business, clear, {}, {"status": "Rejected"}, 2)
    assert await held(business) == ids[2:]
    await play(business, clear, {}, minute=2)
    assert await held(business) == []


async def test_nobody_sets_profiles_nowhere(business: Business) -> None:
    with pytest.raises(NotFound):
        await business.do(profiles.ask, 99, 1, profile(), None, after(0))


HELD = Installed(1, 2, profile(DEFAULT, 3, chargingProfileId=4), NOON)
CLEARS: tuple[tuple[dict[str, Any], bool], ...] = (
    ({}, True),
    ({"id": 4}, True),
    ({"id": 5}, False),
    ({"id": 5, "connectorId": 2}, False),
    ({"connectorId": 2}, True),
    ({"connectorId": 0}, False),
    ({"chargingProfilePurpose": DEFAULT, "stackLevel": 3}, True),
    ({"chargingProfilePurpose": DEFAULT, "stackLevel": 2}, False),
)


def test_what_a_clearing_means() -> None:
    assert [clears(request, HELD) for request, _ in CLEARS] == [wanted for _, wanted in CLEARS]


def test_what_a_new_profile_replaces() -> None:
    assert replaces(1, profile(MAX, 9, chargingProfileId=4), HELD)
    assert replaces(2, profile(DEFAULT, 3, chargingProfileId=5), HELD)
    assert not replaces(1, profile(DEFAULT, 3, chargingProfileId=5), HELD)
    assert not replaces(2, profile(DEFAULT, 2, chargingProfileId=5), HELD)
    assert not replaces(2, profile(MAX, 3, chargingProfileId=5), HELD)
