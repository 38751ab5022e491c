"""What a page weighs where there is much to show: queries and bytes, over a small copy of the bench's operator."""

import asyncio
import gzip

import pytest

from bench.console import Figures, measured
from bench.crowd import Size, fill
from cloud.web import PAGES
from cloud.web.packing import LEVEL
from cloud.web.templates import STATIC

CROWD = Size(stations=120, sites=4, sessions=600, messages=200, tags=60, accounts=60)
MOST_QUERIES = 8
FIRST_PAGE_BYTES, ANY_PAGE_BYTES = 150_000, 250_000


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> list[Figures]:
    """Each page and each list by each of its filters."""
    path = tmp_path_factory.mktemp("crowd") / "bollard.db"

    async def weighed() -> list[Figures]:
        await fill(path, CROWD)
        return [each async for each in measured(path, times=1)]

    return asyncio.run(weighed())


def test_every_page_is_weighed(figures: list[Figures]) -> None:
    assert len(figures) > len(PAGES)


def test_a_page_costs_few_queries_however_much_it_shows(figures: list[Figures]) -> None:
    assert {each.path: each.queries for each in figures if each.queries > MOST_QUERIES} == {}


def test_pages_are_light_with_all_they_load(figures: list[Figures]) -> None:
    files = sum(len(gzip.compress(file.read_bytes(), LEVEL)) for file in STATIC.iterdir())
    whole = {each.path: each.gzipped_bytes + files for each in figures}
    assert whole["/"] < FIRST_PAGE_BYTES
    assert {path: size for path, size in whole.items() if size >= ANY_PAGE_BYTES} == {}
