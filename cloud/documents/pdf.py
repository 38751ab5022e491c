"""Receipts and statements as PDF: A4, Open Sans, and an Arabic face for names that need it.

Import it only where a PDF is asked for: its library is large.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from unicodedata import bidirectional

import fontpkg
from fpdf import FPDF, XPos, YPos
from fpdf.enums import TableBordersLayout, TextMode
from fpdf.fonts import FontFace

from cloud.documents.receipt import Receipt
from cloud.documents.statement import StatementPage
from cloud.languages.words import Words

_MARGIN_MM, _LINE_MM, _GAP_MM = 20, 5, 5
_SOFT, _INK = (90, 102, 95), (27, 36, 32)
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
logging.getLogger("fpdf").setLevel(logging.ERROR)  # a missing glyph is shown as a box, not told on the terminal


def receipt_pdf(shown: Receipt, issued_at: datetime) -> bytes:
    """The receipt as a PDF file, the same bytes each time."""
    say = Words(shown.language).say
    page = _Sheet(shown, issued_at)
    page.head(shown.title, shown.issued)
    page.paragraph(shown.buyer)
    page.paragraph(shown.notes)
    page.pairs(shown.facts)
    rows = [(f"{line.what}: {line.why}", line.vat, line.net) for line in shown.lines]
    page.rows((say("What for"), say("VAT"), say("Net")), rows, (110, 20, 40), "LRR")
    page.sums((*shown.sums, (say("Total"), shown.total)))
    periods = [(each.when, each.what, each.prices, each.energy) for each in shown.periods]
    page.rows((say("Period"), "", say("Prices without VAT"), say("Energy")), periods, (52, 26, 66, 26), "LLLR")
    page.paragraph((say("Times are those of {zone}.", zone=shown.zone),))
    return bytes(page.output())


def statement_pdf(shown: StatementPage, issued_at: datetime) -> bytes:
    """The statement as a PDF file."""
    say = Words(shown.language).say
    page = _Sheet(shown, issued_at)
    page.head(shown.title, shown.period)
    page.paragraph(shown.account)
    page.rows((say("Date"), say("What"), say("Amount")), [tuple(entry) for entry in shown.entries], (35, 95, 40), "LLR")
    page.sums((shown.balance,))
    bills = [tuple(bill) for bill in shown.bills]
    heads = (say("Bill"), say("Where"), say("Energy"), say("Net"), say("VAT"), say("Total"))
    page.rows(heads, bills, (30, 50, 24, 22, 20, 24), "LLRRRR")
    page.sums(shown.sums)
    page.paragraph((say("Times are those of {zone}.", zone=shown.zone),))
    return bytes(page.output())


class _Sheet(FPDF):
    """Pages with the seller's footer; names in whatever script are laid out in their own direction."""

    def __init__(self, shown: Receipt | StatementPage, at: datetime) -> None:
        super().__init__()
        self._seller, self._foot, self._words = shown.seller, shown.footer, Words(shown.language)
        self.set_title(shown.title)
        self.set_author(shown.seller[0])
        self.set_lang(shown.language)
        self.set_creation_date(at)
        self.add_font("sans", fname=fontpkg.path("Open Sans"))
        self.add_font("arabic", fname=fontpkg.path("Noto Sans Arabic"))
        self.set_fallback_fonts(["arabic"], exact_match=False)
        self.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(True, _MARGIN_MM + _LINE_MM * len(shown.footer))
        self.add_page()

    def footer(self) -> None:
        """Called at the end of each page."""
        self.set_y(-_MARGIN_MM - _LINE_MM * (len(self._foot) - 1))
        for line in (*self._foot, self._words.say("Page {number}", number=self.page_no())):
            self._say(line, 8, soft=True, align="C")

    def head(self, title: str, day: str) -> None:
        """The seller, the document's title and its date."""
        self._say(self._seller[0], 11, bold=True)
        for line in self._seller[1:]:
            self._say(line, 9, soft=True)
        self.ln(_GAP_MM)
        self._say(title, 18, bold=True)
        self._say(day, 10, soft=True)
        self.ln(_GAP_MM)

    def paragraph(self, lines: Iterable[str]) -> None:
        """Lines below each other."""
        for line in lines:
            self._say(line, 10)
        self.ln(_GAP_MM if lines else 0)

    def pairs(self, facts: Iterable[tuple[str, str]]) -> None:
        """Words on the left, their value beside them."""
        for words, value in facts:
            self._say(words, 10, soft=True, width=45, stay=True)
            self._say(value, 10)
        self.ln(_GAP_MM)

    def rows(self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], aligns: str) -> None:
        """A table whose heads come again on every page; nothing without rows."""
        if not rows:
            return
        self._face(9, soft=False)
        self._shape("".join(cell for row in rows for cell in row))
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(widths),
            text_align=tuple({"L": "LEFT", "R": "RIGHT"}[side] for side in aligns),
            line_height=_LINE_MM,
            padding=(1, 1),
            headings_style=FontFace(color=_SOFT),
        ) as table:
            for cells in (heads, *rows):
                table.row([_drawable(cell) for cell in cells])
        self.ln(2)

    def sums(self, sums: Iterable[tuple[str, str]]) -> None:
        """Sums on the right; the last is what counts."""
        every = list(sums)
        for n, (words, value) in enumerate(every, start=1):
            size = 12 if n == len(every) else 10
            self._say(words, size, width=130, stay=True, align="R", bold=n == len(every))
            self._say(value, size, align="R", bold=n == len(every))
        self.ln(_GAP_MM)

    def _say(
        self,
        words: str,
        size: int,
        *,
        soft: bool = False,
        bold: bool = False,
        width: int = 0,
        stay: bool = False,
        align: str = "L",
    ) -> None:
        self._face(size, soft=soft)
        self._shape(words)
        self.text_mode = TextMode.FILL_STROKE if bold else TextMode.FILL
        where = (XPos.RIGHT, YPos.TOP) if stay else (XPos.LMARGIN, YPos.NEXT)
        self.multi_cell(width, size / 2, _drawable(words), align=align, new_x=where[0], new_y=where[1])
        self.text_mode = TextMode.FILL

    def _face(self, size: int, *, soft: bool) -> None:
        self.set_font("sans", size=size)
        self.set_text_color(*(_SOFT if soft else _INK))
        self.set_draw_color(*_INK)
        self.set_line_width(0.2)

    def _shape(self, text: str) -> None:
        """Letters join and run from right to left only where a script asks for it: plain text stays searchable."""
        self.set_text_shaping(any(bidirectional(letter) in _RIGHT_TO_LEFT for letter in text))


def _drawable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
