"""The command `bollard`: finds the part that was asked for, and imports nothing else."""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

Main = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of Bollard: the module that has its `main(argv) -> int`, and the extra that brings its packages."""

    module: str
    extra: str
    summary: str


PARTS = {
    "edge": Part("edge.cli", "edge", "the controller inside a charge point"),
    "cloud": Part("cloud.cli", "cloud", "the central system that charge points report to"),
    "world": Part("hardware.simulation.process", "edge", "a simulated physical world for demo and tests"),
    "demo": Part("bollard.demo", "demo", "all of it on this machine: cars charge, bills appear"),
}


class NotInstalled(Exception):
    """A package that this part needs is missing."""


class _Version(argparse.Action):
    """Looks the version up only when asked: a guardian starts a third faster without."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"bollard {version('bollard')}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The first word of the command line; everything after it belongs to the part."""
    listing = "\n".join(f"  {name:<6} {part.summary}" for name, part in PARTS.items())
    top = argparse.ArgumentParser(
        prog="bollard",
        description="EV charging: charge point and central system.",
        epilog=f"parts:\n{listing}\n\n`bollard PART --help` tells what a part can do.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    top.add_argument("part", choices=PARTS, metavar="PART", help="one of the parts below")
    top.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what the part shall do")
    return top


def load(name: str) -> Main:
    """The `main` of a part; raises NotInstalled when a package of its extra is missing."""
    part = PARTS[name]
    try:
        return cast(Main, importlib.import_module(part.module).main)
    except ModuleNotFoundError as missing:
        raise NotInstalled(
            f"`bollard {name}` needs the Python package {missing.name}, which is not installed here. "
            f'Install it with: pip install "bollard[{part.extra}]"'
        ) from missing


def main(argv: Sequence[str] | None = None) -> int:
    """Run one part and return its exit status."""
    asked = parser().parse_args(argv)
    try:
        run = load(asked.part)
    except NotInstalled as missing:
        print(missing, file=sys.stderr)
        return 1
    return run(asked.arguments)
