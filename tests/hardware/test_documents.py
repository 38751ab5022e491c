"""What the documents on hardware tell people: every driver with its options, examples that load, pictures, links."""

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from edge.checking import SHELVES, check
from edge.settings import load
from hardware import catalogue
from hardware.catalogue import Shelf

ROOT = Path(__file__).parents[2] / "hardware"
PARTS = (ROOT / "PARTS.md").read_text()
ALL: dict[str, Shelf[object]] = {"reader": catalogue.READERS, **SHELVES, "input": catalogue.INPUTS}
EXAMPLES = re.findall(r"```toml\n(identity.*?)```", PARTS, re.DOTALL)


def options(driver: str) -> str:
    """The settings that a driver takes, with what they are unless said otherwise."""
    module, _, name = driver.partition(":")
    found = getattr(import_module(module), name) if name else import_module(module)
    return ", ".join(_option(field) for field in msgspec.structs.fields(found.Settings))


def _option(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return f"`{field.encode_name}`"
    if field.default is None:
        return f"`{field.encode_name}` (or not)"
    said = msgspec.json.encode(field.default).decode() if field.encode_name != "address" else f"{field.default:#04x}"
    return f"`{field.encode_name} = {said}`"


def rows() -> Iterator[str]:
    """The table of drivers as it must be; drivers of a port with the same options share a row."""
    for port, shelf in ALL.items():
        alike: dict[str, list[str]] = {}
        for name, module in shelf.modules.items():
            alike.setdefault(options(module), []).append(f"`{name}`")
        for taken, names in alike.items():
            yield f"| {port} | {' '.join(names)} | {taken} |"


def test_every_driver_is_named_with_its_options() -> None:
    assert [row for row in rows() if row not in PARTS.splitlines()] == []


def test_no_document_names_an_option_or_a_driver_that_is_none() -> None:
    table = PARTS.partition("## Every driver")[2]
    assert [line for line in table.splitlines() if line.startswith("| ") and line not in (*rows(), HEAD)] == []


HEAD = "| part | driver | options, and what they are unless said otherwise |"


@pytest.mark.parametrize("example", EXAMPLES, ids=["evse", "relay"])
def test_the_settings_of_each_build_are_accepted(example: str, tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(example)
    settings = load(path)
    check(settings)
    drawn = (ROOT / "drawings" / ("evse-board.svg" if settings.identity == "depot-2" else "relay-only.svg")).read_text()
    pins = re.findall(r"(?:pin|red|green) = (\d+)", example)
    drawn_pins = {int(number) for number in re.findall(r"\d+", " ".join(re.findall(r"GPIO([\d, to]+)", drawn)))}
    assert {int(pin) for pin in pins} <= drawn_pins


def test_there_is_an_example_of_either_build() -> None:
    assert [tomllib.loads(example)["identity"] for example in EXAMPLES] == ["depot-2", "shed-1"]


def test_every_picture_is_there_and_says_what_it_shows() -> None:
    for name in re.findall(r"!\[.+\]\((.+\.svg)\)", PARTS):
        tree = ElementTree.parse(ROOT / name)
        names = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert {"title", "desc"} <= names
        assert not names & {"script", "image", "foreignObject"}


@pytest.mark.parametrize("document", sorted(ROOT.glob("**/*.md")), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []
