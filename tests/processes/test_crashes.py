"""Agents or the central system die or stand still at random instants: every session is billed once, exactly."""

import asyncio
from math import inf
from pathlib import Path
from random import Random

import pytest

from tests.processes.actors import Actor
from tests.processes.bench import LEASE_S, Bench, bench
from tests.processes.books import Books, settled
from tests.processes.people import Person

STATIONS = 4
VISIT_WH = 2_400
CHECKPOINTS = 10
RELEASED_WITHIN_MS = 300
counts = pytest.mark.parametrize(
    "sessions",
    [
        pytest.param(8, marks=pytest.mark.timeout(240)),
        pytest.param(50, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
    ],
)


async def misfortune(actor: Actor, random: Random) -> None:
    """The process dies and is started again at once, as systemd would; or it stands still for a while."""
    async with actor.suffering:
        if random.random() < 0.5:
            await actor.die()
            await actor.enter()
        else:
            actor.freeze()
            await asyncio.sleep(random.uniform(0.1, 3 * LEASE_S))
            actor.thaw()


async def visit(person: Person, victim: Actor, random: Random) -> None:
    """One charging session; at a random amount of energy its victim meets with a misfortune."""
    person.arrive()
    await person.begin()
    fatal_wh = random.randrange(VISIT_WH)
    await person.has(fatal_wh)
    await asyncio.gather(misfortune(victim, random), person.leave(VISIT_WH))


def check_sessions(read: Books, at_least: int) -> None:
    long = [session for session in read.sessions if read.samples.get(session.id, 0) >= CHECKPOINTS]
    assert len(long) >= at_least


def check_leases(on_stage: Bench) -> None:
    """No contactor conducted while its agent had been gone for longer than the lease."""
    for agent, actor in zip(on_stage.stations, on_stage.agents, strict=True):
        conductions = on_stage.look(agent.outlet).conductions
        assert conductions
        for gone_ms, back_ms in actor.lifeless_ms:
            forbidden = (gone_ms + LEASE_S * 1000 + RELEASED_WITHIN_MS, back_ms or inf)
            assert [one for one in conductions if overlap((one.real_from_ms, one.real_to_ms or inf), forbidden)] == []


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


async def days(on_stage: Bench, sessions: int, victims: list[Actor]) -> Books:
    """So many sessions in all, at every station one after the other; the books once they are settled."""
    random = Random(sessions)

    async def day(number: int) -> None:
        for _ in range(-(-sessions // STATIONS)):
            await visit(on_stage.person(number), victims[number - 1], random)

    await asyncio.gather(*(day(number) for number in range(1, STATIONS + 1)))
    return await settled(on_stage.url, on_stage.delivered_wh(), sessions)


@counts
async def test_agents_die_and_stand_still(tmp_path: Path, sessions: int) -> None:
    async with bench(tmp_path, STATIONS) as on_stage:
        read = await days(on_stage, sessions, on_stage.agents)
        read.check(on_stage.delivered_wh())
        check_sessions(read, sessions)
        check_leases(on_stage)


@counts
async def test_the_central_system_dies_and_stands_still(tmp_path: Path, sessions: int) -> None:
    async with bench(tmp_path, STATIONS) as on_stage:
        read = await days(on_stage, sessions, [on_stage.cloud] * STATIONS)
        read.check(on_stage.delivered_wh())
        check_sessions(read, sessions)
