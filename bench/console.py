"""`python -m bench.console`: each page of the console over 10,000 stations and a million sessions on SQLite."""

import argparse
import asyncio
import gzip
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from sqlalchemy import Connection, Engine, event, func, select
from starlette.applications import Starlette
from starlette.routing import compile_path

from bench.crowd import NOW, OURS, OWNER, PASSWORD, SITE_OPERATOR, Size, fill
from bench.kernel import machine
from cloud import web
from cloud.db.database import Database
from cloud.db.tables import bill, metadata
from cloud.domain.people import Permission
from cloud.services import api_keys, users
from cloud.services.bell import Bell
from cloud.settings import from_environment
from cloud.web.api import ENDPOINTS
from cloud.web.api.endpoints import Kind
from cloud.web.api.openapi import PREFIX
from cloud.web.console import PAGES
from cloud.web.guard import SIGN_IN_COOKIE

SELDOM = {"station": "CP-0007", "tag": "T0077", "text": "Driver 77", "number": "2026-0077", "find": "CP-0007"}
OFTEN = {"station": "CP", "tag": "T0", "driver": "Driver", "number": "2026", "contains": "0", "text": "Driver"}
ASKED = {
    **{"since": "2026-08-23T00:00:00Z", "until": "2026-08-23T00:00:00Z", "site": "Site 01", "id_tag": "T0077"},
    **{"station_id": "77", "session_id": "77", "account_id": "77", "state": "suspect", "contains": "77"},
}
LONGEST_MS = 300
LEAST = "/exports"
LEVEL = 6


@dataclass(frozen=True)
class Figures:
    """What one address costs: times, queries and bytes for the owner, and the median for who has one site."""

    path: str
    median_ms: float
    p95_ms: float
    cpu_ms: float
    site_ms: float | None
    queries: int
    raw_bytes: int
    gzipped_bytes: int


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures for machines")
    parser.add_argument("--file", type=Path, help="a filled database to use again, or where to keep it")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for (default 20)")
    parser.add_argument("--only", default="", help="only addresses with this in them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "bollard.db"
        figures = asyncio.run(_measured(path, options.times, options.only))
    print(json.dumps([asdict(each) for each in figures], indent=2) if options.json else show(figures))


async def _measured(path: Path, times: int, only: str) -> list[Figures]:
    if not path.exists():
        await fill(path, Size())
    return [each async for each in measured(path, times, only)]


async def measured(path: Path, times: int, only: str = "") -> AsyncIterator[Figures]:
    """Every page and list of a filled database, one after the other, each asked for `times` times after a first."""
    db = await Database.open(f"sqlite:///{path}")
    settings = from_environment({"BOLLARD_API_REQUESTS_PER_MINUTE": "10000"})
    app = Starlette(routes=web.routes(db, Bell(), settings, clock=lambda: NOW))
    async with _signed_in(app, db, OWNER) as owner, _signed_in(app, db, SITE_OPERATOR) as other:
        waiting = await db.read(addresses)
        while waiting:
            address = waiting.pop(0)
            first = await owner.get(address)
            assert first.status_code == 200, f"{address} answered {first.status_code}"
            waiting += [] if "?" in address else further(address, first)
            if only in address:
                yield await _figures(address, owner, other, times)
    await db.close()


@asynccontextmanager
async def _signed_in(app: Starlette, db: Database, name: str) -> AsyncIterator[httpx.AsyncClient]:
    token = await users.sign_in(db, name, PASSWORD, NOW)
    assert token is not None
    transport, cookies = httpx.ASGITransport(app), {SIGN_IN_COOKIE: token}
    async with httpx.AsyncClient(transport=transport, base_url="https://bench.test", cookies=cookies) as client:
        client.headers["Authorization"] = f"Bearer {await db.write(_key(name))}"
        yield client


def _key(name: str) -> Callable[[Connection], str]:
    """A key for the API that may what its maker may."""

    def unit(conn: Connection) -> str:
        maker = users.find(conn, OURS, name)
        return api_keys.make(conn, maker, "bench", [each for each in Permission if maker.may(each)], NOW)[1]

    return unit


async def _figures(address: str, owner: httpx.AsyncClient, other: httpx.AsyncClient, times: int) -> Figures:
    with counted() as queries:
        answer = await owner.get(address)
    began_cpu = time.process_time()
    taken = [await _timed(owner, address) for _ in range(times)]
    cpu_ms = 1000 * (time.process_time() - began_cpu) / times
    of_site = [ms for ms, status in [await _timed(other, address) for _ in range(times)] if status == 200]
    wall = sorted(ms for ms, _status in taken)
    return Figures(
        path=address,
        median_ms=median(wall),
        p95_ms=wall[len(wall) * 95 // 100],
        cpu_ms=cpu_ms,
        site_ms=median(of_site) if of_site else None,
        queries=len(queries),
        raw_bytes=len(answer.content),
        gzipped_bytes=len(gzip.compress(answer.content, LEVEL)),
    )


async def _timed(client: httpx.AsyncClient, address: str) -> tuple[float, int]:
    began = time.perf_counter()
    answer = await client.get(address)
    return 1000 * (time.perf_counter() - began), answer.status_code


def addresses(conn: Connection) -> list[str]:
    """Every page of the console and every list of the API, with what a path names taken from the database."""
    lists = [PREFIX + endpoint.path for endpoint in ENDPOINTS if endpoint.kind is not Kind.ONE and not endpoint.changes]
    paths = [page.path for page in PAGES] + [path for path in lists if "{webhook_id" not in path]
    asked = [
        f"{PREFIX}{endpoint.path}?{urlencode({name: ASKED[name]})}"
        for endpoint in ENDPOINTS
        for name in endpoint.query.__struct_fields__
        if endpoint.kind is not Kind.ONE and name in ASKED and "{" not in endpoint.path
    ]
    return [compile_path(path)[1].format_map(_Found(conn)) for path in paths] + asked


class _Found(dict[str, Any]):
    """What `{session_id}` in a path stands for: the last row of `session`, and so on."""

    def __init__(self, conn: Connection) -> None:
        billed = select(bill.c.number).order_by(bill.c.id.desc()).limit(1)
        super().__init__(connector=1, kind="ReserveNow", number=conn.execute(billed).scalar())
        self._conn = conn

    def __missing__(self, name: str) -> int:
        table = metadata.tables[name.removesuffix("_id")]
        return int(self._conn.execute(select(func.max(table.c.id))).scalar() or 0)


def further(address: str, answer: httpx.Response) -> list[str]:
    """A list's second page, and the list by each of its filters."""
    if "next" in answer.links:
        return [answer.links["next"]["url"]]
    chosen = _Filters()
    chosen.feed(answer.text)
    often = [(name, OFTEN[name]) for name in chosen.found if name in OFTEN]
    return [f"{address}?{urlencode({name: value})}" for name, value in [*chosen.found.items(), *often]]


class _Filters(HTMLParser):
    """Of each choice the last entry, for each text something that is there, a day, and where the next page begins."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._choice, self._asks = "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type")
        if tag == "form":
            self._asks = given.get("method", "get") == "get"
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._asks and given.get("value"):
            self.found[self._choice] = given["value"]
        elif tag == "input" and self._asks and kind in {"search", "date"}:
            self.found[name] = f"{NOW - timedelta(days=90):%Y-%m-%d}" if kind == "date" else SELDOM.get(name, "77")
        elif tag == "a" and (after := parse_qs(urlsplit(given.get("href", "")).query).get("after")):
            self.found["after"] = after[0]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the database is asked meanwhile."""
    found = list[str]()

    def count(*arguments: Any) -> None:
        if arguments[2] != "BEGIN":
            found.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def show(figures: Sequence[Figures]) -> str:
    """The table in Markdown; what takes longer than it may is marked.

    The yardstick is a page of the same run that only signs in and shows a form: its processor time is 1.
    """
    least_ms = next((each.cpu_ms for each in figures if each.path == LEAST), None)
    head = [
        "| page | ms | p95 | CPU ms | of the least page | one site ms | queries | kB | gzipped kB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    busy = f"{os.getloadavg()[0]:.0f} programs wanted a processor meanwhile"
    return "\n".join([f"{machine()}, SQLite; {busy}", "", *head, *(_line(each, least_ms) for each in figures)])


def _line(each: Figures, least_ms: float | None) -> str:
    ratio = "" if least_ms is None else f"{each.cpu_ms / least_ms:.1f}"
    of_site = "" if each.site_ms is None else f"{each.site_ms:.0f}"
    slow = " **slow**" if max(each.median_ms, each.site_ms or 0) > LONGEST_MS else ""
    times = f"{each.median_ms:.0f}{slow} | {each.p95_ms:.0f} | {each.cpu_ms:.0f} | {ratio} | {of_site}"
    return f"| `{each.path}` | {times} | {each.queries} | {each.raw_bytes / 1e3:.0f} | {each.gzipped_bytes / 1e3:.1f} |"


if __name__ == "__main__":
    main()
