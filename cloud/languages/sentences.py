"""Sentences with values in them, recognised and said in another language: what the database holds stays English."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_GAP = re.compile(r"\{(\w+)\}")
_LETTER = re.compile(r"[^\W\d_]")
_DECIMAL = re.compile(r"(-?\d+)\.(\d+)((?: \S+)?)")
_MOST_PARTS, _DEEPEST, _LONGEST = 8, 3, 2000
_END, _LIST = "; ", (" or ", ", ")


@dataclass(frozen=True, slots=True)
class Template:
    """`pieces` are the texts around the gaps `names`; `said` is the whole in the other language."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]
    said: str

    def values(self, text: str) -> Mapping[str, str] | None:
        """What stands in the gaps of a text: never nothing, and no end of a sentence but in the last gap."""
        first, *between, last = self.pieces
        if not (text.startswith(first) and text.endswith(last)):
            return None
        found, at, end = list[str](), len(first), len(text) - len(last)
        for piece in between:
            until = text.find(piece, at + 1, end)
            if until < 0 or "; " in text[at:until]:
                return None
            found.append(text[at:until])
            at = until + len(piece)
        ends_early = last and "; " in text[at:end]
        return None if at >= end or ends_early else dict(zip(self.names, [*found, text[at:end]], strict=True))


def template(english: str, said: str) -> Template:
    """The template that the catalogue holds as `the {what} of {name}`."""
    pieces = _GAP.split(english)
    return Template(tuple(pieces[::2]), tuple(pieces[1::2]), said)


class Sentences:
    """What the catalogue knows of sentences; `point` parts whole numbers from decimals in the other language."""

    def __init__(self, known: Mapping[str, str], point: str) -> None:
        self._known, self._point = known, point
        found = [template(english, said) for english, said in known.items() if _GAP.search(english)]
        ranked = sorted(found, key=lambda each: -sum(map(len, each.pieces)))
        letters = {each.pieces[0][:1] for each in ranked} | {""}
        self._templates = {
            letter: [each for each in ranked if each.pieces[0][:1] in (letter, "")] for letter in letters
        }
        self.said: Callable[[str], str] = lru_cache(4096)(self._said)

    def template_of(self, text: str) -> tuple[Template, Mapping[str, str]] | None:
        """The template with the most words that the text may have come from, and what fills its gaps."""
        some = self._templates.get(text[:1], self._templates[""])
        fitting = ((each, values) for each in some if (values := each.values(text)) is not None)
        return next(fitting, None)

    def _said(self, text: str) -> str:
        return (len(text) <= _LONGEST and self._found(text, 0)) or text

    def _found(self, text: str, depth: int) -> str | None:
        if depth > _DEEPEST:
            return None
        return self._whole(text, depth) or self._several(text, depth) or self._list(text, depth)

    def _whole(self, text: str, depth: int) -> str | None:
        if text in self._known:
            return self._known[text]
        if depth and (number := _DECIMAL.fullmatch(text)):
            return f"{number[1]}{self._point}{number[2]}{number[3]}"
        if not _LETTER.search(text) or (found := self.template_of(text)) is None:
            return None
        values = {name: self._part(value, depth + 1) for name, value in found[1].items()}
        return _GAP.sub(lambda gap: values[gap[1]], found[0].said)

    def part(self, text: str) -> str:
        """A value by itself: as `said`, but a single word with a capital is a name, and a number gets its point."""
        return self._part(text, 1) if len(text) <= _LONGEST else text

    def _part(self, text: str, depth: int) -> str:
        """A part of a sentence gets its words, a number with its unit its point; a name stays as it is."""
        is_name = " " not in text and text[:1].isupper()
        return text if is_name else self._found(text, depth) or text

    def _several(self, text: str, depth: int) -> str | None:
        """Sentences after each other, of which one at least is known; a sentence may itself hold what ends one."""
        parts = text.split(_END)
        for n in range(min(len(parts) - 1, _MOST_PARTS), 0, -1):
            head, rest = _END.join(parts[:n]), _END.join(parts[n:])
            if said := self._whole(head, depth) or self._list(head, depth):
                return f"{said}{_END}{self._found(rest, depth) or rest}"
        later = self._found(_END.join(parts[1:]), depth + 1) if len(parts) > 1 else None
        return None if later is None else f"{parts[0]}{_END}{later}"

    def _list(self, text: str, depth: int) -> str | None:
        """Things after each other, of which every one is known or has no words."""
        for joint in _LIST:
            parts = text.split(joint)
            if 1 < len(parts) <= _MOST_PARTS:
                said = [self._thing(part, depth) for part in parts]
                if known := [each for each in said if each is not None]:
                    return self._known.get(joint, joint).join(known) if len(known) == len(parts) else None
        return None

    def _thing(self, text: str, depth: int) -> str | None:
        return (self._whole(text, depth) or self._list(text, depth)) if _LETTER.search(text) else text
