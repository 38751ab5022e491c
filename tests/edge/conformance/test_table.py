"""The table of cases names tests that exist, every test of a case, and every case of the Core profile."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.edge.conformance.test_commands import ABSENT

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CORE = """
    001 002 003 004_1 004_2 005_1 005_2 005_3 007_1 007_2 010 011_1 011_2 012 013 014 015 016 017_1 017_2 018_1 018_2
    019 021 023 024 026 027 028 030 031 032_1 032_2 034 036 037_1 037_2 037_3 038 039 040_1 040_2 041 061_1 061_2 062
    068 069 070 071
"""


def rows() -> Iterator[tuple[list[str], list[str]]]:
    """The cases and the tests of every row of the table."""
    for line in (HERE / "README.md").read_text().splitlines():
        if re.match(r"\| \d", line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            yield cells[0].split(", "), re.findall(r"`([^`]+)`", cells[2])


def written() -> set[str]:
    """Every test of a numbered case, the absent profiles one by one."""
    sources = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    numbered = set(re.findall(r"^async def (test_\d\w+)", sources, re.MULTILINE))
    return numbered | {f"test_absent_profiles[{case}]" for case, *_ in ABSENT}


def test_the_table_names_the_tests_that_there_are() -> None:
    assert {test for _, tests in rows() for test in tests} == written()


def test_every_row_names_a_test_of_its_cases() -> None:
    for cases, tests in rows():
        assert all(any(case in test for test in tests) for case in cases), cases


def test_every_case_of_the_core_profile_is_played() -> None:
    assert set(CORE.split()) <= {case for cases, _ in rows() for case in cases}


def complaints() -> list[tuple[str, str]]:
    """File and test of every complaint from the field."""
    rows = re.findall(r"^\|.*\| `(tests/\S+\.py)` \| (.*) \|$", (HERE / "README.md").read_text(), re.MULTILINE)
    return [(file, test) for file, tests in rows for test in re.findall(r"`(\w+)`", tests)]


def test_every_complaint_names_a_test_that_there_is() -> None:
    assert len(complaints()) >= 14
    for file, test in complaints():
        assert re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE), (file, test)
