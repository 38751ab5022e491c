"""Reset: what is refused meanwhile, and a Hard reset that fails: tried again, told as a warning, and worked on."""

import json
import sys
from pathlib import Path

import pytest

from edge.app import Restarted
from edge.core import events as ev
from edge.core.values import Status, StatusReport, StopReason
from edge.rebooting import rebooted
from tests.edge.central import Central
from tests.edge.scene import TAG, Scene
from tests.edge.workshop import Workshop, workshop


def command(folder: Path, status: int) -> tuple[str, ...]:
    """A command that notes that it ran, and ends with this status."""
    return sys.executable, "-c", f"print(file=open({str(folder / 'ran')!r}, 'a')); raise SystemExit({status})"


def runs(folder: Path) -> int:
    return (folder / "ran").read_text().count("\n")


def settings(words: tuple[str, ...]) -> str:
    return f"[station]\nhard_reset = {json.dumps(words)}\n"


async def test_a_hard_reset_that_fails_is_tried_again_then_told_and_the_station_works_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = settings(command(tmp_path, 1))
    async with Central().running() as central, workshop(tmp_path, central, capsys, more) as shop:
        await central.expect("StatusNotification", connectorId=2)
        await central.call("ChangeConfiguration", key="ResetRetries", value="1")
        await shop.charging()
        assert await central.call("Reset", type="Hard") == {"status": "Accepted"}
        assert (await central.expect("StopTransaction"))["reason"] == "HardReset"
        told = await central.expect("StatusNotification", connectorId=0)
        assert (told["status"], told["errorCode"]) == ("Available", "ResetFailure")
        assert told["info"] == f"{Path(sys.executable).name} ended with status 1"
        assert runs(tmp_path) == 2
        assert any("the station works on" in line for line in shop.lines)
        await _charges_again(shop)


async def _charges_again(shop: Workshop) -> None:
    assert await shop.ask("tap", TAG, "--connector", "2") == (0, "card …E5F6 presented\n", "")
    shop.arrive(2)
    await shop.central.expect("StatusNotification", connectorId=2, status="Charging")


async def test_a_hard_reset_runs_the_command_once_and_the_agent_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = settings(command(tmp_path, 0))
    async with Central().running() as central, workshop(tmp_path, central, capsys, more) as shop:
        await central.expect("StatusNotification", connectorId=2)
        await central.call("Reset", type="Hard")
        ended = await shop.ended()
        assert isinstance(ended, ExceptionGroup)
        assert [str(error) for error in ended.exceptions if isinstance(error, Restarted)] == ["hard"]
        assert runs(tmp_path) == 1


async def test_a_soft_reset_leaves_the_hardware_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = settings(command(tmp_path, 0))
    async with Central().running() as central, workshop(tmp_path, central, capsys, more) as shop:
        await central.expect("StatusNotification", connectorId=2)
        await central.call("Reset", type="Soft")
        assert isinstance(await shop.ended(), ExceptionGroup)
        assert not (tmp_path / "ran").exists()


async def test_a_command_that_is_not_there_is_a_failure_in_words() -> None:
    said: list[str] = []
    missing = "/a/folder/with/a/rather/long/name/no-such-command"
    assert await rebooted((missing,), 0, said.append) == "no-such-command: No such file or directory"
    assert said == ["hard reset, attempt 1 of 1: no-such-command: No such file or directory"]


async def test_a_command_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.rebooting.LONGEST_S", 0.1)
    assert await rebooted(("sleep", "60"), 0, print) == "sleep does not end"


def test_while_a_reset_is_under_way_nothing_starts_and_a_card_is_told_why() -> None:
    scene = Scene()
    scene.disk_is_slow = True
    scene.reset(hard=True)
    scene.present(TAG)
    scene.remote_start(1, TAG)
    scene.slow_disk(False)
    assert scene.reply() == "Rejected"
    assert scene.shown().text == "The charger is about to restart"
    assert scene.connector().grant is None


def test_the_warning_stands_until_the_next_reset_is_asked_for() -> None:
    scene = Scene()
    scene.loop.take(ev.ResetAsked(scene.now(), scene.request(), True))
    scene.happen(ev.ResetFailed(scene.now(), "reboot ended with status 1"))
    warning = StatusReport(Status.AVAILABLE, "ResetFailure", "reboot ended with status 1")
    assert scene.reports(0)[-1].report == warning
    scene.happen(ev.WentOnline(scene.now()))
    assert scene.reports(0)[-1].report == warning
    scene.loop.take(ev.ResetAsked(scene.now(), scene.request(), True))
    assert scene.loop.station.report == StatusReport(Status.AVAILABLE)
    assert scene.loop.station.resetting


@pytest.mark.parametrize("hard", [True, False])
def test_a_reset_does_not_wait_for_a_silent_meter_which_may_need_it(hard: bool) -> None:
    scene = Scene()
    scene.charge()
    scene.meter(1, False)
    scene.advance(5_000)
    scene.loop.take(ev.ResetAsked(scene.now(), scene.request(), hard))
    scene.advance(15_000)
    scene.loop.take(ev.ResetAsked(scene.now(), scene.request(), hard))
    assert scene.restarts() == []
    scene.advance(10_000)
    assert scene.restarts() == [hard]
    scene.meter(1, True)
    scene.crash()
    scene.advance(5_000)
    assert scene.stop().reason is (StopReason.HARD_RESET if hard else StopReason.SOFT_RESET)
    assert scene.stop().meter_stop_wh == scene.outlets[1].register_wh
