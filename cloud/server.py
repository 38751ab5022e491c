"""The process that serves: one listening socket, TLS, log lines on standard output, an orderly end."""

import asyncio
import faulthandler
import logging
import resource
import signal
import socket
import sys
from functools import partial

import uvicorn
import uvloop
from starlette.types import ASGIApp

from cloud.protocols import Config, Requests
from cloud.settings import Settings
from cloud.streams import EndingStreams

LONGEST_FRAME_BYTES = 128 * 1024
DEAD_PEER_MS = 30_000
GOODBYE_S = 5
TLS_WITHIN_S = 10
BACKLOG = 2048
CANNOT_START = 3
STRANGERS_FAULTS = ("without completing handshake", "Invalid UTF-8")
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:RSA+AESGCM"

logger = logging.getLogger("bollard.cloud")


LETS_GO_WITHIN_S = 8


class CannotListen(Exception):
    """The address is taken or not ours; the message says what to do."""


def run(app: ASGIApp, settings: Settings, listener: socket.socket) -> None:
    """Serve on `listener` until SIGINT or SIGTERM; stations are told to come back (close code 1012)."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logger.setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # its warnings tell only what strangers sent
    logging.getLogger("uvicorn.error").addFilter(is_worth_a_line)
    server = Server(app, settings)
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, server.end)
    _hold_as_many_sockets_as_allowed()
    logger.info("listening on %s", url(settings, listener))
    try:
        uvloop.run(_served(server, listener))
    finally:
        faulthandler.cancel_dump_traceback_later()
    logger.info("stopped")


def _hold_as_many_sockets_as_allowed() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _served(server: "Server", listener: socket.socket) -> None:
    """Serve; from its end on, what does not let go of the process in time is shown and left behind."""
    try:
        await server.serve(sockets=[listener])
    finally:
        faulthandler.dump_traceback_later(LETS_GO_WITHIN_S, exit=True)


class Server(uvicorn.Server):
    """Uvicorn, which at its end also ends the streams that would keep it waiting."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._streams = EndingStreams(app)
        super().__init__(_config(self._streams, settings))

    def end(self, *_signal: object) -> None:
        """End as soon as it can: for signals that come before uvicorn takes them, or after."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's with sockets that listen already, but a TLS handshake may not take for ever."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(CANNOT_START)
        config, state = self.config, {"server_state": self.server_state, "app_state": self.lifespan.state}
        tls = {"ssl": config.ssl, "ssl_handshake_timeout": TLS_WITHIN_S} if config.ssl else {}
        protocol = partial(Requests, config, **state)
        serve = partial(asyncio.get_running_loop().create_server, protocol, backlog=BACKLOG, **tls)
        self.servers = [await serve(sock=listener) for listener in sockets or []]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.end()
        await super().shutdown(sockets)


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Uvicorn complains of handshakes refused in good order and of bad UTF-8: strangers could fill the log with it."""
    return not any(known in record.getMessage() for known in STRANGERS_FAULTS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections notice a peer that takes nothing more. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}, port {port}: {error.strerror or error}; "
            "end what uses it, or choose another with --port or BOLLARD_PORT"
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)
    return listener


def url(settings: Settings, listener: socket.socket) -> str:
    """Where a browser finds this server, also when port 0 was asked for."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls_cert else 'http'}://{host}:{listener.getsockname()[1]}"


def _config(app: ASGIApp, settings: Settings) -> Config:
    """Uvicorn as we want it: no compression, honest pings, small frames."""
    return Config(
        app,
        lifespan="on",
        ws_max_size=LONGEST_FRAME_BYTES,
        ws_ping_interval=settings.ping_interval_s,
        ws_ping_timeout=settings.ping_timeout_s,
        ws_per_message_deflate=False,
        proxy_headers=settings.behind_https,
        forwarded_allow_ips=settings.trusted_proxies,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        ssl_ciphers=CIPHERS if settings.tls_cert else None,
        timeout_graceful_shutdown=GOODBYE_S,
        server_header=False,
        access_log=False,
        log_config=None,
    )
