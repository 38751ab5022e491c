"""The demo's screen: one line for each thing that happens, with its teller in front."""

import os
import signal
import sys
from collections.abc import Callable

COLORS = ("36", "33", "35", "34", "32", "96", "93", "95", "94")
TELLER_WIDTH = 8
FAINT = "2"

Say = Callable[[str, str], None]


def teller(*, color: bool | None) -> Say:
    """A function (who, line) that prints; coloured when asked, or by itself on a terminal."""
    wanted = sys.stdout.isatty() if color is None else color
    paint = _painter() if wanted else _plain

    def say(who: str, line: str) -> None:
        try:
            print(paint(who, line), flush=True)
        except BrokenPipeError:
            _nobody_listens()

    return say


def _nobody_listens() -> None:
    """Whoever read our output has gone, as `head` does: end like after a hang-up, silently."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    signal.raise_signal(signal.SIGHUP)


def printable(line: str) -> str:
    """What processes print may come from strangers: no control characters reach the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)


def _plain(who: str, line: str) -> str:
    return f"{who:<{TELLER_WIDTH}} {printable(line)}"


def _painter() -> Callable[[str, str], str]:
    chosen: dict[str, str] = {}

    def paint(who: str, line: str) -> str:
        color = chosen.setdefault(who, COLORS[len(chosen) % len(COLORS)])
        return f"\x1b[{color}m{who:<{TELLER_WIDTH}}\x1b[0m {printable(line)}"

    return paint
