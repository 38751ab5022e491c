"""What README.md tells people to type and to write down works."""

import re
from pathlib import Path

import pytest

from bollard.cli import main
from edge.checking import check
from edge.settings import load, part
from hardware.catalogue import INDICATORS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BOLLARD = re.findall(r"^bollard (\w+) ?([\w-]*)(.*)$", README, re.MULTILINE)
MAKE = re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)


def test_the_settings_file_is_accepted(tmp_path: Path) -> None:
    (written,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "edge.toml").write_text(written)
    assert load(tmp_path / "edge.toml").identity == "depot-1"


def test_the_wiring_example_is_accepted_to_the_last_key(tmp_path: Path) -> None:
    (written,) = re.findall(r"```toml\n(.*?)```", (ROOT / "hardware" / "WIRING.md").read_text(), re.DOTALL)
    (tmp_path / "edge.toml").write_text(written)
    settings = load(tmp_path / "edge.toml")
    check(settings)
    (connector,) = settings.connectors
    assert connector.indicator is not None
    for table in connector.indicator["parts"]:
        INDICATORS.check(part(table))


def test_there_are_commands_to_check() -> None:
    assert len(BOLLARD) > 10
    assert set(MAKE) >= {"demo", "test"}


@pytest.mark.parametrize(("part", "verb", "rest"), BOLLARD)
def test_each_command_exists_with_its_options(
    part: str, verb: str, rest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [part] if verb.startswith("-") or not verb else [part, verb]
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    shown = capsys.readouterr()
    assert left.value.code == 0, shown.err
    options = re.findall(r"--[a-z-]+", f"{verb} {rest}")
    assert [option for option in options if option not in shown.out] == []


def test_each_target_of_make_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(MAKE) <= set(targets)
