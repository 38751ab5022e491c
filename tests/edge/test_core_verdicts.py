"""Verdicts that come after the start, and cards that may stop what another card started."""

import pytest

from edge.core.facts import SessionStopped
from edge.core.values import Status, StopReason, TagInfo, TagStatus, Vehicle
from tests.edge.laboratory_parts import ACCEPTED
from tests.edge.scene import BAD, OTHER, TAG, Scene, moved
from tests.edge.test_core_tags import begins, plugged

FAMILY = TagInfo(TagStatus.ACCEPTED, parent="FAMILY")

# --- the verdict in StartTransaction.conf (section 4.2)


def refused_late(**configuration: object) -> Scene:
    """An offline session by a listed card whose owner has left the contract."""
    scene = plugged(**configuration)
    scene.knows(BAD)
    scene.online(False)
    assert begins(scene, BAD)
    scene.online(True)
    scene.advance(1_000)
    assert scene.status() is Status.CHARGING
    scene.deliver_all()
    return scene


def test_a_late_refusal_ends_the_session() -> None:
    scene = refused_late()
    assert not scene.outlets[1].closed
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.DE_AUTHORIZED
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing"


def test_a_late_refusal_may_leave_the_session_open_without_energy() -> None:
    scene = refused_late(StopTransactionOnInvalidId="false")
    scene.advance(60_000)
    assert not scene.outlets[1].closed
    assert scene.facts(SessionStopped) == []
    assert scene.status() is Status.SUSPENDED_EVSE
    assert scene.reason() == "The central system says of the card: Invalid."
    assert scene.reports()[-1].report.info == "The central system says of the card: Invalid"
    scene.present(BAD)
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.LOCAL


@pytest.mark.parametrize(("stops", "then"), [("true", Status.FINISHING), ("false", Status.SUSPENDED_EVSE)])
def test_max_energy_on_invalid_id_flows_before_the_refusal_counts(stops: str, then: Status) -> None:
    scene = refused_late(StopTransactionOnInvalidId=stops, MaxEnergyOnInvalidId="50")
    assert scene.outlets[1].closed
    refused_at_wh = scene.connector().session.refused_at_wh
    scene.advance(30_000)
    assert scene.status() is then
    assert not scene.outlets[1].closed
    assert 30 <= scene.outlets[1].register_wh - refused_at_wh <= 50


def test_a_refusal_that_comes_after_the_end_changes_nothing() -> None:
    scene = plugged()
    scene.knows(BAD)
    scene.online(False)
    begins(scene, BAD)
    scene.present(BAD)
    scene.advance(3_000)
    scene.online(True)
    scene.deliver_all()
    assert scene.stop().reason is StopReason.LOCAL
    assert scene.disk.outbox == {}


def test_the_verdict_of_a_start_is_cached() -> None:
    scene = plugged(AllowOfflineTxForUnknownId="true")
    scene.online(False)
    begins(scene, BAD)
    scene.online(True)
    scene.deliver_all()
    assert scene.loop.station.cache[BAD].status is TagStatus.INVALID


# --- who may stop (section 4.3)


def test_a_foreign_card_neither_asks_nor_stops() -> None:
    scene = Scene()
    scene.charge(tag=TAG)
    scene.present(OTHER)
    assert scene.asked == []
    assert scene.outlets[1].closed
    assert scene.shown().text == "Another card is charging here"


def test_a_card_of_the_same_family_stops() -> None:
    scene = Scene()
    scene.office.verdicts |= {TAG: FAMILY, OTHER: FAMILY}
    scene.charge(tag=TAG)
    scene.present(OTHER)
    assert scene.asked == [OTHER]
    scene.answer(lost=False)
    scene.advance(3_000)
    assert (scene.stop().id_tag, scene.stop().reason) == (OTHER, StopReason.LOCAL)


@pytest.mark.parametrize(
    "info", [TagInfo(TagStatus.ACCEPTED, parent="OTHERS"), TagInfo(TagStatus.BLOCKED, parent="FAMILY"), ACCEPTED]
)
def test_a_card_of_another_family_or_a_blocked_one_does_not_stop(info: TagInfo) -> None:
    scene = Scene()
    scene.office.verdicts |= {TAG: FAMILY, OTHER: info}
    scene.charge(tag=TAG)
    scene.present(OTHER)
    scene.answer(lost=False)
    scene.advance(3_000)
    assert scene.outlets[1].closed


def test_the_parent_itself_is_no_card() -> None:
    scene = Scene()
    scene.office.verdicts[TAG] = FAMILY
    scene.charge(tag=TAG)
    scene.present("FAMILY")
    scene.answer(lost=False)
    assert scene.outlets[1].closed


def test_offline_the_family_is_known_from_the_list() -> None:
    scene = Scene()
    scene.office.verdicts[TAG] = FAMILY
    scene.charge(tag=TAG)
    scene.knows(OTHER, FAMILY)
    scene.online(False)
    scene.present(OTHER)
    assert not scene.outlets[1].closed


def test_a_foreign_card_starts_at_the_other_connector_with_a_car() -> None:
    scene = Scene(connectors=2)
    scene.office.verdicts |= {TAG: FAMILY, OTHER: FAMILY}
    scene.charge(1, TAG)
    scene.see(2, Vehicle.ASKING)
    scene.tap(OTHER)
    scene.advance(3_000)
    assert scene.outlets[1].closed
    assert scene.outlets[2].closed


def test_a_card_of_some_family_starts_beside_a_session_of_none() -> None:
    scene = Scene(connectors=2)
    scene.office.verdicts[OTHER] = FAMILY
    scene.charge(1, TAG)
    scene.tap(OTHER)
    assert scene.outlets[1].closed
    assert scene.status(2) is Status.PREPARING


def test_the_family_may_be_learnt_from_the_answer_to_the_start() -> None:
    scene = plugged()
    scene.knows(TAG)
    scene.office.verdicts |= {TAG: FAMILY, OTHER: FAMILY}
    scene.online(False)
    begins(scene, TAG)
    scene.online(True)
    scene.deliver_all()
    scene.tap(OTHER)
    assert not scene.outlets[1].closed
