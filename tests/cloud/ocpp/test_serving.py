"""The central system as a process: TLS, health, plain messages when it cannot start, an orderly end."""

import asyncio
import socket
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from cloud.server import DEAD_PEER_MS, GOODBYE_S, listen
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import charger
from tests.cloud.ocpp.conftest import furnish
from tests.cloud.ocpp.outages import disk_full

PROGRAM = "from cloud import app, settings; raise SystemExit(app.serve(settings.from_environment()))"


@asynccontextmanager
async def process(**environment: str) -> AsyncIterator[Process]:
    """The server as a process of its own."""
    settings = {f"BOLLARD_{key.upper()}": value for key, value in environment.items()}
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-c", PROGRAM, env=settings, stdout=PIPE, stderr=PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def complaint(**environment: str) -> str:
    """What it says on standard error when it refuses to start."""
    async with process(**environment) as started:
        _out, err = await started.communicate()
        assert started.returncode == 1
        return err.decode()


async def line(started: Process) -> str:
    assert started.stdout is not None
    return (await started.stdout.readline()).decode().strip()


async def test_it_serves_until_it_is_told_to_end(sqlite_url: str) -> None:
    async with process(database_url=sqlite_url, port="0") as started:
        listening, _, url = (await line(started)).rpartition(" ")
        assert listening == "listening on"
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{url}/healthz")).text == "ok"
            assert (await client.get(f"{url}/readyz")).status_code == 200
        started.terminate()
        assert await line(started) == "stopped"
        assert await started.wait() == 0


async def test_it_ends_at_once_though_a_browser_listens(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A page's event stream, which would go on for ever, is completed in good order."""

    async def endless() -> AsyncIterator[str]:
        yield "event: hello\n\n"
        await asyncio.Event().wait()

    async def events(_request: Request) -> StreamingResponse:
        return StreamingResponse(endless(), media_type="text/event-stream")

    async with httpx.AsyncClient() as client, AsyncExitStack() as serving:
        server = await serving.enter_async_context(running(sqlite_url))
        server.app.router.routes.insert(0, Route("/events", events))
        accepting = {"Accept": "text/event-stream"}
        async with client.stream("GET", f"{server.http}/events", headers=accepting) as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "event: hello"
            async with asyncio.timeout(GOODBYE_S / 2):
                await serving.aclose()
            assert [line async for line in lines] == [""]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_peer_that_takes_nothing_more_is_given_up() -> None:
    """What the kernel keeps for the listening socket holds for every connection that it accepts."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _address = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == DEAD_PEER_MS


async def test_strangers_cannot_fill_the_log(sqlite_url: str) -> None:
    async with process(database_url=sqlite_url, port="0") as started:
        port = int((await line(started)).rpartition(":")[2])
        for nonsense in (b"hello\r\n\r\n", b"\x16\x03\x01", b"GET / HTTP/1.1\r\nUpgrade: tea\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(nonsense)
            writer.write_eof()
            await reader.read()
            writer.close()
        started.terminate()
        assert (await started.communicate()) == (b"stopped\n", b"")


async def test_a_taken_port_is_said_plainly(sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = await complaint(database_url=sqlite_url, port=port)
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in said
    assert "Traceback" not in said


async def test_a_database_without_tables_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    said = await complaint(database_url=f"sqlite:///{tmp_path / 'empty.db'}", port="0")
    assert "run `bollard cloud migrate`" in said
    assert "Traceback" not in said


async def test_a_database_that_is_not_there_is_said_plainly() -> None:
    said = await complaint(database_url="postgresql://nobody@127.0.0.1:1/none", port="0")
    assert "cannot be used now" in said
    assert "Traceback" not in said


async def test_a_full_disk_is_said_plainly(sqlite_url: str) -> None:
    with disk_full():
        said = await complaint(database_url=sqlite_url, port="0")
    assert "cannot be used now" in said
    assert "Traceback" not in said


async def test_stations_and_browsers_come_through_tls(sqlite_url: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(key)
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with running(sqlite_url, tls_cert=str(certificate), tls_key=str(key)) as server:
        site = await furnish(server)
        async with site.charger(ssl=trusting) as connected:
            await connected.boot()
        async with httpx.AsyncClient(verify=trusting) as client:
            assert (await client.get(f"{server.http}/readyz")).status_code == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            async with charger(server.ws, "lab-1", site.key, ssl=ssl.create_default_context()):
                pass


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_usual_tls_versions_are_spoken(sqlite_url: str, tmp_path: Path, version: ssl.TLSVersion) -> None:
    authority = trustme.CA()
    pem = tmp_path / "all.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(pem)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    trusting.minimum_version = trusting.maximum_version = version
    async with running(sqlite_url, tls_cert=str(pem), tls_key=str(pem)) as server:
        site = await furnish(server)
        async with site.charger(ssl=trusting) as connected:
            await connected.boot()
