"""The command `bollard`: versions, help, and parts that are not installed."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from bollard import cli


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bollard", *arguments], capture_output=True, text=True)


def test_the_version_is_the_package_s() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"bollard {version('bollard')}")


def test_without_a_part_the_parts_are_named() -> None:
    done = run()
    assert done.returncode == 2
    assert all(part in run("--help").stdout for part in cli.PARTS)


def test_a_part_gets_everything_after_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.PARTS, "echo", cli.Part("tests.wire.echo", "demo", "repeats"))
    assert cli.main(["echo", "--help", "run", "--version"]) == 3


def test_a_missing_package_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.PARTS, "edge", cli.Part("tests.wire.echo", "edge", "the agent"))
    monkeypatch.setitem(sys.modules, "websockets.version", None)
    monkeypatch.delitem(sys.modules, "tests.wire.echo", raising=False)
    assert cli.main(["edge", "run"]) == 1
    said = capsys.readouterr().err
    assert "websockets" in said
    assert "bollard[edge]" in said
