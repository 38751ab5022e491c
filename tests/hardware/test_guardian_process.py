"""The guardian as a process at a real socket, its contactors in a world that is a process too."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hardware.errors import GuardianLost
from hardware.guardian import Cleared, Engaged, Released, Tripped
from hardware.guardian.events import WELCOME
from hardware.guardian_client import GuardianClient
from hardware.simulation.requests import Trip
from tests.hardware.benches import ProcessBench, plug, world_process
from tests.hardware.posts import (
    SHORT_LEASE_MS,
    SLACK_MS,
    Post,
    engaged,
    killed_or_stopped_at_random,
    living_agent,
    now_ms,
    on_duty,
)
from tests.hardware.running import running

STOP = "emergency_stop"


@pytest.fixture
def post(process_bench: ProcessBench, tmp_path: Path) -> Iterator[Post]:
    """A guardian that stays when its agent goes."""
    plug(process_bench)
    with on_duty(process_bench, tmp_path, "stay") as post:
        yield post


@pytest.fixture
def strict_post(process_bench: ProcessBench, tmp_path: Path) -> Iterator[Post]:
    """The same with a short lease."""
    plug(process_bench)
    with on_duty(process_bench, tmp_path, "stay", SHORT_LEASE_MS) as post:
        yield post


async def test_engages_releases_and_reports(post: Post) -> None:
    async with engaged(post) as (client, events):
        assert post.bench.truth().power_w == 11_000
        client.release(1)
        assert await anext(events) == Released(1, "asked")
        assert not post.bench.truth().conducts


async def test_a_lease_that_nobody_renews_lapses(strict_post: Post) -> None:
    before_ms = now_ms()
    async with engaged(strict_post) as (_, events):
        assert await anext(events) == Released(1, "lease")
        assert strict_post.released_within_ms(before_ms) >= SHORT_LEASE_MS


async def test_a_renewed_lease_lives_on(process_bench: ProcessBench, tmp_path: Path) -> None:
    with on_duty(process_bench, tmp_path, "stay", 3 * SHORT_LEASE_MS) as post:
        async with engaged(post) as (client, _):
            start_ms = now_ms()
            while now_ms() < start_ms + 4 * SHORT_LEASE_MS:
                client.renew()
                await asyncio.sleep(SHORT_LEASE_MS / 10_000)
            (conduction,) = process_bench.truth().conductions
            assert conduction.to_ms is None


def test_a_stopped_agent_is_released_within_its_lease_and_not_re_engaged_when_it_wakes(strict_post: Post) -> None:
    with living_agent(strict_post) as agent:
        agent.signal(signal.SIGSTOP)
        assert strict_post.released_within_ms(now_ms()) < SHORT_LEASE_MS + SLACK_MS
        agent.signal(signal.SIGCONT)
        agent.line_with("Released(connector=1, why='lease')")
        assert not strict_post.bench.truth().conducts


def test_agents_that_end_at_random_instants(strict_post: Post) -> None:
    random = Random(1)
    for _ in range(5):
        killed_or_stopped_at_random(strict_post, random)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_many_agents_that_end_at_random_instants(strict_post: Post) -> None:
    random = Random()
    for _ in range(100):
        killed_or_stopped_at_random(strict_post, random)


async def test_what_lay_in_the_socket_of_a_stopped_guardian_renews_nothing(strict_post: Post) -> None:
    async with engaged(strict_post) as (client, events):
        strict_post.process.signal(signal.SIGSTOP)
        client.renew()
        await asyncio.sleep(1.5 * SHORT_LEASE_MS / 1000)
        strict_post.process.signal(signal.SIGCONT)
        assert await anext(events) == Released(1, "lease")
        assert strict_post.released_within_ms(now_ms()) <= 0


def test_a_killed_agent_is_released_long_before_its_lease_ends(post: Post) -> None:
    with living_agent(post) as agent:
        agent.signal(signal.SIGKILL)
        assert post.released_within_ms(now_ms()) < SLACK_MS


async def test_a_trip_releases_and_refuses_until_it_clears(post: Post) -> None:
    async with engaged(post) as (client, events):
        client.renew()
        post.bench.do(Trip(post.bench.outlet, STOP))
        assert [await anext(events), await anext(events)] == [Tripped(STOP), Released(1, f"trip:{STOP}")]
        client.engage(1)
        assert await anext(events) == Released(1, f"trip:{STOP}")
        post.bench.do(Trip(post.bench.outlet, STOP, tripped=False))
        assert await anext(events) == Cleared(STOP)
        assert not post.bench.truth().conducts
        client.engage(1)
        assert await anext(events) == Engaged(1)


async def test_a_new_agent_is_told_what_is_tripped(post: Post) -> None:
    post.bench.do(Trip(post.bench.outlet, STOP))
    client = await GuardianClient.connect(post.path)
    assert await anext(client.events()) == Tripped(STOP)
    client.close()


async def test_the_newest_agent_wins_and_finds_everything_released(post: Post) -> None:
    async with engaged(post) as (_, old_events):
        newest = await GuardianClient.connect(post.path)
        assert await anext(old_events) == Released(1, "disconnected")
        with pytest.raises(GuardianLost):
            await anext(old_events)
        assert not post.bench.truth().conducts
        newest.engage(1)
        assert await anext(newest.events()) == Engaged(1)
        newest.close()


async def test_nonsense_ends_the_connection_and_releases(post: Post) -> None:
    async with engaged(post) as (_, events):
        reader, writer = await asyncio.open_unix_connection(post.path)
        writer.write(b"engage one\n")
        assert await reader.read() == WELCOME
        assert await anext(events) == Released(1, "disconnected")
        writer.close()


async def test_a_terminated_guardian_releases_and_its_client_learns_it(post: Post) -> None:
    async with engaged(post) as (client, events):
        post.process.signal(signal.SIGTERM)
        assert await anext(events) == Released(1, "stopped")
        with pytest.raises(GuardianLost):
            await anext(events)
        assert (post.process.ended(), post.path.exists()) == (0, False)
        assert not post.bench.truth().conducts
        with pytest.raises(GuardianLost):
            client.engage(1)


async def test_a_killed_guardian_drops_its_pins(post: Post) -> None:
    async with engaged(post):
        post.process.signal(signal.SIGKILL)
        assert post.released_within_ms(now_ms()) < SLACK_MS


def test_systemd_hears_that_it_lives(post: Post) -> None:
    assert post.systemd.hears() == "WATCHDOG=1"


async def test_without_stay_it_ends_with_its_agent(process_bench: ProcessBench, tmp_path: Path) -> None:
    with on_duty(process_bench, tmp_path, "leave") as post:
        async with engaged(post):
            pass
        await asyncio.to_thread(post.process.line_with, "guardian ended")
        assert (post.process.ended(), process_bench.truth().engaged) == (0, False)


def test_two_guardians_do_not_share_a_socket_and_the_second_disturbs_nothing(post: Post) -> None:
    arguments = ("-m", "tests.hardware.guardian_program", post.bench.world, str(post.path), "100", "stay")
    with living_agent(post):
        with running(*arguments, post.bench.outlet) as second:
            second.line_with("another guardian already serves")
            assert second.ended() == 1
        (conduction,) = post.bench.truth().conductions
        assert conduction.to_ms is None


def test_a_socket_that_cannot_be_made_is_a_clear_error(process_bench: ProcessBench, tmp_path: Path) -> None:
    arguments = ("-m", "tests.hardware.guardian_program", process_bench.world, str(tmp_path / "no" / "g.sock"))
    with running(*arguments, "100", "stay", process_bench.outlet) as guardian:
        guardian.line_with("the guardian cannot listen at")
        assert guardian.ended() == 1


def test_the_guardian_needs_nothing_but_the_standard_library() -> None:
    program = "import sys, hardware.guardian; print('loaded', sys.modules.keys() & {'msgspec', 'asyncio', 'pymodbus'})"
    with running("-c", program) as process:
        assert process.line_with("loaded") == "loaded set()"


async def test_a_socket_left_behind_is_taken_over(process_bench: ProcessBench, tmp_path: Path) -> None:
    with on_duty(process_bench, tmp_path, "stay") as post:
        post.process.signal(signal.SIGKILL)
        post.process.ended()
    (tmp_path / "notify.sock").unlink()
    with on_duty(process_bench, tmp_path, "stay") as post:
        async with engaged(post):
            pass


async def test_nobody_at_the_socket_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(GuardianLost, match="is it running"):
        await GuardianClient.connect(tmp_path / "none.sock", within_s=0.1)


def test_a_world_that_ends_is_survived(tmp_path: Path) -> None:
    with world_process("lab/1") as world:
        bench = ProcessBench(world, "lab/1")
        with on_duty(bench, tmp_path, "stay") as post, living_agent(post) as agent:
            world.process.signal(signal.SIGTERM)
            assert world.process.ended() == 0
            agent.line_with("Tripped(name='emergency_stop'")
            post.process.signal(signal.SIGTERM)
            assert post.process.ended() == 0
        bench.close()
