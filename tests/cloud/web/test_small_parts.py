"""The pure parts: words, formats, the sparkline and the pause."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.documents import receipt
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.incidents import IncidentKind
from cloud.domain.pricing import LineKind, PeriodKind
from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus
from cloud.languages.formats import duration
from cloud.languages.words import Words
from cloud.web import PAGES, command_words, formats, words
from cloud.web.guard import own_path
from cloud.web.live import event
from cloud.web.navigation import NAVIGATION
from cloud.web.sparkline import HEIGHT, MOST_POINTS, WIDTH, sparkline
from cloud.web.templates import STATIC
from cloud.web.throttle import REMEMBERED, Throttle

NOW = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
BERLIN = formats.PageFormats(Words("en"), ZoneInfo("Europe/Berlin"))


def test_every_code_has_words_and_an_icon() -> None:
    tables = ((words.STATUS, ConnectorStatus), (words.SESSION, SessionState), (words.STEP, Step))
    for table, codes in tables:
        assert set(table) == set(codes)
    assert set(receipt.LINES) == set(LineKind) and set(receipt.PERIODS) == set(PeriodKind)
    assert set(words.INCIDENT) == set(IncidentKind)
    icons = set(re.findall(r'<symbol id="(\w+)"', (STATIC / "icons.svg").read_text()))
    signs = [sign for table, _ in tables for sign in table.values()]
    assert {sign.icon for sign in [*signs, words.ONLINE, words.OFFLINE, words.NEVER, words.BILLED]} <= icons
    used = {
        name
        for page in (STATIC.parent / "templates").iterdir()
        for name in re.findall(r'icon\("(\w+)"', page.read_text())
    }
    tools = "".join(module.read_text() for module in (STATIC.parent / "console").glob("*.py"))
    used |= {entry.icon for entry in NAVIGATION} | set(re.findall(r'Tool\(.*?N_\(.*?\), "(\w+)"', tools))
    assert used <= icons and "upload" in used


def test_each_page_belongs_to_one_entry_of_the_bar() -> None:
    entries = {page.path: [entry.path for entry in NAVIGATION if entry.leads_to(page.path)] for page in PAGES}
    assert {path for path, found in entries.items() if len(found) != 1} == {"/me"}
    assert (entries["/stations/{station_id:int}"], entries["/stops/{orphan_stop_id:int}"]) == (["/"], ["/attention"])


def test_tones_have_a_colour_in_light_and_dark() -> None:
    style = (STATIC / "bollard.css").read_text()
    light, dark = (set(re.findall(r"(--[\w-]+):", block)) for block in re.findall(r":root \{(.*?)\}", style, re.S)[:2])
    assert light - dark == {"--round", "--gap"}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def painted() -> set[tuple[str, str]]:
    """Each colour of a text with its ground, wherever a rule of the style sheet gives both, and on paper and cards."""
    rules = re.findall(r"\{([^{}]*)\}", (STATIC / "bollard.css").read_text())
    found = set[tuple[str, str]]()
    for rule in rules:
        text = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", rule)
        ground = re.search(r"background(?:-color)?: var\(--([\w-]+)\)", rule)
        if text:
            found |= {(text[1], on) for on in ([ground[1]] if ground else ["paper", "card"])}
    return found - {("on-accent", on) for on in ("paper", "card")}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_everything_can_be_read(scheme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", (STATIC / "bollard.css").read_text(), re.S)[scheme]
    colour = dict(re.findall(r"--([\w-]+): (#\w{6});", block))
    pairs = [(tone, f"{tone}-wash") for tone in ("good", "busy", "wait", "bad", "off")]
    pairs += [(ink, ground) for ink in ("ink", "soft", "accent", "bad") for ground in ("paper", "card")]
    pairs += [("on-accent", "accent"), ("card", "bad"), ("soft", "off-wash")]
    pairs += painted()
    poor = {pair: round(contrast(colour[pair[0]], colour[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def test_unknown_codes_are_taken_apart() -> None:
    assert words.error_words("SomethingNewHappened") == "Something new happened"
    assert words.incident_words("strange_thing") == "Strange thing"
    assert words.stop_words("Local") == "At the station"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (4320, "1 h 12 min"),
        (273_600, "3 d 4 h"),
        (-5, "0 s"),
    ],
)
def test_durations(seconds: int, said: str) -> None:
    assert duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("power_w", "said"), [(None, "–"), (0, "0 W"), (99, "99 W"), (7_360, "7.4 kW"), (-500, "-0.5 kW")]
)
def test_power(power_w: int | None, said: str) -> None:
    assert BERLIN.kw(power_w) == said


def test_times_are_local_and_as_short_as_they_are_clear() -> None:
    assert ">00:30<" in BERLIN.near(NOW, NOW)
    assert ">14 Jul, 23:30<" in BERLIN.near(NOW - timedelta(hours=1), NOW)
    assert ">15 Jul 2025, 00:30<" in BERLIN.near(NOW - timedelta(days=365), NOW)
    assert 'datetime="2026-07-14T22:30:00+00:00"' in BERLIN.full(NOW)


powers = st.lists(st.tuples(st.integers(0, 10_000), st.integers(-100_000, 400_000)), max_size=400)


@given(powers)
def test_a_sparkline_stays_within_its_picture(points: list[tuple[int, int]]) -> None:
    drawn = sparkline([(NOW + timedelta(seconds=at), power_w) for at, power_w in sorted(points)])
    if drawn is None:
        assert len({at for at, _ in points}) < 2 or len(points) > MOST_POINTS
        return
    coordinates = [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+),(\S+)", drawn.line)]
    assert len(coordinates) <= MOST_POINTS
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in coordinates)
    assert coordinates[0][0] == 0 and coordinates[-1][0] == WIDTH


def test_a_sparkline_always_shows_the_latest_value() -> None:
    steady = [(NOW + timedelta(seconds=number), 1_000) for number in range(1_001)]
    drawn = sparkline([*steady, (NOW + timedelta(seconds=1_001), 0)])
    assert drawn is not None
    assert drawn.line.endswith(f"{float(WIDTH)},{float(HEIGHT - 1)}")


@given(st.lists(st.floats(0, 1_000), max_size=60))
def test_no_window_holds_more_tries_than_allowed(gaps: list[float]) -> None:
    throttle, now_s, passed = Throttle(tries=3, pause_s=100), 0.0, list[float]()
    for gap in gaps:
        now_s += gap
        wait_s = throttle.wait_s("key", now_s)
        if wait_s == 0:
            passed.append(now_s)
        else:
            assert 0 < wait_s <= 100
    assert all(later - earlier >= 100 for earlier, later in zip(passed, passed[3:], strict=False))


def test_the_pause_forgets_the_oldest_key_and_who_succeeded() -> None:
    throttle = Throttle(tries=1, pause_s=100)
    assert throttle.wait_s("first", 0) == 0
    assert throttle.wait_s("first", 1) == 99
    throttle.take_back("first")
    assert throttle.wait_s("first", 2) == 0
    for number in range(REMEMBERED):
        throttle.wait_s(number, 3)
    assert throttle.wait_s("first", 4) == 0


@given(st.text())
def test_a_wanted_path_never_leaves_this_host(wanted: str) -> None:
    led = own_path(wanted)
    assert led.startswith("/") and not led.startswith(("//", "/\\"))
    assert led.isprintable()


def test_an_event_keeps_every_line_of_its_data() -> None:
    assert event("fragment", "<p>\n\n</p>") == "event: fragment\ndata: <p>\ndata: \ndata: </p>\n\n"
    assert event("beat", "") == "event: beat\ndata: \n\n"


def test_every_command_has_words_and_says_what_it_waits_for() -> None:
    asked = Command(1, CommandKind.RESET, 1, "lab-1", {}, Step.ACCEPTED, NOW, NOW)
    assert words.waiting_words(asked) == ("Waiting for its effect: %(effect)s", "the station to start again")
    assert words.waiting_words(replace(asked, state=Step.DONE)) is None
    assert all(command_words.command_words(kind)[0].isupper() for kind in CommandKind)
    assert set(command_words.HELP) == set(CommandKind)


@pytest.mark.parametrize(
    ("text", "as_it_is"),
    [
        ("give a number such as 3", False),
        ("location: an address", False),
        ("", False),
        ("'bad tag' is no tag", True),
        ("https:// is needed", True),
        ("min_kwh is -1", True),
    ],
)
def test_what_was_typed_gets_no_capital(text: str, as_it_is: bool) -> None:
    assert bool(formats.verbatim(text)) is as_it_is
