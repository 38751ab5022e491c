"""The pages in another language: every text has its translation, numbers and times look as one writes them there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from sqlalchemy import Connection

from cloud.domain.commands import CommandKind, Step
from cloud.languages.words import LANGUAGES, MESSAGES
from cloud.services import commands, organisations
from cloud.services.organisations import Choices
from cloud.web import PAGES
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard
from tests.ours import OURS

ROOT = Path(__file__).parents[3]
PLACES = {"{number}": "2026-0001", "{kind}": "Reset"}
ENGLISH = re.compile(r"\b(the|and|of|is|are|with|this|that|from|for|has|have|not|no|by|to be)\b")
STATIONS_OWN = ("78 °C at the contactor", "the timestamp was not a date; the time of receipt is used")
GERMAN = {"accept-language": "fr;q=0.9, de-AT, en;q=0.5"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: no words are in the database."""
    return sqlite_url


def texts(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What pages, documents and letters say, collected with the options that the Makefile uses."""
    line = re.search(r"frontend -q extract (.*?)-o \S+ (.*)", (ROOT / "Makefile").read_text().replace("\\\n", ""))
    assert line
    path = tmp_path_factory.mktemp("messages") / "texts.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", *line[1].split(), "-o", str(path)]
    subprocess.run([*command, *line[2].split()], cwd=ROOT, check=True)
    return texts(path)


def ids(catalogue: Catalog) -> set[str | tuple[str, ...]]:
    return {message.id if isinstance(message.id, str) else tuple(message.id) for message in catalogue if message.id}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated_and_none_is_stale(language: str, collected: Catalog) -> None:
    catalogue = texts(MESSAGES / f"{language}.po")
    assert (ids(collected) - ids(catalogue), ids(catalogue) - ids(collected)) == (set(), set()), "run `make messages`"
    assert len(ids(collected)) > 150
    for message in catalogue:
        assert message.id == "" or all(strings(message.string)), message.id
        assert {tuple(gaps(text)) for text in strings(message.string)} <= {
            tuple(gaps(text)) for text in strings(message.id)
        }, message.id


def strings(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(map(str, text)) if isinstance(text, tuple | list) else ()


def gaps(text: str) -> Iterator[str]:
    yield from sorted(re.findall(r"%\(\w+\)s|\{\w+\}", text))


async def test_the_browsers_wish_counts(browser: Browser, place: Yard) -> None:
    for wish, language in (
        ("de-AT", "de"),
        ("fr, de;q=0.1", "de"),
        ("fr", "en"),
        ("de;q=0, en", "en"),
        ("x;q=y", "en"),
    ):
        answer = await browser.client.get("/", headers={"accept-language": wish})
        assert f'<html lang="{language}">' in answer.text, wish
        assert answer.headers["vary"] == "Accept-Language"


async def test_german_pages_speak_german(browser: Browser, place: Yard) -> None:
    home = words((await browser.client.get("/", headers=GERMAN)).text)
    assert "Stationen online 1 von 3 Lädt 1 Leistung jetzt 11,0 kW" in home
    assert "Online seit 08:30" in home
    assert "1 unbekannte Station wollte sich verbinden · 1 Ladevorgang ist zu prüfen" in home
    assert "Energie 8,49 kWh Leistung 11,0 kW Dauer 52 min Kosten bisher 4,53 EUR" in home
    sessions = words((await browser.client.get("/sessions", headers=GERMAN)).text)
    assert "5,512 kWh 3,15 EUR 2026-0001 Abgerechnet" in sessions
    missing = words((await browser.client.get("/nowhere", headers=GERMAN)).text)
    assert "Hier ist nichts" in missing


async def test_no_german_page_speaks_english(console: Console, browser: Browser, place: Yard) -> None:
    def furnish(conn: Connection) -> None:
        organisations.choose(conn, OURS, Choices(language="de"), NOW)
        asked = commands.ask(conn, CommandKind.RESET, place.hall, {"type": "Hard"}, None, NOW)
        commands.note(conn, asked.id, Step.EXPIRED, "the station could not store the list: it answered <b>", NOW)

    await console.db.write(furnish)
    for page in PAGES:
        path = re.sub(r"{\w+(:int)?}", lambda part: PLACES.get(part[0], "1"), page.path)
        answer = await browser.client.get(path, headers=GERMAN)
        html = re.sub(r"<(script|style|code|pre|svg|time|textarea)\b.*?</\1>", " ", answer.text, flags=re.S)
        lines = [line.strip() for line in re.split(r"<[^>]*>", html) if ENGLISH.search(line)]
        assert answer.status_code == 200 and [line for line in lines if not line.endswith(STATIONS_OWN)] == [], path
    told = (await browser.client.get("/stations/1/commands", headers=GERMAN)).text
    assert "die Station konnte die Liste nicht speichern: sie antwortete &lt;b&gt;" in told


async def test_what_a_station_says_is_escaped_in_every_language(browser: Browser, place: Yard) -> None:
    for headers in ({}, GERMAN):
        home = (await browser.client.get("/", headers=headers)).text
        assert 'href="/attention"' in home and "&lt;time" not in home


def test_only_our_own_texts_are_taken_as_markup() -> None:
    """Whatever is looked up by a name that may come from a station goes through `said`, which is escaped."""
    for path in (ROOT / "cloud/web/templates").glob("*.html"):
        assert re.findall(r"(?<!\w)_\((?!\")|gettext\((?!\")", path.read_text()) == [], path.name
