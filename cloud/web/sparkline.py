"""A small picture of power over time, as coordinates for an inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 240, 48
MOST_POINTS = 120


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`line` and `area` are SVG path data within `width` x `height`; `top_w` is the power at the upper edge."""

    line: str
    area: str
    top_w: int
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(points: Sequence[tuple[datetime, int]]) -> Sparkline | None:
    """Draws (time, power in W) in order of time; None while there is nothing to draw."""
    chosen = _thinned(points)
    if len(chosen) < 2 or chosen[0][0] == chosen[-1][0]:
        return None
    begin, span = chosen[0][0], chosen[-1][0] - chosen[0][0]
    top_w = max(1, *(power_w for _, power_w in chosen))
    line = "M" + " L".join(f"{(at - begin) / span * WIDTH:.1f},{_y(power_w, top_w):.1f}" for at, power_w in chosen)
    return Sparkline(line, f"{line} L{WIDTH},{HEIGHT} L0,{HEIGHT} Z", top_w)


def _thinned(points: Sequence[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """Every n-th point counted from the latest, so that the latest is always there."""
    stride = -(-len(points) // MOST_POINTS) or 1
    return list(points[::-1][::stride])[::-1]


def _y(power_w: int, top_w: int) -> float:
    return HEIGHT - 1 - max(0, power_w) / top_w * (HEIGHT - 3)
