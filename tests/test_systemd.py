"""The units: systemd itself accepts them, they stay locked down, and each command that they start exists."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parent.parent / "systemd").glob("*.service"))
INSTALLED = "/opt/bollard/.venv/bin/bollard"
HERE = Path(sys.executable).parent / "bollard"
MOST_EXPOSURE_TENTHS = 20

names = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))


def here(unit: Path, folder: Path) -> Path:
    """The unit as it would read if Bollard were installed where these tests run."""
    copy = folder / unit.name
    copy.write_text(unit.read_text().replace(INSTALLED, str(HERE)))
    return copy


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=30)


def commands(unit: Path) -> list[list[str]]:
    return [shlex.split(line) for line in re.findall(r"^Exec\w+=(.*)$", unit.read_text(), re.MULTILINE)]


def test_there_is_a_unit_for_each_program() -> None:
    assert [unit.stem for unit in UNITS] == ["bollard-cloud", "bollard-edge", "bollard-guardian"]


def test_systemd_accepts_all_units_together(tmp_path: Path) -> None:
    verdict = analyze("verify", *(here(unit, tmp_path) for unit in UNITS))
    assert (verdict.returncode, verdict.stdout, verdict.stderr) == (0, "", "")


@names
def test_a_misspelt_key_would_be_seen(unit: Path, tmp_path: Path) -> None:
    copy = here(unit, tmp_path)
    copy.write_text(copy.read_text().replace("Restart=", "Restrat="))
    assert "Restrat" in analyze("verify", copy).stderr


@names
def test_it_stays_locked_down(unit: Path, tmp_path: Path) -> None:
    verdict = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE_TENTHS}", here(unit, tmp_path))
    assert verdict.returncode == 0, verdict.stdout


@names
def test_it_comes_back_whatever_happens(unit: Path) -> None:
    text = unit.read_text()
    assert "\nRestart=always\n" in text
    assert "\nStartLimitIntervalSec=0\n" in text


@names
def test_its_commands_exist(unit: Path) -> None:
    for program, *words in commands(unit):
        assert program == INSTALLED
        asked = [word for word in words if not word.startswith(("-", "/"))]
        help_ = subprocess.run([HERE, *asked, "--help"], capture_output=True, text=True, timeout=30)
        assert help_.returncode == 0, help_.stderr
        assert all(word in help_.stdout for word in words if word.startswith("--"))
