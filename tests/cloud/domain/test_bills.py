"""Numbers of bills."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.bills import label, spans


@given(number=st.integers(1, 10**9 - 1), digits=st.from_regex(r"[0-9]{1,9}", fullmatch=True))
def test_the_numbers_that_begin_so_are_in_a_span_and_no_others(number: int, digits: str) -> None:
    tried = {number, *(edge for span in spans(digits) for edge in (span[0] - 1, *span, span[1] + 1))}
    for each in filter(range(1, 10**9).__contains__, tried):
        begins = label("2026", each).startswith(f"2026-{digits}")
        assert begins == any(first <= each <= last for first, last in spans(digits))


def test_what_is_no_number_has_none() -> None:
    assert [spans(text) for text in ("", "x", "1x", "\u0663", "1" * 10)] == [[]] * 5
