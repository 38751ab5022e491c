"""The lock files fit pyproject.toml: every requirement is there, at a version it takes, with hashes."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    "requirements.lock": ("demo", "build"),
    "requirements-dev.lock": ("dev", "build"),
    "requirements-pi.lock": ("edge", "pi"),
}


def locked(name: str) -> dict[str, str]:
    """Package -> version, both as written in a lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def required(extra: str) -> Iterator[Requirement]:
    """What an extra asks for, also through other extras of ours."""
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        if requirement.name == PROJECT["name"]:
            for other in requirement.extras:
                yield from required(other)
        else:
            yield requirement


@pytest.mark.parametrize("name", EXTRAS)
def test_every_requirement_is_locked(name: str) -> None:
    versions = locked(name)
    wanted = [*map(Requirement, PROJECT["dependencies"])]
    wanted += [requirement for extra in EXTRAS[name] for requirement in required(extra)]
    assert [str(each) for each in wanted if not each.specifier.contains(versions.get(each.name, "0"))] == []


@pytest.mark.parametrize("name", EXTRAS)
def test_every_package_has_hashes(name: str) -> None:
    entries = re.split(r"^(?=[a-z0-9-]+==)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_developers_run_what_users_run() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_one_package_has_one_version_in_every_lock() -> None:
    versions = {pair for name in EXTRAS for pair in locked(name).items()}
    assert len(versions) == len({package for package, _ in versions})


@pytest.mark.parametrize("name", EXTRAS)
def test_rpi_lgpio_meets_no_other_package_that_installs_the_same_module(name: str) -> None:
    assert "rpi-gpio" not in locked(name)


def test_node_packages_have_hashes_and_come_from_wherever_npm_is_told() -> None:
    packages = json.loads((ROOT / "tests/foreign/package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
