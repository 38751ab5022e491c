"""Numbers as people type them."""

import re
from decimal import Decimal

_TYPED = re.compile(r"[+-]?([0-9]{1,15}([.,][0-9]{0,15})?|[.,][0-9]{1,15})")


def typed(text: str) -> Decimal | None:
    """The number in a text such as 20, 12.50 or 12,5; None when it is none.

    Without exponents: 1e999999999 is short to write, and its digits fill the memory.
    """
    return Decimal(text.replace(",", ".")) if _TYPED.fullmatch(text) else None
