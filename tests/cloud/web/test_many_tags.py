"""Groups of tags and files of tags on the pages."""

import re
from html import unescape

import httpx
import pytest

from cloud.db.queries import audit as audit_rows
from cloud.domain.audit import AuditSearch
from cloud.services import groups, sites, tags
from cloud.services.sites import SiteTerms
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard
from tests.ours import OURS

FILE = """tag;name;group;blocked
CAFE01;Ada;Wagon;no
CAFE01;Bob;;
04FFEE0011;Visitors;;no
0BAD0BAD;Found;;yes
CAFE02;Eve;Crew;
"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough for forms; what they change has tests on both."""
    return sqlite_url


async def test_a_group_is_added_changed_used_and_deleted(console: Console, browser: Browser, place: Yard) -> None:
    await console.db.write(lambda conn: sites.add(conn, OURS, SiteTerms("Depot"), NOW))
    terms = {"tariff": "Daytime", "sites": ["Depot", "Main site"], "most_sessions": "3", "expires_at": "2027-01-01"}
    path = (await browser.post("/tags/groups/new", name="Crew", **terms)).headers["location"]
    assert "Crew 0 Daytime Depot, Main site 3 1 Jan 2027" in words(await browser.page("/tags/groups"))
    await browser.post(f"{path}/change", tariff="", sites="Depot", most_sessions="", valid_from="2026-01-01")
    group = await console.db.read(lambda conn: groups.find(conn, OURS, "Crew"))
    assert (group.tariff_id, len(group.sites), group.most_sessions, group.expires_at) == (None, 1, None, None)
    assert group.valid_from is not None
    await browser.post("/tags/new", id_tag="CAFE01", note="Guest", group="Crew", most_sessions="1")
    seen = words(await browser.page(path))
    assert "1 tag" in seen and "Guest CAFE01" in seen and "Delete the group" not in seen
    assert f'href="{path}"' in await browser.page("/tags?group=Crew")
    refused = await browser.post(f"{path}/remove")
    assert refused.status_code == 409 and "give them another or none first" in refused.text
    await console.db.write(lambda conn: tags.change(conn, OURS, "CAFE01", {"group": ""}, NOW))
    assert (await browser.post(f"{path}/remove")).headers["location"] == "/tags/groups"
    assert (await browser.client.get(path)).status_code == 404
    told = await console.db.read(lambda conn: audit_rows.latest(conn, OURS, AuditSearch(contains="group"), 9, None))
    assert [entry.action.removeprefix("group ") for entry in told if entry.user == "ada"] == [
        *("removed", "changed", "changed", "added")
    ]
    assert told[0].before["sites"] == ["Depot"]


async def test_what_a_group_cannot_be_is_refused(browser: Browser, place: Yard) -> None:
    for terms in (
        {"name": "Wagon"},
        {"name": "New", "most_sessions": "many"},
        {"name": "New", "most_sessions": "0"},
    ):
        assert (await browser.post("/tags/groups/new", **terms)).status_code in {400, 409, 422}, terms
    assert "New" not in words(await browser.page("/tags/groups"))


async def sent(browser: Browser, path: str, file: bytes | None = None, **fields: str) -> httpx.Response:
    files = {} if file is None else {"file": ("tags.csv", file, "text/csv")}
    return await browser.client.post(path, data={"csrf": browser.csrf, **fields}, files=files or {"file": ("", b"")})


def shown(response: httpx.Response) -> dict[str, str]:
    """The form as the browser would send it on."""
    lines = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", response.text, re.DOTALL)
    seen = re.search(r'name="seen" value="(\w+)"', response.text)
    assert lines and seen
    return {"lines": unescape(lines[1]).replace("\n", "\r\n"), "seen": seen[1]}


async def test_a_file_is_looked_at_then_taken_without_its_bad_lines(
    console: Console, browser: Browser, place: Yard
) -> None:
    looked = await sent(browser, "/tags/import/check", b"\xef\xbb\xbf" + FILE.encode())
    told = words(looked.text)
    assert "Refused: 2 New: 1 Changed: 1 As it is: 1" in told
    assert "5 0BAD0BAD Found Changed name Lost card → Found" in told
    assert "3 CAFE01 Bob Refused the tag stands in line 2 already" in told
    assert "6 CAFE02 Eve Refused there is no group &#39;Crew&#39;; add it first" in told
    assert "Import 2 lines" in told and "2 refused lines are left out" in told
    assert "CAFE01" not in words(await browser.page("/tags"))
    form = shown(looked)
    unseen = await sent(browser, "/tags/import", lines=form["lines"] + "CAFE03;;;\r\n", seen=form["seen"], skip="yes")
    assert unseen.status_code == 200 and "Import 3 lines" in words(unseen.text)
    done = await sent(browser, "/tags/import", **form, skip="yes")
    assert done.headers["location"] == "/tags/import?added=1&changed=1"
    assert "Done: 1 new, 1 changed." in words(await browser.page(done.headers["location"]))
    added = await console.db.read(lambda conn: tags.find(conn, OURS, "CAFE01"))
    assert (added.note, added.group and added.group.name) == ("Ada", "Wagon")
    told_of = await console.db.read(lambda conn: audit_rows.latest(conn, OURS, AuditSearch(user_id=1), 3, None))
    assert [(entry.action, entry.subject) for entry in told_of] == [
        ("tags imported", "2"),
        ("tag changed", "0BAD0BAD"),
        ("tag added", "CAFE01"),
    ]
    assert told_of[1].before == {"note": "Lost card"} and told_of[1].after == {"note": "Found"}


async def test_what_has_become_bad_meanwhile_stops_an_import(console: Console, browser: Browser, place: Yard) -> None:
    looked = await sent(browser, "/tags/import/check", lines="tag,group\nCAFE01,Wagon")
    await console.db.write(lambda conn: groups.remove(conn, OURS, "Wagon", NOW))
    again = await sent(browser, "/tags/import", **shown(looked))
    assert again.status_code == 409 and "there is no group" in again.text and "CAFE01,Wagon" in again.text


async def test_a_file_that_cannot_be_read_says_why_and_nothing_is_lost(browser: Browser, place: Yard) -> None:
    for file, why in (
        (b"tag\n\xff\xfe", "not text in UTF-8"),
        (b"tag\n" + b"A" * 1_000_000, "more than 1 MB"),
        (b"tag\n" + b"A\n" * 10_000, "more than 10,000 lines"),
    ):
        refused = await sent(browser, "/tags/import/check", file, lines="tag\nKEPT")
        assert refused.status_code == 422 and why in refused.text and "KEPT" in refused.text
    assert (await sent(browser, "/tags/import/check")).status_code == 422
    assert "the first line must name the columns" in (await sent(browser, "/tags/import/check", lines="a\nb")).text
    assert (await sent(browser, "/tags/import/check", b"A" * 16_000_000)).status_code == 413
    assert (await browser.post("/tags/new", id_tag="A" * 70_000)).status_code == 413


async def test_all_tags_as_a_file_change_nothing_when_imported(browser: Browser, place: Yard) -> None:
    file = await browser.client.get("/tags/file")
    assert file.headers["content-type"] == "text/csv; charset=utf-8" and file.content.startswith(
        b"\xef\xbb\xbftag,name,"
    )
    looked = await sent(browser, "/tags/import/check", file.content)
    assert "Nothing would happen" in looked.text and "As it is: 4" in words(looked.text)


async def test_a_tariff_goes_out_as_a_file_and_comes_in_as_the_next_version(browser: Browser, place: Yard) -> None:
    file = await browser.client.get("/tariffs/1/file")
    assert file.headers["content-disposition"] == 'attachment; filename="tariff-1-version-1.json"'
    dearer = file.content.replace(b"0.39", b"0.49")
    looked = await sent(browser, "/tariffs/import/check", dearer)
    assert "Daytime would get version 2" in words(looked.text) and "12.26 EUR" in looked.text
    assert "version 1" in words(await browser.page("/tariffs/1"))
    assert "would be a new tariff" in (await sent(browser, "/tariffs/import/check", dearer, name="Night")).text
    done = await sent(browser, "/tariffs/import", **shown(looked))
    assert done.headers["location"] == "/tariffs/1"
    assert "0.49 EUR" in await browser.page("/tariffs/1") and "Version 2" in await browser.page("/tariffs/1")
    for broken, why in (("{", "neither JSON"), ('{"id": "Night"}', "urrency is missing"), ("", "Choose a file")):
        refused = await sent(browser, "/tariffs/import", lines=broken, name="KEPT")
        assert refused.status_code == 422 and why in refused.text and "KEPT" in refused.text, broken
