"""A part of the command for its tests: needs a package, and returns how many words it was given."""

from collections.abc import Sequence

import websockets


def main(argv: Sequence[str]) -> int:
    assert websockets.__version__
    return len(argv)
