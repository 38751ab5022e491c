"""Each rule of the diagnosis sees what stations do wrong with the running server, and nothing in a good session."""

from collections.abc import AsyncIterator, Mapping

import pytest

from cloud.domain.diagnosis import RULES, Rule, clocks, commands, connections, meters, sessions, tags
from cloud.ocpp import journal
from cloud.services import stations
from tests.cloud.ocpp.central import Running, running
from tests.cloud.ocpp.conftest import furnish
from tests.cloud.ocpp.scenes import (
    Play,
    Stage,
    a_clock_ahead,
    a_clock_behind,
    a_fault,
    a_flickering_status,
    a_good_session,
    a_meter_that_falls,
    a_no,
    a_start_twice,
    a_stop_from_elsewhere,
    a_stop_of_anothers_session,
    a_stop_without_number,
    a_stranger,
    a_stranger_charges,
    an_answer_to_nothing,
    an_error,
    an_offline_session,
    an_outage,
    booted,
    coffee,
    four_connections,
    half_a_frame,
    heartbeat_first,
    no_stop,
    only_voltage,
    silence,
    three_boots,
    two_starts,
)
from tests.ours import OURS

SCENES: Mapping[Rule, list[tuple[Play, str]]] = {
    connections.reboots: [(booted(three_boots), "booted 3 times within 30 minutes")],
    connections.flaps: [(four_connections, "connected 4 times within 10 minutes")],
    connections.speaks_before_boot: [(heartbeat_first, "sent 1 message (Heartbeat) before its BootNotification")],
    connections.unreadable: [(booted(half_a_frame), "1 frames that cannot be read: not readable as JSON")],
    connections.unasked: [(booted(an_answer_to_nothing), "1 answers to nothing that was asked")],
    connections.floods: [(booted(a_flickering_status), "32 StatusNotifications within a minute")],
    connections.refused_by_us: [(booted(coffee), "The charger's MakeCoffee was refused 2 times: NotImplemented")],
    connections.not_answered_by_us: [(an_outage, "did not answer 1 message (Heartbeat) before the connection ended")],
    clocks.wrong: [
        (booted(a_clock_ahead), "clock is 3 hours ahead"),
        (booted(a_clock_behind), "clock is 365 days behind"),
    ],
    clocks.late: [(booted(an_offline_session), "2 reports late, up to 3 hours after they happened")],
    sessions.unknown_stop: [(booted(a_stop_from_elsewhere), "a stop for session 424242, which it never started")],
    sessions.number_not_learnt: [(booted(a_stop_without_number), "never got the answer to its start")],
    sessions.not_its_own: [(a_stop_of_anothers_session, "which belongs to owner")],
    sessions.repeated: [(booted(a_start_twice), "sent the same start 2 times")],
    sessions.two_at_once: [(booted(two_starts), "Connector 1 has 2 open sessions")],
    sessions.not_stopped: [(booted(no_stop), "but its connector 1 is reported as Available")],
    tags.refused: [(booted(a_stranger), "The tag STRA**** is not known here")],
    tags.charges_all_the_same: [(booted(a_stranger_charges), "delivered 2000 Wh to a tag that was refused (Invalid)")],
    meters.no_energy: [(booted(only_voltage), "1 MeterValues of the charger say nothing of the energy register")],
    meters.went_back: [(booted(a_meter_that_falls), "connector 1 went back from 5000 Wh to 3000 Wh")],
    meters.faulted: [(booted(a_fault), "Connector 1 reported a fault: GroundFailure, E17, RCD")],
    commands.unanswered: [(booted(silence), "did not answer 1 of 1 commands (ClearCache)")],
    commands.rejected: [(booted(a_no), "answered ChangeConfiguration with NotSupported")],
    commands.refused_by_station: [(booted(an_error), "refused GetLocalListVersion with an error")],
}


@pytest.fixture
async def server(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setattr(journal, "EVERY_S", 0.02)
    async with running(database_url, call_timeout_s=0.5, probe_interval_s=60) as server:
        await furnish(server)
        yield server


async def stage(server: Running, identity: str) -> Stage:
    _, key = await server.write(stations.add, OURS, identity, "", 2)
    return Stage(server, identity, key)


async def test_every_rule_sees_its_scene(server: Running, subtests: pytest.Subtests) -> None:
    assert set(SCENES) | {connections.slow} == set(RULES)
    for number, (rule, (play, sentence)) in enumerate((rule, one) for rule, all in SCENES.items() for one in all):
        with subtests.test(rule=rule.__name__):
            on_it = await stage(server, f"scene-{number}")
            await play(on_it)
            found = await on_it.findings()
            assert [what for what in found if sentence in what] != [], found


async def test_nothing_stands_out_in_a_good_session(server: Running) -> None:
    on_it = await stage(server, "good-1")
    await booted(a_good_session)(on_it)
    assert await on_it.findings() == []


async def test_a_clock_that_is_behind_is_not_taken_for_late_reports(server: Running) -> None:
    on_it = await stage(server, "behind-1")
    await booted(a_clock_behind)(on_it)
    assert await on_it.findings() == ["The charger's clock is 365 days behind."]


async def test_slow_answers_are_told(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real wait of seconds would tell no more: the limit is lowered."""
    on_it = await stage(server, "slow-1")
    await booted(a_good_session)(on_it)
    monkeypatch.setattr(connections, "SLOW_MS", 0)
    found = await on_it.findings()
    assert [what for what in found if what.startswith("The charger took up to")] != []
    assert [what for what in found if what.startswith("The central system took up to")] != []
