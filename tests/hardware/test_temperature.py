"""A temperature sensor as a trip input: the kernel's files, hysteresis, and a sensor that falls silent."""

import time
from pathlib import Path

import pytest

from hardware import catalogue
from hardware.errors import BadPartSettings, SensorSilent
from hardware.inputs.temperature import TemperatureInput, celsius_milli
from hardware.ports import Part

W1_SLAVE = "72 01 4b 46 7f ff 0e 10 57 : crc=57 {}\n72 01 4b 46 7f ff 0e 10 57 t={}\n"
PATIENCE_S = 10


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("23125\n", 23_125),
        ("-1250\n", -1_250),
        (W1_SLAVE.format("YES", 23_125), 23_125),
        (W1_SLAVE.format("YES", -62), -62),
        (W1_SLAVE.format("NO", 23_125), None),
        ("85000\n", None),
        ("127937\n", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_the_files_of_the_kernel_are_understood(text: str, celsius: int | None) -> None:
    assert celsius_milli(text) == celsius


def sensor(folder: Path, **settings: object) -> TemperatureInput:
    part = Part("temperature", {"file": f"{folder}/28-*/temperature", "period_s": 0.005, "silent_s": 0.1, **settings})
    made = catalogue.make_input(part)
    assert isinstance(made, TemperatureInput)
    return made


def write(folder: Path, celsius_milli: int) -> None:
    path = folder / "28-0316a2794aff" / "temperature"
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(f"{celsius_milli}\n")
    fresh.rename(path)


def becomes(trip_input: TemperatureInput, tripped: bool) -> bool:
    until_s = time.monotonic() + PATIENCE_S
    while trip_input.tripped() is not tripped and time.monotonic() < until_s:
        time.sleep(0.005)
    return trip_input.tripped() is tripped


def test_it_trips_when_hot_and_clears_only_when_clearly_cooler(tmp_path: Path) -> None:
    write(tmp_path, 25_000)
    hot = sensor(tmp_path, trip_c=70, clear_c=60, silent_s=10)
    assert not hot.tripped()
    write(tmp_path, 70_000)
    assert becomes(hot, True)
    write(tmp_path, 60_000)
    time.sleep(0.1)
    assert hot.tripped()
    write(tmp_path, 59_999)
    assert becomes(hot, False)
    hot.close()


def test_a_sensor_that_falls_silent_is_an_error_which_counts_as_tripped(tmp_path: Path) -> None:
    write(tmp_path, 25_000)
    quiet = sensor(tmp_path, silent_s=1)
    assert not quiet.tripped()
    (tmp_path / "28-0316a2794aff" / "temperature").unlink()
    with pytest.raises(SensorSilent, match=r"no temperature from .*: is it the only one"):
        becomes(quiet, True)
    write(tmp_path, 25_000)
    time.sleep(0.1)
    assert becomes(quiet, False)
    quiet.close()


@pytest.mark.parametrize("sensors", [0, 2])
def test_no_sensor_or_two_of_that_name_count_as_silent(tmp_path: Path, sensors: int) -> None:
    for number in range(sensors):
        (tmp_path / f"28-{number}").mkdir()
        (tmp_path / f"28-{number}" / "temperature").write_text("25000")
    with pytest.raises(SensorSilent):
        sensor(tmp_path).tripped()


def test_a_threshold_without_hysteresis_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPartSettings, match="clear_c = 70 must be below trip_c = 70"):
        sensor(tmp_path, trip_c=70, clear_c=70)
