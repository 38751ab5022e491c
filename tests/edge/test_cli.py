"""`bollard edge …` as it is typed: exit statuses and plain words, with and without an agent behind it."""

import socket
import threading
from pathlib import Path

import pytest

from edge.cli import main
from tests.edge.workshop import write_settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_settings(tmp_path, "ws://127.0.0.1:1/ocpp", "127.0.0.1:1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["tap"], "the following arguments are required: tag"),
        (["stop", "one"], "argument connector: invalid int value: 'one'"),
        (["tap", "04A1", "--connector", "x"], "argument --connector: invalid int value: 'x'"),
        (["retry"], "the following arguments are required: seq"),
        (["status", "--yaml"], "unrecognized arguments: --yaml"),
    ],
)
def test_wrong_words_are_explained(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for command in ("run", "guardian", "release", "check", "status", "tap", "stop", "clear", "parked", "retry"):
        assert f"\n    {command} " in said


def test_check_says_what_the_settings_describe(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: fine. Station lab, connectors 1 (32 A), 2 (32 A).\n"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[connectors.contactor]\ndriver = 'relay'", "connector 1: contactor: there is no driver 'relay'; known: gpio"),
        (
            "[connectors.contactor]\ndriver = 'gpio'\npin = 40",
            "connector 1: contactor, driver 'gpio': Expected `int` <= 27",
        ),
        ("[guardian.inputs.door]\ndriver = 'gpio'", "guardian.inputs.door: input, driver 'gpio': Object missing"),
        ("[[readers]]\ndriver = 'rfid'", "readers: reader: there is no driver 'rfid'"),
    ],
)
def test_check_names_a_part_that_cannot_be_made(
    wrong: str, said: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meter = '[connectors.meter]\ndriver = "simulated"\nworld = "127.0.0.1:1"\noutlet = "lab/1"\n'
    first = wrong if "contactor" in wrong else f'[connectors.contactor]\ndriver = "gpio"\npin = 17\n{wrong}'
    head = path.read_text().partition("[guardian.inputs")[0]
    path.write_text(f"{head}[[connectors]]\nid = 1\n{meter}{first}\n")
    assert main(["check", "--config", str(path)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "run", "guardian", "release", "status", "parked"])
def test_settings_that_cannot_be_used_are_explained(
    command: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(path.read_text().replace("data_dir", "datadir"))
    assert main([command, "--config", str(path)]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("bollard edge")
    assert f"{path}: Object contains unknown field `datadir`" in complaint


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["tap", "04A1"], ["stop", "1"], ["retry", "1"]])
def test_without_an_agent_the_way_out_is_told(words: list[str], path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--config", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the agent of lab does not answer" in captured.err
    assert "is `bollard edge run` running?" in captured.err


def test_an_agent_that_hangs_up_counts_as_none(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path.parent / "data").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path.parent / "data/control.sock"))
        listener.listen()
        answering = threading.Thread(target=lambda: listener.accept()[0].close())
        answering.start()
        assert main(["status", "--config", str(path)]) == 2
        answering.join()
    assert "does not answer" in capsys.readouterr().err


def test_an_agent_without_a_place_for_its_memory_says_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(path.read_text().replace('data_dir = "data"', 'data_dir = "edge.toml/data"'))
    assert main(["run", "--config", str(path)]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("bollard edge run: ")
    assert f"{path}/data" in complaint


@pytest.mark.parametrize("name", ["key_file", "ca_file"])
def test_the_check_names_a_file_that_cannot_be_read(name: str, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(path.read_text().replace("[csms]", f'[csms]\n{name} = "none"'))
    assert main(["check", "--config", str(path)]) != 0
    assert f"csms.{name}: {path.parent / 'none'} cannot be read: No such file or directory" in capsys.readouterr().err
