"""A part of the command for its tests: needs a package, and returns how many words it was given."""

from collections.abc import Sequence

import websockets.version


def main(argv: Sequence[str]) -> int:
    assert websockets.version.version
    return len(argv)
