"""What goes on now, and what needs attention."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from cloud.db.queries import faults, load, screens
from cloud.db.queries import orphans as orphan_rows
from cloud.db.queries import webhooks as webhook_rows
from cloud.domain.people import Permission
from cloud.domain.views import SiteRow, StationSearch, StationState
from cloud.services import orphans, overview, stations
from cloud.services.bell import Topic
from cloud.services.load import SLICE
from cloud.web.chart import Chart, chart
from cloud.web.console.webhooks import host
from cloud.web.pages import Action, Look, Page
from cloud.web.sparkline import sparkline

A_PAGE = 50
SPARKLINE_SPAN = timedelta(hours=2)
INCIDENTS_SPAN = timedelta(days=1)
MOST_INCIDENTS = 50
MOST_STOPS = 20
MOST_FAULTS = 100
UNHURRIED_S = 2.0  # with ten thousand stations something changes all the time
_EVERYTHING = frozenset(Topic)


def home(conn: Connection, look: Look) -> dict[str, Any]:
    """Sites in figures, and a page of their stations: nothing grows with how many there are."""
    wanted = _wanted(look)
    attention, zone = screens.surroundings(conn, look.now, look.now - INCIDENTS_SPAN, look.scope, wanted.site_id)
    midnight = look.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    sites = load.sites(conn, midnight, look.scope)
    chosen = [site for site in sites if wanted.site_id in (None, site.id)]
    if wanted.site_id is not None and not chosen:
        raise HTTPException(404)
    rows, open_ = overview.some_stations(conn, wanted, A_PAGE + 1, look.scope)
    shown = {connector.session.id for row in rows[:A_PAGE] for connector in row.connectors if connector.session}
    points = screens.power(conn, shown, look.now - SPARKLINE_SPAN)
    return {
        "sites": sites,
        "total": _total(chosen),
        "wanted": wanted,
        "zone": zone,
        "chart": _day(conn, look, midnight, zone, wanted.site_id, chosen),
        "stations": rows[:A_PAGE],
        "more": _further(wanted, rows[A_PAGE - 1].identity) if len(rows) > A_PAGE else None,
        "waiting": [session for session in open_ if session.id not in shown],
        "sparklines": {id: sparkline(of_session) for id, of_session in points.items()},
        "attention": attention,
        "faulted": sum(site.faulted for site in sites),
    }


def _wanted(look: Look) -> StationSearch:
    """What the address asks for; HTTPException 404 for a site or a state that cannot be."""
    site, state = look.query.get("site", ""), look.query.get("state", "")
    if state and state not in set(StationState):
        raise HTTPException(404)
    if site and not (site.isascii() and site.isdigit() and len(site) < 19):
        raise HTTPException(404)
    return StationSearch(
        site_id=int(site) if site else None,
        state=StationState(state) if state else None,
        contains=look.query.get("find", "").strip()[:64],
        after=look.query.get("after") or None,
    )


def _further(wanted: StationSearch, after: str) -> str:
    """The address of the next page."""
    asked = {"site": wanted.site_id, "state": wanted.state, "find": wanted.contains, "after": after}
    return "/?" + urlencode({name: value for name, value in asked.items() if value})


def _total(sites: list[SiteRow]) -> SiteRow:
    figures = (
        sum(getattr(site, name) for site in sites)
        for name in ("stations", "online", "faulted", "charging", "power_w", "delivered_wh")
    )
    return SiteRow(0, "", *figures)


def _day(
    conn: Connection, look: Look, midnight: datetime, zone: ZoneInfo, site_id: int | None, sites: list[SiteRow]
) -> Chart | None:
    """The power of this day until now, with gaps where this server did not run."""
    points = load.power(conn, midnight, look.scope, site_id)
    now = (look.now, sum(site.power_w for site in sites))
    return chart([*points, now], [], midnight, midnight + timedelta(days=1), zone, 2 * SLICE)


def attention(conn: Connection, look: Look) -> dict[str, Any]:
    """What waits for somebody."""
    return {
        "faults": faults.listed(conn, look.scope, MOST_FAULTS),
        "failing": [(hook, host(hook)) for hook in webhook_rows.failing(conn, look.scope, look.now)],
        "pending": stations.pending(conn) if look.scope.site_ids is None else [],
        "suspect": overview.suspect_sessions(conn, look.scope),
        "stops": orphan_rows.homeless(conn, look.scope, look.now - orphans.SHOWN_FOR, MOST_STOPS),
        "put_off": overview.bills_put_off(conn, look.scope),
        "incidents": overview.incidents(conn, limit=MOST_INCIDENTS, scope=look.scope),
        "may_add": look.me.user.may(Permission.EQUIP),
    }


PAGES = (
    Page("/", "home", home, _EVERYTHING, pace_s=UNHURRIED_S),
    Page("/attention", "attention", attention, _EVERYTHING),
)
ACTIONS: tuple[Action, ...] = ()
