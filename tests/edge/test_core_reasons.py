"""Every refusal and every state has its reason in one sentence: in the log, in StatusNotification, on the display."""

from collections.abc import Callable

import pytest

from edge.core import events as ev
from edge.core.effects import Reply, Report, Say
from edge.core.values import Status, StatusReport, StopReason, TagInfo, TagStatus, Vehicle
from tests.edge.scene import BAD, OTHER, TAG, Scene


class Heard(Scene):
    """A scene whose log is read."""

    def log(self) -> list[str]:
        return [effect.text for effect in self.performed if isinstance(effect, Say)]

    def refusals(self) -> list[str]:
        return [effect.text for effect in self.performed if isinstance(effect, Say) and effect.refusal]


def locked_list(scene: Scene) -> None:
    scene.knows(BAD, TagInfo(TagStatus.BLOCKED))
    scene.online(False)
    scene.tap(BAD)


def out_of_service(scene: Scene) -> None:
    scene.availability(1, False)
    scene.present(TAG)


def door(scene: Scene) -> None:
    scene.trip("door")
    scene.remote_start(1, TAG)


def another_card(scene: Scene) -> None:
    scene.charge()
    scene.present(OTHER)


def restarting(scene: Scene) -> None:
    scene.loop.take(ev.ResetAsked(scene.now(), scene.request(), False))
    scene.loop.take(ev.RemoteStartAsked(scene.now(), scene.request(), TAG, None))
    scene.flush()


def ending(scene: Scene) -> None:
    scene.charge()
    scene.loop.take(ev.TagTapped(scene.now(), TAG, (1,)))
    scene.loop.take(ev.TagTapped(scene.now(), OTHER, (1,)))
    scene.flush()


def refused(scene: Scene) -> None:
    scene.configure("StopTransactionOnInvalidId", "false")
    scene.configure("LocalPreAuthorize", "true")
    scene.knows(BAD)
    scene.see(1, Vehicle.ASKING)
    scene.tap(BAD)
    scene.advance(5_000)
    scene.deliver_all()


def silent(scene: Scene) -> None:
    scene.meter(1, False)
    scene.advance(5_000)
    scene.happen(ev.MeterValuesAsked(scene.now(), scene.request(), None))


REFUSALS: dict[str, tuple[Callable[[Scene], None], str]] = {
    "a card the central system refuses": (
        lambda scene: scene.tap(BAD),
        "card …: The central system says of the card: Invalid",
    ),
    "a card known to be bad": (locked_list, "card …: the card was refused earlier, and the central system cannot"),
    "a card at a connector out of service": (out_of_service, "card …E5F6: The operator has taken this charger out"),
    "a card while another charges": (another_card, "card …AABB: Another card is charging here"),
    "a remote start at a faulty connector": (door, "remote start on connector 1 rejected: The housing is open"),
    "a remote start during a reset": (restarting, "remote start on any connector rejected: The charger is about to"),
    "a remote start at no connector": (
        lambda scene: scene.remote_start(7, TAG),
        "remote start on connector 7 rejected: There is no such connector",
    ),
    "a remote stop of nothing": (lambda s: s.remote_stop(9), "remote stop rejected: transaction 9 does not run here"),
    "a stop of nothing": (
        lambda scene: scene.happen(ev.StopAsked(scene.now(), scene.request(), 1)),
        "connector 1: stop rejected, no session runs there",
    ),
    "availability of no connector": (
        lambda scene: scene.availability(7, False),
        "change of availability rejected: there is no connector 7",
    ),
    "an unlock without a lock": (lambda scene: scene.unlock(1), "connector 1: not unlocked, there is no lock"),
    "a value out of range": (lambda scene: scene.configure("ConnectionTimeOut", "-1"), "configuration: "),
    "an unknown key": (lambda scene: scene.configure("Colour", "red"), "configuration: "),
    "a number that is too long": (lambda scene: scene.present("X" * 21), "card …XXXX: A card's number has"),
    "no number": (lambda scene: scene.present(""), "card …: A card's number has 1 to 20 characters"),
    "a card while the last session ends": (ending, "card …AABB: The session here is just ending"),
    "a verdict that ends the session": (refused, "connector 1: the central system says of card …: Invalid"),
    "meter values of a silent meter": (silent, "meter values not sent: no meter answers"),
    "meter values of no connector": (
        lambda scene: scene.happen(ev.MeterValuesAsked(scene.now(), scene.request(), 7)),
        "meter values not sent: there is no connector 7",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_has_its_sentence(name: str) -> None:
    refuse, sentence = REFUSALS[name]
    scene = Heard()
    refuse(scene)
    (said,) = scene.refusals()
    assert said.startswith(sentence)
    assert TAG not in said


def test_nothing_is_rejected_without_a_refusal_in_the_log() -> None:
    """Whatever the reply, one that refuses comes with its sentence, in the same decision."""
    for refuse, _ in REFUSALS.values():
        scene = Heard()
        refuse(scene)
        refused = [e for e in scene.performed if isinstance(e, Reply) and e.status in ("Rejected", "NotSupported")]
        assert len(refused) <= len(scene.refusals())


def charging(scene: Scene) -> None:
    scene.charge()


def stopped(scene: Scene) -> None:
    scene.charge()
    scene.tap()
    scene.advance(3_000)


def full(scene: Scene) -> None:
    scene.charge()
    scene.see(1, Vehicle.CONNECTED)


def nobody_came(scene: Scene) -> None:
    scene.see(1, Vehicle.CONNECTED)
    scene.advance(62_000)


def kept_without_car(scene: Scene) -> None:
    scene.configure("StopTransactionOnEVSideDisconnect", "false")
    scene.charge()
    scene.see(1, Vehicle.ABSENT)


STATES: dict[str, tuple[Callable[[Scene], None], StatusReport]] = {
    "plugged": (lambda s: s.see(1, Vehicle.CONNECTED), StatusReport(Status.PREPARING, info="Present a card")),
    "granted": (lambda s: s.tap(), StatusReport(Status.PREPARING, info="Connect the car")),
    "charging": (charging, StatusReport(Status.CHARGING)),
    "full": (full, StatusReport(Status.SUSPENDED_EV, info="The car does not ask for energy")),
    "no car": (kept_without_car, StatusReport(Status.SUSPENDED_EV, info="EV side disconnected")),
    "refused": (refused, StatusReport(Status.SUSPENDED_EVSE, info="The central system says of the card: Invalid")),
    "stopped": (stopped, StatusReport(Status.FINISHING, info="Stopped at the charger")),
    "nobody came": (nobody_came, StatusReport(Status.FINISHING, info="No card was presented in time")),
    "out of service": (
        lambda s: s.availability(1, False),
        StatusReport(Status.UNAVAILABLE, info="The operator has taken it out of service"),
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_its_reason_and_a_line_in_the_log(name: str) -> None:
    reach, report = STATES[name]
    scene = Heard()
    reach(scene)
    assert scene.reports()[-1].report == report
    assert f"connector 1: {report.status}{': ' if report.info else ''}{report.info}" in scene.log()


def test_a_fault_is_logged_with_its_code() -> None:
    scene = Heard()
    scene.trip("ground_fault")
    assert "connector 1: Faulted (GroundFailure): The residual-current device has tripped" in scene.log()
    assert "station: Faulted (GroundFailure): The residual-current device has tripped" in scene.log()


def test_the_sentence_of_a_state_is_not_told_again_when_only_the_sentence_changes() -> None:
    scene = Heard()
    scene.see(1, Vehicle.CONNECTED)
    told = len(scene.reports())
    scene.present(TAG)
    scene.advance(1_000)
    assert scene.connector().output.report == StatusReport(Status.PREPARING, info="Checking the card")
    assert len(scene.reports()) == told


def test_a_suspension_is_told_again_when_its_reason_changes() -> None:
    scene = Heard(StopTransactionOnEVSideDisconnect="false")
    full(scene)
    scene.see(1, Vehicle.ABSENT)
    suspended = [e.report.info for e in scene.performed if isinstance(e, Report) and e.connector == 1][-2:]
    assert suspended == ["The car does not ask for energy", "EV side disconnected"]


def test_a_finished_connector_forgets_why_when_the_car_leaves() -> None:
    scene = Heard(ConnectionTimeOut=10)
    stopped(scene)
    assert scene.connector().ended is StopReason.LOCAL
    scene.see(1, Vehicle.ABSENT)
    scene.see(1, Vehicle.CONNECTED)
    scene.advance(12_000)
    assert scene.reports()[-1].report.info == "No card was presented in time"
