"""What can be asked of the demo on its command line."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_STATIONS = 20
FASTEST = 3600.0


@dataclass(frozen=True, slots=True)
class Options:
    """One start of the demo. `sessions` is how many bills end it, None runs until stopped."""

    data: Path
    fresh: bool
    host: str
    port: int
    speed: float
    stations: int
    sessions: int | None
    color: bool | None


def parse(arguments: Sequence[str] | None) -> Options:
    """Options from the command line; ends the program with a message when they are wrong."""
    given = vars(_parser().parse_args(arguments))
    return Options(**given | {"data": given["data"].absolute()})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bollard demo",
        description="A central system, charge points and the world around them, on this machine.",
    )
    add = parser.add_argument
    add("--data", type=Path, default=Path("demo-data"), metavar="DIR", help="where it keeps all its data (%(default)s)")
    add("--fresh", action="store_true", help="forget the data of earlier starts")
    add("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 opens it to your network (%(default)s)")
    add("--port", type=_number(0, 65535), default=8443, help="port of the pages and of OCPP (%(default)s)")
    add("--speed", type=_speed, default=60.0, help="how much faster than ours the simulated time runs (%(default)s)")
    add("--stations", type=_number(1, MOST_STATIONS), default=2, metavar="N", help="charge points (%(default)s)")
    add("--sessions", type=_number(1, 1_000_000), metavar="N", help="end after N bills (default: run until Ctrl-C)")
    add("--no-color", dest="color", action="store_false", default=None, help="plain lines also on a terminal")
    return parser


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and at most {FASTEST:g}")
    return speed


def _number(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return number
