"""`bollard demo`: the whole of Bollard on one machine, each program a process of its own."""

import asyncio
import sys
from collections.abc import Sequence

from bollard.demo.errors import DemoError
from bollard.demo.options import parse
from bollard.demo.play import play


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; exit status 1 when it could not start or lost one of its processes."""
    options = parse(argv)
    try:
        asyncio.run(play(options))
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0
