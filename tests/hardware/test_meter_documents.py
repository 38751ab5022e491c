"""What the document on meters tells people to write works, and it names every driver."""

import re
import tomllib
from pathlib import Path

import pytest

import hardware.meters
from hardware.catalogue import METERS, make_meter
from hardware.ports import Part

TEXT = (Path(hardware.meters.__file__).parent / "README.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
async def test_every_example_makes_a_meter(example: str, tmp_path: Path) -> None:
    settings = tomllib.loads(example.replace("/var/lib/bollard", str(tmp_path)))
    meter = make_meter(Part(settings.pop("driver"), settings))
    await meter.close()


def test_the_document_names_every_driver() -> None:
    table = "\n".join(line for line in TEXT.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([a-z0-9-]+)`", table)) - {"bollard world"} == set(METERS.modules)
    assert len(EXAMPLES) == 5
