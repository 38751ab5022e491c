"""The table of cases names tests that exist, every test of a case, and every case that is for central systems."""

import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
CASES = """
    001 003 004_1 004_2 005_1 007 010 011_1 011_2 012 013 014 017_1 017_2 018_1 019_1 019_2 021 023_1 023_2 023_3 024
    026 028 030 031 032_1 037_1 037_3 039 040_1 040_2 042_1 042_2 043_1 043_3 043_4 043_5 044_1 044_2 044_3 045_1 045_2
    046 047 048_1 048_2 048_3 048_4 049 051 052 053 054 055 056 057 059 060 061 064 066 067 085 088
"""
SECURITY = "073 074 075_1 075_2 076 077 078 079 080 081 083 086 087"


def rows() -> Iterator[tuple[list[str], list[str], str]]:
    """The cases, the tests and the remarks of every row of the table."""
    for line in (HERE / "README.md").read_text().splitlines():
        if re.match(r"\| \d", line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            yield cells[0].split(", "), re.findall(r"`([^`]+)`", cells[2]), cells[3]


def written() -> set[str]:
    """Every test of a numbered case."""
    sources = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    return set(re.findall(r"^async def (test_\d\w+)", sources, re.MULTILINE))


def test_the_table_names_the_tests_that_there_are() -> None:
    assert {test for _, tests, _ in rows() for test in tests} == written()


def test_every_row_names_a_test_of_its_cases() -> None:
    for cases, tests, remark in rows():
        assert remark == "Security extension." or tests, cases
        assert all(f"test_{case}_" in test for case in cases for test in tests), cases


def test_every_case_for_central_systems_is_there_once() -> None:
    played = [case for cases, tests, _ in rows() for case in cases if tests]
    left = [case for cases, tests, _ in rows() for case in cases if not tests]
    assert (played, left) == (CASES.split(), SECURITY.split())
