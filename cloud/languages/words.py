"""Words in another language, from message catalogues."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol

from cloud.domain.words import Name
from cloud.languages.sentences import Sentences

LANGUAGES = ("en", "de")
MESSAGES = Path(__file__).parent / "messages"


def spoken(wishes: Iterable[str]) -> str:
    """The first wish that one of our languages fulfils, as `de` does `de-AT`, else English."""
    return negotiate_locale(wishes, LANGUAGES, sep="-") or LANGUAGES[0]


class Words:
    """Translations of one language; what the catalogue lacks stays English."""

    def __init__(self, language: str) -> None:
        self.locale = Locale(language)
        self._forms = forms(language)
        self._said, self.part = sentences(language).said, sentences(language).part

    def one(self, message: str) -> str:
        """The message in this language."""
        return self._forms.get(message, (message,))[0]

    def said(self, text: str) -> str:
        """A text that may have values in it, in this language; a name stays."""
        return text if isinstance(text, Name) else self._said(text)

    def say(self, message: str, **values: object) -> str:
        """The message in this language, with values in its gaps."""
        return self.one(message).format(**values)

    def many(self, singular: str, plural: str, count: int) -> str:
        """The form that fits the count; all of our languages have two."""
        return self._forms.get(singular, (singular, plural))[0 if count == 1 else 1]


@cache
def sentences(language: str) -> Sentences:
    """What the catalogue of a language knows of sentences with values in them."""
    known = {english: said[0] for english, said in forms(language).items() if len(said) == 1}
    return Sentences(known, get_decimal_symbol(Locale(language)))


@cache
def forms(language: str) -> dict[str, tuple[str, ...]]:
    """Message -> its translation, or the two of one with a count, from `messages/<language>.po`; English needs none."""
    if language == LANGUAGES[0]:
        return {}
    with (MESSAGES / f"{language}.po").open("rb") as file:
        found = {_tuple(message.id): _tuple(message.string) for message in read_po(file, language) if message.id}
    return {ids[0]: strings for ids, strings in found.items() if all(strings)}


def _tuple(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())
