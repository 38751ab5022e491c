"""Charts: what is drawn lies inside, marks are round in local time, and nothing is drawn where nothing is known."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.web.chart import MOST_ROWS, SMALL, WIDE, Chart, Drawing, chart

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 7, 13, 22, 0, tzinfo=UTC)  # midnight in Berlin
DAY = timedelta(days=1)
POINTS = st.lists(st.tuples(st.integers(0, 86_400), st.integers(0, 2_000_000)), min_size=2, max_size=400)


def drawn(power: list[tuple[int, int]], energy: list[tuple[int, int]], gap: timedelta | None = None) -> Chart | None:
    at = [
        [(BEGIN + timedelta(seconds=second), value) for second, value in sorted(dict(each).items())]
        for each in (power, energy)
    ]
    return chart(at[0], at[1], BEGIN, BEGIN + DAY, BERLIN, gap)


def places(drawing: Drawing) -> list[tuple[float, float]]:
    text = f"{drawing.power} {drawing.area} {drawing.energy}"
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", text)]


@settings(max_examples=25)
@given(POINTS, POINTS)
def test_everything_drawn_lies_within_the_axes(power: list[tuple[int, int]], energy: list[tuple[int, int]]) -> None:
    found = drawn(power, energy)
    if found is None:
        assert len(dict(power)) < 2 and len(dict(energy)) < 2
        return
    assert len(found.rows) <= MOST_ROWS
    for drawing, size in ((found.wide, WIDE), (found.small, SMALL)):
        for x, y in places(drawing):
            assert size.left <= x <= size.width - size.right
            assert size.top <= y <= size.height - size.bottom
        for marks in (drawing.power_marks, drawing.energy_marks):
            assert 2 <= len(marks) <= 6 and marks[0][1] == 0
        assert drawing.power_marks[-1][1] >= found.top_w
        assert 2 <= len(drawing.time_marks) <= size.time_marks


def test_marks_are_round_in_local_time() -> None:
    found = drawn([(0, 0), (86_400, 11_000)], [])
    assert found is not None and found.last_wh is None
    local = [at.astimezone(BERLIN).strftime("%H:%M") for _, at in found.wide.time_marks]
    assert local == ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]
    assert [value for _, value in found.wide.power_marks] == [0, 5_000, 10_000, 15_000]
    assert found.wide.energy == ""


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    hours = [(hour * 3600, 1_000) for hour in (0, 1, 2, 10, 11)]
    found = drawn(hours, [], timedelta(hours=2))
    assert found is not None
    assert found.wide.power.count("M") == 2
    assert drawn([(0, 5)], []) is None
