"""What hardware/readers/README.md tells people to write down is accepted by the catalogue."""

import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from edge.settings import part
from hardware.catalogue import READERS, make_current_limit, make_reader, make_vehicle_state

TEXT = (Path(__file__).parents[2] / "hardware" / "readers" / "README.md").read_text()
READER_EXAMPLE, BOARD_EXAMPLE = (tomllib.loads(found) for found in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))


async def test_the_examples_of_readers_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spidev", ModuleType("spidev"))
    tables = READER_EXAMPLE["readers"]
    assert {table["driver"] for table in tables} == {*READERS.modules} - {"simulated"}
    for table in tables:
        await make_reader(part(table)).close()


async def test_the_example_of_the_board_is_accepted() -> None:
    tables = BOARD_EXAMPLE["connectors"]
    vehicle, limit = make_vehicle_state(part(tables["vehicle"])), make_current_limit(part(tables["limit"]))
    await limit.close()
    await vehicle.close()
