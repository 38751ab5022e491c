"""What the operator is given for a new station is what the technician's agent takes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.cli import main as operator
from edge.settings import SettingsError, load

PARTS = """
[connectors.{part}]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/1"
"""


@pytest.fixture
def typed(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def type_(*words: str) -> str:
        assert operator([*words, "--database-url", sqlite_url]) == 0
        return capsys.readouterr().out

    return type_


def test_the_snippet_with_its_parts_is_a_settings_file(typed: Callable[..., str], tmp_path: Path) -> None:
    snippet = typed("add-station", "depot 1", "--url", "wss://csms.example.org/ocpp")
    path = tmp_path / "edge.toml"
    path.write_text(snippet)
    with pytest.raises(SettingsError, match=r"edge\.toml: .*missing required field `meter`.*connectors"):
        load(path)
    path.write_text(snippet + PARTS.format(part="meter") + PARTS.format(part="contactor"))
    settings = load(path)
    assert (settings.identity, settings.csms.url) == ("depot 1", "wss://csms.example.org/ocpp")
    assert len(settings.csms.password()) == 20
