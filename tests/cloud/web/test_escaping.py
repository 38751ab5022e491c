"""Whatever a station or a person wrote comes out as text, never as markup."""

from html.parser import HTMLParser
from urllib.parse import quote

from sqlalchemy import Connection

from cloud.domain.commands import CommandKind, Step
from cloud.domain.messages import Direction, Kind, Message
from cloud.domain.reports import StartReport, StopReport
from cloud.domain.stations import BootInfo, ConnectorStatus, StatusReport
from cloud.services import answers, commands, incidents, registration, sessions, stations, tags, traces
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.yard import Yard
from tests.ours import OURS

EVIL = """'"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"""


class Markup(HTMLParser):
    """Collects what would run: scripts that are not ours, handlers, images, inline styles, foreign addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img" or (tag == "script" and not given.get("src", "").startswith("/static/")):
            self.bad.append(tag)
        self.bad += [name for name in given if name.startswith("on") or name == "style"]
        links = (given[name] for name in ("href", "src", "action") if name in given)
        self.bad += [link for link in links if not link.startswith(("/", "#")) or link.startswith("//")]


def bad_in(html: str) -> list[str]:
    markup = Markup()
    markup.feed(html)
    return markup.bad


def furnish_evil(conn: Connection) -> tuple[int, int]:
    station = stations.add(conn, OURS, "evil-1", EVIL, 1, NOW)[0].id
    boot = BootInfo(vendor=EVIL, model=EVIL, serial=EVIL, firmware=EVIL)
    registration.booted(conn, station, boot, NOW)
    stations.note_pending(conn, EVIL, EVIL, NOW)
    status = StatusReport(1, ConnectorStatus.FAULTED, EVIL, EVIL, at=NOW)
    stations.status_changed(conn, station, status, NOW)
    asked = commands.ask(conn, CommandKind.GET_CONFIGURATION, station, {}, None, NOW)
    told = {"configurationKey": [{"key": EVIL[:50], "value": EVIL, "readonly": False}], EVIL: EVIL}
    commands.note(conn, asked.id, Step.SENT, EVIL, NOW)
    answers.answered(conn, asked, Step.DONE, EVIL, told, NOW)
    said = Message(station, NOW, Direction.IN, Kind.CALL, EVIL, EVIL, EVIL, EVIL)
    traces.keep(conn, [said, Message(station, NOW, Direction.IN, Kind.OPENED, text=EVIL)])
    tags.add(conn, OURS, "<b>x</b>", NOW, note=EVIL)
    incidents.record(conn, station, EVIL, EVIL, EVIL, EVIL, NOW)
    start = StartReport(1, "<b>" * 6, 0, NOW, doubts=(EVIL,))
    ended = sessions.started(conn, station, start, NOW)
    sessions.stopped(conn, station, StopReport(ended.transaction_id, 1_000, NOW, reason=EVIL), NOW)
    return station, ended.session_id


def test_the_check_sees_what_would_run() -> None:
    assert bad_in(f"<p>{EVIL}</p>") == ["script", "img", "onerror", "x"]
    assert bad_in('<a href="javascript:alert(1)" style="x"><script src="//evil.test/x.js">')


async def test_stored_scripts_come_out_as_text(console: Console, browser: Browser, place: Yard) -> None:
    station, ended = await console.db.write(furnish_evil)
    tabs = (
        "",
        "/commands",
        "/commands/ReserveNow",
        "/configuration",
        "/kept",
        "/trace",
        "/settings",
        "/connectors/1/start",
    )
    pages = (
        "/",
        "/sessions",
        f"/sessions/{ended}",
        "/attention",
        "/commands/1",
        f"/stations/new?identity={quote(EVIL)}",
    )
    for path in (*pages, *(f"/stations/{station}{tab}" for tab in tabs)):
        html = await browser.page(path)
        assert bad_in(html) == [], path
        assert "&lt;script&gt;" in html, path
        assert "{{7*7}}" in html, path
    assert bad_in((await browser.client.get("/" + EVIL)).text) == []


async def test_the_sign_in_form_repeats_a_name_only_as_text(console: Console) -> None:
    async with console.browser() as client:
        form = await client.get("/sign-in")
        token = form.text.split('name="csrf" value="')[1].split('"')[0]
        again = await client.post("/sign-in", data={"csrf": token, "name": EVIL, "next": "/" + EVIL, "password": "x"})
    assert again.status_code == 401
    assert bad_in(again.text) == []
    assert "&lt;script&gt;" in again.text
