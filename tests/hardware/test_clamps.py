"""CT clamps: the real ADS1x15 library on an emulated chip, whose bus takes its time."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from hardware.catalogue import make_meter
from hardware.errors import BadPartSettings, LibraryMissing, MeterImplausible, MeterSilent
from hardware.meters import clamps
from hardware.meters.waveform import Sample, rms
from hardware.ports import Meter, Part, Quality
from tests.hardware.ads1115 import Ads1115, Mains

BURDEN = 22 / 2000
Fit = Callable[..., Meter]


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fit:
    """A station with these clamps on that chip, whose time is the only time."""

    def fitted(chip: Ads1115, *channels: str, **settings: object) -> Meter:
        monkeypatch.setattr(clamps, "I2cBus", lambda bus: chip)
        monkeypatch.setattr(clamps, "amiss", lambda path, kind: None)
        monkeypatch.setattr(clamps, "time", chip)
        shared = {"counter": str(tmp_path / "energy"), "amperes_per_volt": 1 / BURDEN}
        return make_meter(Part("sct-013", {**shared, "channels": list(channels or ("0-1",)), **settings}))

    return fitted


def flowing(amperes: float, **mains: object) -> Ads1115:
    current = Mains(amperes * BURDEN, **mains)
    return Ads1115(lambda channel, from_s, span_s: current.mean(from_s, span_s))


@pytest.mark.parametrize("oscillator", [0.9, 1.0, 1.1])
@pytest.mark.parametrize("hz", [45, 50, 55, 60, 65])
@pytest.mark.parametrize("amperes", [1, 8, 32])
async def test_the_current_is_right_within_half_a_percent(
    fit: Fit, amperes: float, hz: float, oscillator: float
) -> None:
    random = Random(f"{amperes} {hz} {oscillator}")
    chip = flowing(
        amperes, hz=hz, noise_v=0.00015, offset_v=random.uniform(-0.03, 0.03), phase=random.uniform(0, 6), random=random
    )
    chip.oscillator = oscillator
    meter = fit(chip)
    for _ in range(2):
        assert (await meter.read()).current_ma[0] == pytest.approx(amperes * 1000, rel=0.005)


async def test_a_slow_bus_harmonics_and_interruptions_do_little_harm(fit: Fit) -> None:
    random = Random(5)
    chip = flowing(16, harmonics={3: 0.1, 5: 0.05}, noise_v=0.00015, offset_v=0.02)
    chip.bus_hz = 100_000
    chip.pause_s = lambda: random.choice([0.006]) if random.random() < 0.0005 else 0.0
    meter = fit(chip)
    for _ in range(3):
        assert (await meter.read()).current_ma[0] == pytest.approx(16_000, rel=0.01)


async def test_a_reading_is_an_estimate_of_each_phase(fit: Fit) -> None:
    phases = {4: Mains(10 * BURDEN, phase=0), 5: Mains(12 * BURDEN, phase=2.1), 7: Mains(0.05 * BURDEN)}
    chip = Ads1115(lambda channel, from_s, span_s: phases[channel].mean(from_s, span_s))
    reading = await fit(chip, "0", "1", "3", voltage_v=240.0, calibration=1.1).read()
    assert reading.quality is Quality.ESTIMATED
    assert reading.current_ma == (pytest.approx(11_000, rel=0.005), pytest.approx(13_200, rel=0.005), 0)
    assert reading.power_w == pytest.approx(24.2 * 240, rel=0.005)
    assert (reading.voltage_mv, reading.serial) == ((), None)


async def test_energy_is_power_times_time_and_outlives_a_restart(fit: Fit) -> None:
    chip = flowing(20)
    meter = fit(chip)
    started_s = chip.time_s
    await meter.read()
    for _ in range(12):
        chip.time_s += 25
        reading = await meter.read()
    expected_wh = 20 * 230 * (chip.time_s - started_s) / 3600
    assert reading.energy_wh == pytest.approx(expected_wh, rel=0.005)
    after_crash = await fit(chip).read()
    assert 0 <= reading.energy_wh - after_crash.energy_wh <= 21
    await meter.close()
    assert (await fit(chip).read()).energy_wh == reading.energy_wh


async def test_a_chip_that_is_never_ready_is_given_up(fit: Fit) -> None:
    chip = flowing(16)
    meter = fit(chip)
    await meter.read()
    chip.stuck = True
    with pytest.raises(MeterSilent, match="never ready"):
        await meter.read()
    chip.stuck = False
    assert (await meter.read()).current_ma[0] == pytest.approx(16_000, rel=0.005)


async def test_a_chip_that_is_not_there_says_what_to_check(fit: Fit) -> None:
    chip = flowing(16)
    chip.address = 0x49
    meter = fit(chip)
    with pytest.raises(MeterSilent, match=r"no ADS1115 at 0x48 .*check its supply, SDA and SCL, its ADDR pin"):
        await meter.read()
    chip.address = 0x48
    assert (await meter.read()).current_ma[0] == pytest.approx(16_000, rel=0.005)


async def test_a_bus_too_slow_to_measure_is_no_measurement(fit: Fit) -> None:
    chip = flowing(16)
    chip.bus_hz = 20_000
    with pytest.raises(MeterSilent, match="i2c_arm_baudrate=400000"):
        await fit(chip).read()


async def test_a_value_that_clips_is_implausible(fit: Fit) -> None:
    with pytest.raises(MeterImplausible, match="choose a lower gain"):
        await fit(flowing(70)).read()


@pytest.mark.parametrize("kept", ["", "many\n", "-1\n", "nan\n", "1e3\n"])
def test_a_counter_that_holds_no_number_is_not_begun_anew(fit: Fit, tmp_path: Path, kept: str) -> None:
    (tmp_path / "energy").write_text(kept)
    with pytest.raises(BadPartSettings, match="holds no number of Wh: restore it"):
        fit(flowing(1))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"counter": "energy"}, "Expected an absolute path"),
        ({"counter": "/nowhere/energy"}, "cannot be written"),
        ({"channels": ["4"]}, "Invalid enum value '4'"),
        ({"channels": []}, "length >= 1"),
    ],
)
def test_clamps_that_cannot_be_say_what_was_expected(fit: Fit, settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadPartSettings, match=said):
        fit(flowing(1), **settings)


def test_a_missing_library_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, fit: Fit, tmp_path: Path
) -> None:
    fit(flowing(1))
    monkeypatch.setitem(sys.modules, "adafruit_ads1x15.ads1115", None)
    with pytest.raises(LibraryMissing, match="type `make pi`"):
        make_meter(Part("sct-013", {"counter": str(tmp_path / "energy"), "channels": ["0"], "amperes_per_volt": 30}))


async def test_no_search_for_a_board_is_needed(monkeypatch: pytest.MonkeyPatch, fit: Fit) -> None:
    """On a Raspberry Pi that search wants the package gpiod, which nothing asks for."""
    for name in ("board", "busio", "gpiod"):
        monkeypatch.setitem(sys.modules, name, None)
    assert (await fit(flowing(16)).read()).current_ma[0] == pytest.approx(16_000, rel=0.005)


@pytest.mark.parametrize("rate", [250, 860])
def test_a_window_need_not_hold_whole_periods(rate: int) -> None:
    for hz in (45.3, 50, 64.9):
        times = [count / rate for count in range(rate // 2)]
        samples = [Sample(at_s, 3 + math.sqrt(2) * math.sin(math.tau * hz * at_s)) for at_s in times]
        assert rms(samples, 0.0) == pytest.approx(1, rel=0.001)


def test_without_its_aperture_a_converter_shows_too_little() -> None:
    """The correction that the accuracy above needs: at 65 Hz a slow converter loses more than one percent."""
    mains = Mains(1.0, hz=65)
    samples = [Sample((count + 0.5) / 780, mains.mean(count / 780, 1 / 780)) for count in range(390)]
    assert rms(samples, 0.0) < 0.99
    assert rms(samples, 1 / 780) == pytest.approx(1, rel=0.001)
