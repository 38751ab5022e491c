"""Sentences with values in them: found wherever they are written, known again, said in another language."""

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.domain import reasons
from cloud.domain.tariff_words import describe
from cloud.domain.tariffs import Restrictions, Weekday
from cloud.languages.collect import template
from cloud.languages.sentences import Sentences
from cloud.languages.sentences import template as parsed
from cloud.languages.words import LANGUAGES, forms, sentences

ROOT = Path(__file__).parents[3]
GAP = re.compile(r"\{(\w+)\}")
SPEAKERS = {
    "Finding",
    "Complaint",
    "NotFound",
    "NotNow",
    "AlreadyThere",
    "Malformed",
    "Outcome",
    "Undelivered",
    "refuse",
}
SPEAKERS |= {"BadTariff", "BadCorrection", "BadMonth", "BadAnswer", "UnknownCurrency", "record", "note", "change"}
GERMAN = sentences("de")


def templates(language: str) -> list[str]:
    return [english for english in forms(language) if GAP.search(english)]


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_each_sentence_is_known_again_by_its_own_template(language: str) -> None:
    known = sentences(language)
    assert len(templates(language)) > 200
    for english in templates(language):
        values = {name: f"{n}7" for n, name in enumerate(GAP.findall(english), 1)}
        found = known.template_of(english.format(**values))
        assert found, english
        assert found[0].pieces == parsed(english, "").pieces
        assert list(found[1].values()) == list(values.values())


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """Whatever a module hands to those who speak to people, as templates."""
    tree = ast.parse(path.read_text())
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in SPEAKERS:
            yield from (
                (each.lineno, template(each, {}))
                for each in call.args
                if isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and isinstance(each.value, str))
            )


def test_nothing_that_is_said_is_missing_from_the_catalogue() -> None:
    """Also `{kind} asked`, which the collector takes only because it is marked; a single word is a code or a field."""
    known = {GAP.sub("{}", english) for english in forms("de")}
    parts = ("domain", "domain/diagnosis", "domain/pricing", "services", "hooks", "ocpp", "web", "web/console")
    told = [
        (path.name, line, GAP.sub("{}", text))
        for part in parts
        for path in (ROOT / "cloud" / part).glob("*.py")
        for line, text in spoken(path)
    ]
    assert len(told) > 150
    missing = [each for each in told if re.search(r"[A-Za-z]", each[2]) and not re.fullmatch(r"[\w.{}]+", each[2])]
    assert [each for each in missing if each[2] not in known] == []


def test_what_the_domain_says_is_said_in_german() -> None:
    assert GERMAN.said(reasons.went_back(7000, 10)) == (
        "der Zähler ging von 7000 auf 10 Wh zurück; er wurde zurückgesetzt, gewechselt oder falsch gelesen"
    )
    assert GERMAN.said(reasons.jumped(90_000, 60, 22_500)).startswith(
        "der Zähler stieg um 90000 Wh in 60 s, mehr als die 22,5 kW"
    )
    assert GERMAN.said("RemoteStartTransaction asked") == "RemoteStartTransaction verlangt"
    night = Restrictions(day_of_week=(Weekday.MONDAY, Weekday.TUESDAY), max_kwh=Decimal(20), min_duration=5400)
    assert GERMAN.said(describe(night)) == "Mo, Di, bis 20 kWh, nach 1 h 30 min"


WHY = "5.6 kWh × 0.39 EUR; Mon, Tue 22:00–06:00, up to 2.5 kWh or Sat; 5.512 kWh used, billed in steps of 0.1 kWh"
WARUM = "5,6 kWh × 0,39 EUR; Mo, Di 22:00–06:00, bis 2,5 kWh oder Sa; 5,512 kWh verbraucht, berechnet in Schritten"


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("5.512 kWh × 0.39 EUR", "5,512 kWh × 0,39 EUR"),
        ("1 session × 0.50 EUR", "1 Ladevorgang × 0,50 EUR"),
        (
            "vat is 100.5; it must be between 0 and 100 percent",
            "vat ist 100,5; es muss zwischen 0 und 100 Prozent liegen",
        ),
        (WHY, WARUM + " von 0,1 kWh"),
        (
            "element 1: price is -1; it must be 0 or more; element 2: a list of mine",
            "Element 1: price ist -1; es muss 0 oder mehr sein; Element 2: a list of mine",
        ),
        (
            "Reset cannot be asked like this: listVersion: it is 1 or more",
            "Reset kann so nicht verlangt werden: listVersion: sie ist 1 oder mehr",
        ),
        (
            "; ".join(map(reasons.unreadable_time, ("start", "stop"))),
            "die Zeit (Beginn) ist unlesbar; es gilt die Zeit des Eingangs; "
            "die Zeit (Ende) ist unlesbar; es gilt die Zeit des Eingangs",
        ),
        (
            "there is no tag 'Open'; `bollard cloud add-tag` adds one",
            "es gibt keine Karte 'Open'; `bollard cloud add-tag` fügt eine hinzu",
        ),
        (
            "the wallet of Open has 1.50 EUR, and a start needs 5.00 EUR",
            "das Guthaben von Open beträgt 1,50 EUR, und ein Beginn braucht 5,00 EUR",
        ),
    ],
)
def test_sentences_within_sentences(english: str, german: str) -> None:
    assert GERMAN.said(english) == german


@pytest.mark.parametrize(
    "unknown", ["", "x", "ACME Charger 3000; really, or not", "2026-11-21", "{x} {y}", "%(a)s", "; ; ;"]
)
def test_what_is_not_ours_stays_as_it_is(unknown: str) -> None:
    assert GERMAN.said(unknown) == unknown


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["the ", " of ", "; ", "{a}", "x", " or ", ", ", "1.5 kWh", " is missing"]), max_size=40)
)
def test_no_text_breaks_it_and_values_are_kept(parts: list[str]) -> None:
    known = Sentences({"the {a} of {b}": "{b}s {a}", "{b} is missing": "{b} fehlt", " or ": " oder "}, ",")
    text = "".join(parts)
    assert known.said(text).count("x") == text.count("x")
    assert Sentences({}, ".").said(text) == text
