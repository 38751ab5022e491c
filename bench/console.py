"""`python -m bench.console`: each page of the console over 10,000 stations and a million sessions on SQLite."""

import argparse
import asyncio
import gzip
import json
import re
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

import httpx
from sqlalchemy import Connection, Engine, event, func, select
from starlette.applications import Starlette

from bench.crowd import NOW, PASSWORD, USER, Size, fill
from bench.kernel import machine
from cloud import web
from cloud.db.database import Database
from cloud.db.tables import bill, metadata
from cloud.services import users
from cloud.services.bell import Bell
from cloud.settings import from_environment
from cloud.web import PAGES
from cloud.web.guard import SIGN_IN_COOKIE

LONGEST_MS = 300
LEVEL = 6


@dataclass(frozen=True)
class Figures:
    """What one address costs: times of the server, its queries, and the bytes of its answer."""

    path: str
    median_ms: float
    p95_ms: float
    cpu_ms: float
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


async def measured(path: Path, times: int, only: str = ""):
    """Every page of a filled database, one after the other, each asked for `times` times after a first time."""
    db = await Database.open(f"sqlite:///{path}")
    settings = from_environment({}, time_zone="Europe/Berlin")
    app = Starlette(routes=web.routes(db, Bell(), settings, clock=lambda: NOW))
    token = await users.sign_in(db, USER, PASSWORD, NOW)
    cookies = {SIGN_IN_COOKIE: token or ""}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://bench.test", cookies=cookies) as client:
        for address in await db.read(addresses):
            if only in address:
                yield await _figures(client, address, times)
    await db.close()


async def _figures(client: httpx.AsyncClient, address: str, times: int) -> Figures:
    with counted() as queries:
        answer = await client.get(address)
    assert answer.status_code == 200, f"{address} answered {answer.status_code}"
    taken, busy = [], []
    for _ in range(times):
        began, began_cpu = time.perf_counter(), time.process_time()
        await client.get(address)
        taken.append(1000 * (time.perf_counter() - began))
        busy.append(1000 * (time.process_time() - began_cpu))
    p95 = quantiles(taken, n=20)[-1] if times > 1 else taken[0]
    packed = len(gzip.compress(answer.content, LEVEL))
    return Figures(address, median(taken), p95, median(busy), len(queries), len(answer.content), packed)
