"""A forgotten password: the letter arrives at a real mail server, its link works once, and nobody learns who exists."""

import logging
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.services import organisations, users
from cloud.services.organisations import Choices
from cloud.settings import SettingsError, from_environment
from cloud.web.throttle import TRIES
from tests.cloud.web import yard
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_administration import NEW, choose
from tests.cloud.web.test_pages import words
from tests.cloud.web.test_sign_in import attempt
from tests.cloud.web.yard import OPERATOR, PASSWORD
from tests.ours import OURS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the service has tests on both."""
    return sqlite_url


@dataclass
class Box:
    """A mail server that keeps what it is given."""

    letters: list[Message] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 kept"


@pytest.fixture
async def box() -> AsyncIterator[tuple[Box, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Box(), hostname="127.0.0.1", port=port)
    controller.start()
    yield controller.handler, port
    controller.stop()


@pytest.fixture
async def posting(database: Database, box: tuple[Box, int]) -> Console:
    """Pages that send mail; Ada's address is known."""

    def furnish(conn: Connection) -> None:
        yard.operator(conn, NOW)
        users.set_email(conn, OURS, OPERATOR, "ada@example.org", NOW)

    await database.write(furnish)
    mail = {"mail_sender": "bollard@example.org", "public_url": "https://charging.example.org"}
    return Console(database, options={"smtp_url": f"smtp://127.0.0.1:{box[1]}", **mail})


async def ask(console: Console, name: str) -> tuple[int, str]:
    async with console.browser() as client:
        form = await client.get("/forgot", headers={"host": "evil.test"})
        csrf = re.findall(r'name="csrf" value="([^"]*)"', form.text)[0]
        answer = await client.post("/forgot", data={"csrf": csrf, "name": name}, headers={"host": "evil.test"})
        return answer.status_code, words(answer.text)


async def test_a_letter_brings_the_link(
    posting: Console, box: tuple[Box, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    status, told = await ask(posting, " ADA ")
    assert status == 200 and "a link is on its way" in told
    (letter,) = box[0].letters
    assert (letter["to"], letter["from"]) == ("ada@example.org", "bollard@example.org")
    assert letter["subject"] == "A new password for Bollard"
    found = re.search(r"https://charging\.example\.org/password#([\w-]+)", letter.get_content())  # type: ignore[attr-defined]
    assert found and "evil.test" not in letter.as_string()
    assert found[1] not in caplog.text
    assert await choose(posting, found[1]) == 303
    assert await choose(posting, found[1]) == 422
    async with posting.browser() as client:
        assert (await attempt(client, OPERATOR, PASSWORD)).status_code == 401
        assert (await attempt(client, OPERATOR, NEW)).status_code == 303


async def test_the_answer_does_not_tell_who_exists(posting: Console, box: tuple[Box, int]) -> None:
    assert await ask(posting, "nobody") == await ask(posting, OPERATOR)
    assert len(box[0].letters) == 1


async def test_letters_are_written_in_the_organisations_language(posting: Console, box: tuple[Box, int]) -> None:
    await posting.db.write(lambda conn: organisations.choose(conn, 1, Choices(language="de"), NOW))
    await ask(posting, OPERATOR)
    assert box[0].letters[0]["subject"] == "Ein neues Passwort für Bollard"


async def test_asking_too_often_has_to_wait(posting: Console, box: tuple[Box, int]) -> None:
    statuses = [(await ask(posting, OPERATOR))[0] for _ in range(TRIES + 1)]
    assert statuses == [200] * TRIES + [429]
    assert len(box[0].letters) == 3


async def test_a_mail_server_that_is_away_is_told_to_the_log_only(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def furnish(conn: Connection) -> None:
        yard.operator(conn, NOW)
        users.set_email(conn, OURS, OPERATOR, "ada@example.org", NOW)

    await database.write(furnish)
    mail = {"mail_sender": "bollard@example.org", "public_url": "https://charging.example.org"}
    console = Console(database, options={"smtp_url": "smtp://127.0.0.1:1", **mail})
    assert (await ask(console, OPERATOR))[0] == 200
    assert "could not be sent: SMTPConnectError" in caplog.text and "#" not in caplog.text


async def test_without_a_mail_server_the_page_says_so(console: Console) -> None:
    async with console.browser() as client:
        assert "This server sends no mail" in (await client.get("/forgot")).text


def test_a_mail_server_needs_a_sender_and_an_address_for_links() -> None:
    with pytest.raises(SettingsError, match="SMTP_URL is wrong: expected to be given together"):
        from_environment({}, smtp_url="smtp://mail.test")


async def test_the_own_password_and_sign_ins(console: Console, browser: Browser) -> None:
    async with console.browser() as other:
        await attempt(other, OPERATOR, PASSWORD)
        assert "192.0.2.1" in await browser.page("/me")
        tries = (
            ("present", {"present": "x" * 12, "password": NEW, "again": NEW}),
            ("again", {"present": PASSWORD, "password": NEW, "again": "y"}),
            ("password", {"present": PASSWORD, "password": "y", "again": "y"}),
        )
        for wrong, fields in tries:
            refused = await browser.post("/me/password", **fields)
            assert refused.status_code == 422 and f'aria-describedby="password-{wrong}-problem"' in refused.text
            assert NEW not in refused.text and PASSWORD not in refused.text
        await browser.post("/me/sign-ins")
        assert (await other.get("/me")).status_code == 303
        await attempt(other, OPERATOR, PASSWORD)
        done = await browser.post("/me/password", present=PASSWORD, password=NEW, again=NEW)
        assert done.headers["location"] == "/me?told=chosen"
        assert (await other.get("/me")).status_code == 303
        assert "Your new password is set" in await browser.page("/me?told=chosen")
        assert (await attempt(other, OPERATOR, NEW)).status_code == 303


async def test_settings_take_effect(console: Console, browser: Browser, place: yard.Yard) -> None:
    seller = {"name": "Yard Ltd", "address": "Main Street 1\r\n12345 Town", "vat_id": "DE123456789"}
    assert "05:30 48 min" in words(await browser.page("/sessions"))
    chosen = {"time_zone": "Asia/Tokyo", "currency": "chf", "language": "de", "message_days": "3", "command_days": ""}
    saved = await browser.post("/settings", **seller, **chosen)
    assert saved.status_code == 303, saved.text
    page = await browser.page("/settings")
    assert "Yard Ltd" in page and 'value="CHF"' in page and 'value="3"' in page and 'value="Asia/Tokyo"' in page
    assert await console.db.read(lambda conn: organisations.choices(conn, OURS)) == Choices(
        "Asia/Tokyo", "CHF", "de", 3, None
    )
    assert "12:30 48 min" in words(await browser.page("/sessions"))
    wrongs = (
        {"time_zone": "Mars"},
        {"message_days": "0"},
        {"currency": "EURO"},
        {"language": "xx"},
        {"command_days": "many"},
        {"name": ""},
    )
    for wrong in wrongs:
        assert (await browser.post("/settings", **{**seller, **wrong})).status_code in {409, 422}
    assert "the country has two capital letters" in (await browser.post("/settings", **seller, country_code="de")).text
    assert "currency – → CHF" in words(await browser.page("/audit?contains=settings"))
