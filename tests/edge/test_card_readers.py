"""Card readers as the station sees them: real ones beside simulated parts, failures told, numbers in other forms."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.effects import Say
from edge.core.tags import alike
from edge.core.values import Status, StatusReport, TagInfo, TagStatus
from hardware.readers import polled
from hardware.readers.forms import Form, written
from tests.edge.central import Central
from tests.edge.scene import BAD, TAG, Scene
from tests.edge.workshop import workshop
from tests.hardware.reader_benches import LinesBench

UID = bytes.fromhex(TAG)
FORMS: tuple[Form, ...] = ("hex", "hex-reversed", "decimal", "decimal-reversed")


def hints(scene: Scene) -> list[str]:
    """What was said of numbers in another form."""
    return [effect.text for effect in scene.performed if isinstance(effect, Say) and "another form" in effect.text]


@pytest.mark.parametrize("listed", FORMS)
@pytest.mark.parametrize("online", [True, False])
def test_an_unknown_card_that_is_known_in_another_form_is_said_so(listed: Form, online: bool) -> None:
    scene = Scene(LocalAuthListEnabled="true")
    scene.knows(written(UID, listed))
    for form in FORMS:
        scene.office.verdicts[written(UID, form)] = TagInfo(TagStatus.INVALID)
    if not online:
        scene.happen(ev.WentOffline(scene.now()))
    other = FORMS[FORMS.index(listed) - 1]
    scene.tap(written(UID, other))
    known, shown = written(UID, listed)[-4:], written(UID, other)[-4:]
    assert hints(scene) == [f"card …{shown} is the known card …{known} in another form: look at `form` of the reader"]


def test_a_card_that_is_nobody_elses_other_form_gets_no_hint() -> None:
    scene = Scene(LocalAuthListEnabled="true")
    scene.knows(TAG)
    scene.knows("F6E5D4C3B2A105", TagInfo(TagStatus.BLOCKED))
    for tag in (BAD, "04A1B2C3D4E5F7", "05A1B2C3D4E5F6"):
        scene.office.verdicts[tag] = TagInfo(TagStatus.INVALID)
        scene.tap(tag)
    assert hints(scene) == []


@given(
    st.sampled_from((4, 7)).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    st.sampled_from(FORMS),
    st.sampled_from(FORMS),
)
def test_every_form_is_found_in_every_other(uid: bytes, listed: Form, presented: Form) -> None:
    scene = Scene(LocalAuthListEnabled="true")
    scene.knows(written(uid, listed))
    found = alike(scene.loop.station, written(uid, presented), None)
    if written(uid, listed) == written(uid, presented):
        assert found is None
    else:
        assert found == written(uid, listed)


def test_a_reader_that_fails_is_a_warning_and_sessions_go_on() -> None:
    scene = Scene()
    scene.charge()
    scene.happen(ev.ReaderFailed(scene.now(), 1, "the reader is unplugged"))
    assert scene.reports(0)[-1].report == StatusReport(Status.AVAILABLE, "ReaderFailure", "the reader is unplugged")
    assert scene.status(1) is Status.CHARGING
    assert scene.outlets[1].closed
    scene.happen(ev.ReaderFailed(scene.now(), 2, "the other one too"))
    scene.happen(ev.ReaderRecovered(scene.now(), 1))
    scene.happen(ev.ReaderRecovered(scene.now(), 2))
    assert scene.reports(0)[-1].report == StatusReport(Status.AVAILABLE)
    assert Say("reader 2 reads cards again") in scene.performed


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LinesBench]:
    """A real reader on a serial port."""
    monkeypatch.setattr(polled, "RETRY_S", 0.05)
    monkeypatch.setattr("edge.devices.READER_POLL_S", 0.05)
    bench = LinesBench(monkeypatch, tmp_path)
    yield bench
    bench.unplug()


async def test_a_real_reader_beside_simulated_parts_charges_fails_and_recovers(
    reader: LinesBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = f'[[readers]]\ndriver = "serial-lines"\nserial_port = "{reader.part.settings["serial_port"]}"\n'
    async with Central().running() as central, workshop(tmp_path, central, capsys, more) as shop:
        await central.expect("StatusNotification", connectorId=2)
        shop.arrive()
        await central.expect("StatusNotification", connectorId=1, status="Preparing")
        await reader.hold(UID)
        assert (await central.expect("StartTransaction"))["idTag"] == TAG
        reader.unplug()
        told = await central.expect("StatusNotification", connectorId=0, errorCode="ReaderFailure")
        assert told["status"] == "Available"
        assert any("ttyUSB0 is not there: check that its adapter is plugged in" in line for line in shop.lines)
        reader.plug()
        await central.expect("StatusNotification", connectorId=0, errorCode="NoError")
        await reader.hold(UID)
        assert (await central.expect("StopTransaction"))["idTag"] == TAG
