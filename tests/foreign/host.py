"""The central system that foreign charge points meet: it can restart, and some need no key to come in."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import trustme

from cloud.domain.views import StationRow
from cloud.services import access, overview, stations
from tests.cloud.ocpp.central import Running, running
from tests.cloud.ocpp.conftest import Site, furnish
from tests.ours import OURS


@dataclass(frozen=True)
class Door:
    """Where one charge point comes in; `ca` vouches for the server."""

    endpoint: str
    identity: str
    key: bytes
    ca: Path | None = None


class Host:
    """A central system over TLS, if it has a certificate, that keeps its port when it starts again."""

    site: Site

    def __init__(self, url: str, pem: tuple[Path, Path] | None) -> None:
        self._url = url
        self._ca, certificate = pem or (None, None)
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

    async def shows(self, status: str) -> None:
        """Wait until the station shows this on its first connector, over a connection that lasts."""

        def shown(stations: list[StationRow]) -> bool:
            return stations[0].online and str(stations[0].connectors[0].status) == status

        await self.server.eventually(overview.stations, shown)

    def door(self) -> Door:
        """That of `lab-1`."""
        return Door(f"{self.server.ws}/ocpp", "lab-1", self.site.key, self._ca)

    async def open_door(self, identity: str) -> Door:
        """One for which a charge point on this machine needs no key; the station is new unless it is `lab-1`."""
        if identity != "lab-1":
            await self.server.write(stations.add, OURS, identity, "", 1)
        await self.server.write(access.without_key, OURS, identity, "127.0.0.0/8", None)
        return replace(self.door(), identity=identity, key=b"")


@asynccontextmanager
async def host(url: str, pem: tuple[Path, Path] | None = None) -> AsyncIterator[Host]:
    """Serve on the database at `url` until the block ends."""
    serving = Host(url, pem)
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
