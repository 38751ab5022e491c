"""What the demo prints and what it is asked."""

from pathlib import Path

import pytest

from bollard.demo.lines import printable, teller
from bollard.demo.options import parse


def test_a_line_begins_with_its_teller(capsys: pytest.CaptureFixture[str]) -> None:
    teller(color=False)("lab-1", "tap")
    assert capsys.readouterr().out == "lab-1    tap\n"


def test_a_line_in_colour_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    say = teller(color=True)
    say("lab-1", "tap")
    say("cloud", "bill")
    assert capsys.readouterr().out == "\x1b[36mlab-1   \x1b[0m tap\n\x1b[33mcloud   \x1b[0m bill\n"


def test_strangers_cannot_write_to_the_terminal() -> None:
    assert printable("id \x1b[2J\r\x07ok") == "id \N{REPLACEMENT CHARACTER}[2J" + "\N{REPLACEMENT CHARACTER}" * 2 + "ok"


def test_the_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse([]).data == tmp_path / "demo-data"


@pytest.mark.parametrize(
    "wrong", [["--port", "70000"], ["--stations", "0"], ["--sessions", "-1"], ["--speed", "quick"], ["--speed", "0"]]
)
def test_wrong_options_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(wrong)
    assert wrong[0] in capsys.readouterr().err
