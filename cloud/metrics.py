"""/metrics for Prometheus: what is counted as it passes, and what is looked up when somebody asks."""

import asyncio
import hmac
import ipaddress
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

from prometheus_client import CONTENT_TYPE_LATEST, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cloud.db.errors import Unavailable
from cloud.domain.commands import Step
from cloud.domain.sessions import SessionState
from cloud.domain.views import Counts
from cloud.ocpp.central import Central
from cloud.services import overview

COUNTED_EVERY_S = 5.0
COUNTED_WITHIN_S = 2.0
_THROUGH_A_PROXY = ("forwarded", "x-forwarded-for", "x-real-ip")


def route(central: Central) -> Route:
    """GET /metrics: with the token of BOLLARD_METRICS_TOKEN; while there is none, from this machine only."""
    gauges = Gauges(central)
    central.measures.registry.register(gauges)
    ProcessCollector(registry=central.measures.registry)

    async def page(request: Request) -> Response:
        if central.settings.metrics_token is None and not _is_local(request):
            return PlainTextResponse("not found", 404)
        if not _has_token(request, central.settings.metrics_token):
            return PlainTextResponse("the bearer token is wrong", 401, {"WWW-Authenticate": "Bearer"})
        await gauges.count()
        return Response(generate_latest(central.measures.registry), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", page)


def _is_local(request: Request) -> bool:
    """Not for what a proxy on this machine passes on from elsewhere."""
    if request.client is None or any(name in request.headers for name in _THROUGH_A_PROXY):
        return False
    with suppress(ValueError):
        return ipaddress.ip_address(request.client.host).is_loopback
    return False


def _has_token(request: Request, token: str | None) -> bool:
    given = request.headers.get("authorization", "")
    return token is None or hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


class Gauges(Collector):
    """The state of the server now; rows are counted every few seconds at most, and not while the database is out."""

    def __init__(self, central: Central) -> None:
        self._central = central
        self._counts: Counts | None = None
        self._counted_s = -COUNTED_EVERY_S
        self._one = asyncio.Lock()

    async def count(self) -> None:
        """Count rows again if that was long ago; what cannot be counted now stays as it was."""
        async with self._one:
            if self._central.outage.lasting or time.monotonic() - self._counted_s < COUNTED_EVERY_S:
                return
            self._counted_s = time.monotonic()
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(COUNTED_WITHIN_S):
                    self._counts = await self._central.db.read(overview.counts)

    def collect(self) -> Iterator[Metric]:
        central = self._central
        yield _gauge("bollard_stations_online", "Stations that are connected", central.connections.online)
        yield _gauge("bollard_outage", "1 while the database cannot commit", int(central.outage.lasting))
        yield _gauge("bollard_write_queue_depth", "Units of work written or waiting to be", central.db.writing)
        yield _gauge("bollard_journal_queue", "Messages that wait to be logged", central.journal.waiting)
        yield _gauge("bollard_notes_queue", "Incidents that wait to be noted", central.aside.waiting)
        dropped = CounterMetricFamily("bollard_journal_dropped", "Messages not logged", labels=["reason"])
        for reason, count in central.journal.dropped.items():
            dropped.add_metric([reason], count)
        yield dropped
        yield CounterMetricFamily("bollard_notes_dropped", "Incidents not noted", central.aside.dropped)
        if self._counts:
            yield from _counted(self._counts)


def _counted(counts: Counts) -> Iterator[Metric]:
    sessions = {str(state): counts.sessions.get(state, 0) for state in SessionState}
    commands = {str(step): counts.commands.get(step, 0) for step in Step}
    yield _gauge("bollard_stations", "Stations that were added", counts.stations)
    yield _gauges("bollard_sessions", "Sessions by state", "state", sessions)
    yield _gauge("bollard_suspects", "Sessions that wait for a review", sessions[SessionState.SUSPECT])
    yield _gauges("bollard_commands", "Commands by state", "state", commands)
    yield _gauges("bollard_incidents", "Incidents on record by kind", "kind", counts.incidents)
    yield _gauge("bollard_bills_put_off", "Bills that could not be issued and are tried again", counts.put_off)
    yield _gauge("bollard_parked", "Stops that have not found their session", counts.parked)


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value)


def _gauges(name: str, help: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
