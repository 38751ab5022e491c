"""The central system that foreign charge points meet: it can restart, and its stations' keys can be typed."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme
from sqlalchemy import Connection, update

from cloud.db.tables.places import station
from cloud.services import stations
from tests.cloud.ocpp.central import Running, running
from tests.cloud.ocpp.conftest import Site, furnish


@dataclass(frozen=True)
class Door:
    """Where one charge point comes in; `ca` vouches for the server."""

    endpoint: str
    identity: str
    key: bytes
    ca: Path | None = None

    @property
    def address(self) -> str:
        """The endpoint with the credentials in it."""
        return self.endpoint.replace("://", f"://{self.identity}:{self.key.decode()}@")


class Host:
    """A central system over TLS, if it has a certificate, that keeps its port when it starts again."""

    site: Site

    def __init__(self, url: str, certificate: Path | None) -> None:
        self._url = url
        self._tls: dict[str, Any] = {"tls_cert": str(certificate), "tls_key": str(certificate)} if certificate else {}
        self._serving = AsyncExitStack()

    @property
    def server(self) -> Running:
        return self.site.server

    async def start(self) -> None:
        self.site = await furnish(await self._serve(0))

    async def restart(self) -> None:
        """End in good order and start again; whoever was connected has to come back."""
        port = self.server.port
        await self.stop()
        self.site = Site(await self._serve(port), self.site.key)

    async def stop(self) -> None:
        await self._serving.aclose()

    async def _serve(self, port: int) -> Running:
        return await self._serving.enter_async_context(running(self._url, port, **self._tls))

    async def door(self, identity: str = "lab-1", ca: Path | None = None) -> Door:
        """Let a station in, with a key of 20 characters; `lab-1` is there already."""
        key = await self.server.db.write(lambda conn: _let_in(conn, identity))
        return Door(f"{self.server.ws}/ocpp", identity, key, ca)


def _let_in(conn: Connection, identity: str) -> bytes:
    if identity != "lab-1":
        stations.add(conn, identity, "", 1, datetime.now(UTC))
    key, salt = secrets.token_hex(10).encode(), secrets.token_bytes(16)
    values = {"key_salt": salt, "key_hash": hashlib.sha256(salt + key).digest()}
    conn.execute(update(station).where(station.c.identity == identity).values(values))
    return key


@asynccontextmanager
async def host(url: str, certificate: Path | None = None) -> AsyncIterator[Host]:
    """Serve on the database at `url` until the block ends."""
    serving = Host(url, certificate)
    await serving.start()
    try:
        yield serving
    finally:
        await serving.stop()


def certificates(folder: Path) -> tuple[Path, Path]:
    """PEM files: of a new authority, and of the certificate for localhost that it issued, with its private key."""
    made = trustme.CA()
    authority, server = folder / "ca.pem", folder / "server.pem"
    made.cert_pem.write_to_path(authority)
    made.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(server)
    return authority, server
