"""Several faults at once: each is told once, the gravest stands, and what was underneath comes back (TC_041)."""

import pytest

from edge.core import events as ev
from edge.core.effects import Report
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.reports import ENDED, is_news
from edge.core.values import Status, StatusReport, StopReason, TagInfo, TagStatus, Vehicle
from tests.edge.scene import BAD, OTHER, TAG, Scene, moved

DOOR = StatusReport(Status.FAULTED, "OtherError", "The housing is open")
METER = StatusReport(Status.FAULTED, "PowerMeterFailure", "The meter is silent")
LOCK = StatusReport(Status.FAULTED, "ConnectorLockFailure", "The bolt is stuck")
GROUND = StatusReport(Status.FAULTED, "GroundFailure", "The residual-current device has tripped")
HOT = StatusReport(Status.FAULTED, "HighTemperature", "The charger is too hot")
AVAILABLE = StatusReport(Status.AVAILABLE)


class Listened(Scene):
    """A scene that is listened to."""

    def told(self, connector: int = 1) -> list[StatusReport]:
        """What was told of a connector since the last look."""
        heard, self.performed = self.performed, []
        return [e.report for e in heard if isinstance(e, Report) and e.connector == connector]


def test_tc_041_a_fault_refuses_every_start_and_lets_go_of_the_energy_until_it_clears() -> None:
    scene = Listened()
    scene.trip("door")
    assert scene.reports()[-1].report == DOOR
    scene.see(1, Vehicle.ASKING)
    scene.present(TAG)
    scene.remote_start(1, TAG)
    scene.advance(5_000)
    assert (scene.asked, scene.reply(), scene.facts(SessionStarted)) == ([], "Rejected", [])
    scene.clear("door")
    scene.tap(TAG)
    scene.advance(5_000)
    scene.trip("door")
    assert not scene.outlets[1].closed
    scene.clear("door")
    scene.advance(5_000)
    assert scene.outlets[1].closed
    assert moved(scene.statuses()) == "Available Faulted Preparing Charging Faulted Charging"


def test_a_graver_fault_is_told_and_stands_the_lesser_follows_when_it_clears() -> None:
    scene = Listened()
    scene.charge()
    scene.told()
    scene.meter(1, False)
    scene.advance(2_000)
    scene.trip("door")
    assert scene.told() == [METER, DOOR]
    scene.clear("door")
    assert scene.told() == [METER]
    scene.meter(1, True)
    scene.advance(5_000)
    assert [report.status for report in scene.told()] == [Status.CHARGING]


def test_a_lesser_fault_is_told_once_and_the_gravest_again_after_it() -> None:
    scene = Listened()
    scene.trip("door")
    scene.told()
    scene.meter(1, False)
    scene.advance(10_000)
    assert scene.told() == [METER, DOOR]
    scene.meter(1, True)
    scene.advance(3_000)
    assert scene.told() == []
    scene.clear("door")
    assert scene.told() == [AVAILABLE]


def test_faults_that_arise_together_are_told_from_the_least_to_the_gravest() -> None:
    scene = Listened(lock=True)
    scene.happen(ev.LockFailed(scene.now(), 1, "The bolt is stuck"))
    scene.trip("temperature")
    scene.trip("ground_fault")
    scene.told()
    scene.happen(ev.WentOnline(scene.now()))
    assert scene.told() == [GROUND]
    scene.clear("ground_fault")
    assert scene.told() == [HOT]
    scene.clear("temperature")
    assert scene.told() == [LOCK]


def test_a_fault_whose_sentence_changes_is_told_once() -> None:
    scene = Listened()
    scene.told()
    for second in range(5):
        scene.happen(ev.MeterFailed(scene.now(), 1, f"silent for {second} s"))
    assert [report.info for report in scene.told()] == ["silent for 0 s"]


def test_a_fault_that_clears_and_returns_is_told_again() -> None:
    scene = Listened()
    scene.told()
    for _ in range(2):
        scene.trip("door")
        scene.clear("door")
    assert scene.told() == [DOOR, AVAILABLE, DOOR, AVAILABLE]


@pytest.mark.parametrize(("name", "report"), [("door", DOOR), ("ground_fault", GROUND), ("temperature", HOT)])
def test_a_trip_input_faults_connector_0_too(name: str, report: StatusReport) -> None:
    scene = Listened()
    scene.told(0)
    scene.trip(name)
    assert scene.told(0) == [report]
    scene.availability(0, False)
    assert scene.told(0) == []
    scene.clear(name)
    assert [(r.status, r.error_code) for r in scene.told(0)] == [(Status.UNAVAILABLE, "NoError")]


def test_a_fault_of_one_connector_is_none_of_the_station_or_of_the_other() -> None:
    scene = Listened(connectors=2)
    scene.meter(1, False)
    scene.advance(2_000)
    assert (scene.status(0), scene.status(1), scene.status(2)) == (Status.AVAILABLE, Status.FAULTED, Status.AVAILABLE)


@pytest.mark.parametrize(
    ("before", "under"),
    [
        ("nothing", Status.AVAILABLE),
        ("plugged", Status.PREPARING),
        ("granted", Status.PREPARING),
        ("charging", Status.CHARGING),
        ("full", Status.SUSPENDED_EV),
        ("refused", Status.SUSPENDED_EVSE),
        ("finished", Status.FINISHING),
        ("out_of_service", Status.UNAVAILABLE),
    ],
)
def test_what_was_underneath_comes_back(before: str, under: Status) -> None:
    scene = Listened(StopTransactionOnInvalidId="false", AllowOfflineTxForUnknownId="true")
    _brought(scene, before)
    assert scene.status() is under
    scene.trip("door")
    assert scene.status() is Status.FAULTED
    scene.advance(3_000)
    scene.clear("door")
    scene.advance(3_000)
    assert scene.statuses()[-2:] == [Status.FAULTED, under]


def _brought(scene: Scene, to: str) -> None:
    if to in ("charging", "full", "finished"):
        scene.charge()
    match to:
        case "plugged":
            scene.see(1, Vehicle.CONNECTED)
        case "granted":
            scene.tap()
        case "full":
            scene.see(1, Vehicle.CONNECTED)
        case "finished":
            scene.tap()
            scene.advance(5_000)
        case "refused":
            scene.online(False)
            scene.charge(tag=BAD)
            scene.online(True)
            scene.deliver_all()
        case "out_of_service":
            scene.availability(1, False)


def test_tc_032_1_when_the_mains_fail_sessions_stop_with_power_loss_before_the_station_goes_down() -> None:
    scene = Listened(connectors=2)
    scene.charge(1)
    scene.told()
    scene.trip("mains")
    scene.advance(2_000)
    assert scene.stop().reason is StopReason.POWER_LOSS
    assert scene.statuses(0) == []
    assert scene.told() == [StatusReport(Status.FINISHING, info="The mains have failed")]
    scene.tap(OTHER, (2,))
    assert scene.shown(2).text == "The mains have failed"
    assert scene.asked == []
    scene.clear("mains")
    scene.advance(5_000)
    assert len(scene.facts(SessionStopped)) == 1
    assert not scene.outlets[1].closed


def test_a_listed_card_that_the_central_system_refuses_is_a_conflict_until_it_is_accepted() -> None:
    scene = Listened(LocalPreAuthorize="true")
    scene.knows(BAD)
    scene.told(0)
    scene.see(1, Vehicle.ASKING)
    scene.tap(BAD)
    scene.advance(5_000)
    scene.deliver_all()
    conflict = StatusReport(Status.AVAILABLE, "LocalListConflict", "The local list has card …, now refused")
    assert scene.told(0) == [conflict]
    scene.see(1, Vehicle.ABSENT)
    scene.advance(5_000)
    scene.office.verdicts[BAD] = TagInfo(TagStatus.ACCEPTED)
    scene.charge(tag=BAD)
    assert scene.told(0) == [AVAILABLE]


def test_a_conflict_is_over_when_the_entry_changes() -> None:
    scene = Listened()
    scene.knows(BAD)
    scene.tap(BAD)
    assert scene.reports(0)[-1].report.error_code == "LocalListConflict"
    scene.knows(BAD, TagInfo(TagStatus.BLOCKED))
    scene.advance(1_000)
    assert scene.reports(0)[-1].report == AVAILABLE


@pytest.mark.parametrize(
    ("verdict", "configuration"),
    [(TagStatus.CONCURRENT_TX, {}), (TagStatus.INVALID, {"LocalAuthListEnabled": "false"})],
)
def test_a_card_in_use_elsewhere_or_a_list_not_in_use_is_no_conflict(
    verdict: TagStatus, configuration: dict[str, str]
) -> None:
    scene = Listened(**configuration)
    scene.knows(BAD)
    scene.office.verdicts[BAD] = TagInfo(verdict)
    scene.tap(BAD)
    assert scene.reports(0)[-1].report == AVAILABLE


def test_every_reason_to_end_has_its_sentence() -> None:
    assert set(ENDED) == {None, *StopReason}
    assert all(len(sentence) <= 50 for sentence in ENDED.values())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PREPARING, False),
        (Status.FINISHING, False),
        (Status.UNAVAILABLE, False),
        (Status.SUSPENDED_EV, True),
        (Status.SUSPENDED_EVSE, True),
        (Status.FAULTED, True),
    ],
)
def test_another_sentence_alone_is_news_where_it_is_the_point(status: Status, expected: bool) -> None:
    assert is_news(StatusReport(status, info="a"), StatusReport(status, info="b")) is expected
    assert is_news(StatusReport(status, info="a"), StatusReport(status, "OtherError", "a"))
    assert not is_news(StatusReport(status, info="a"), StatusReport(status, info="a"))
    assert is_news(None, StatusReport(status))
