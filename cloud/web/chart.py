"""Power and energy over time as coordinates for an inline SVG with axes, once for a desk and once for a phone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

Points = Sequence[tuple[datetime, int]]

MOST_POINTS = 240
MOST_ROWS = 24
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_STEPS = (
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 4, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14, 28, 56)),
)


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing's extent; the plot keeps room for labels on each side."""

    width: int
    height: int
    time_marks: int
    left: int = 44
    right: int = 48
    top: int = 10
    bottom: int = 28


WIDE, SMALL = Size(720, 230, 9), Size(340, 190, 5)


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG path data and marks: (y, value in W or Wh) at the edges, (x, moment) below."""

    size: Size
    power: str
    area: str
    energy: str
    power_marks: tuple[tuple[float, int], ...]
    energy_marks: tuple[tuple[float, int], ...]
    time_marks: tuple[tuple[float, datetime], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Both drawings, and the same in figures: (moment, W, Wh) where something was known."""

    wide: Drawing
    small: Drawing
    rows: tuple[tuple[datetime, int | None, int | None], ...]
    top_w: int
    last_wh: int | None


def chart(
    power: Points,
    energy: Points,
    begin: datetime,
    end: datetime,
    zone: ZoneInfo,
    gap: timedelta | None = None,
) -> Chart | None:
    """Draws (time, W) and (time, Wh), each in order of time; None while there is nothing to draw.

    Where two values are further apart than `gap`, nothing is drawn between them.
    """
    if begin >= end or (len(power) < 2 and len(energy) < 2):
        return None
    power, energy = _thinned(power), _thinned(energy)
    frame = _Frame(begin, end, zone, gap)
    top_w = max((value for _, value in power), default=0)
    last_wh = energy[-1][1] if energy else None
    return Chart(
        frame.drawing(WIDE, power, energy), frame.drawing(SMALL, power, energy), _rows(power, energy), top_w, last_wh
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    begin: datetime
    end: datetime
    zone: ZoneInfo
    gap: timedelta | None

    def drawing(self, size: Size, power: Points, energy: Points) -> Drawing:
        watts = _scale(max((value for _, value in power), default=0))
        watt_hours = _scale(max((value for _, value in energy), default=0))
        runs = self._runs(power)
        return Drawing(
            size,
            " ".join(self._line(size, run, watts[-1]) for run in runs),
            " ".join(self._area(size, run, watts[-1]) for run in runs),
            " ".join(self._line(size, run, watt_hours[-1]) for run in self._runs(energy)),
            tuple((_y(size, value, watts[-1]), value) for value in watts) if power else (),
            tuple((_y(size, value, watt_hours[-1]), value) for value in watt_hours) if energy else (),
            tuple((self._x(size, at), at) for at in _moments(self.begin, self.end, self.zone, size.time_marks)),
        )

    def _x(self, size: Size, at: datetime) -> float:
        share = (at - self.begin) / (self.end - self.begin)
        return round(size.left + min(1.0, max(0.0, share)) * (size.width - size.left - size.right), 1)

    def _line(self, size: Size, run: Points, top: int) -> str:
        return "M" + " L".join(f"{self._x(size, at)},{_y(size, value, top)}" for at, value in run)

    def _area(self, size: Size, run: Points, top: int) -> str:
        floor = _y(size, 0, top)
        return (
            f"{self._line(size, run, top)} L{self._x(size, run[-1][0])},{floor} L{self._x(size, run[0][0])},{floor} Z"
        )

    def _runs(self, points: Points) -> list[Points]:
        """The points, parted where nothing is known."""
        parts: list[list[tuple[datetime, int]]] = []
        for point in points:
            if not parts or (self.gap is not None and point[0] - parts[-1][-1][0] > self.gap):
                parts.append([])
            parts[-1].append(point)
        return [part for part in parts if len(part) > 1]


def _scale(top: int) -> list[int]:
    """Round values from 0 to at least `top` and a thousand, at most six of them."""
    top = max(top, 1000)
    wanted = top / 4
    magnitude = 10 ** math.floor(math.log10(wanted))
    step = next(round(factor * magnitude) for factor in (1, 2, 5, 10) if factor * magnitude >= wanted)
    return [step * place for place in range(-(-top // step) + 1)]


def _moments(begin: datetime, end: datetime, zone: ZoneInfo, most: int) -> list[datetime]:
    """Round local times between two moments, at most so many."""
    step = next((each for each in _STEPS if (end - begin) / each <= most), _STEPS[-1])
    midnight = begin.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    count = math.ceil((begin.astimezone(zone).replace(tzinfo=None) - midnight) / step)
    found = list[datetime]()
    while (at := (midnight + count * step).replace(tzinfo=zone)) <= end:
        found.append(at)
        count += 1
    return found


def _y(size: Size, value: float, top: int) -> float:
    return round(size.height - size.bottom - max(0, value) / top * (size.height - size.top - size.bottom), 1)


def _thinned(points: Points) -> Points:
    """Every n-th point counted from the latest, so that the latest is always there."""
    stride = -(-len(points) // MOST_POINTS) or 1
    return list(points[::-1][::stride])[::-1]


def _rows(power: Points, energy: Points) -> tuple[tuple[datetime, int | None, int | None], ...]:
    watts, watt_hours = dict(power), dict(energy)
    moments = sorted({*watts, *watt_hours})
    stride = -(-len(moments) // MOST_ROWS) or 1
    return tuple((at, watts.get(at), watt_hours.get(at)) for at in moments[::-1][::stride][::-1])
