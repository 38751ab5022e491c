"""The agent's line to the guardian: commands out at once, events in; over a socket, or in one process for tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol, Self

from hardware.errors import GuardianLost
from hardware.guardian import Guardian, GuardianEvent
from hardware.guardian.events import WELCOME, decode

WELCOME_S = 1.0
_UNREAD_BYTES = 65_536


class GuardianLink(Protocol):
    """What the agent asks of its guardian. Commands never block; `GuardianLost` means: all is released."""

    def engage(self, connector: int) -> None: ...
    def release(self, connector: int) -> None: ...
    def renew(self) -> None: ...
    def events(self) -> AsyncIterator[GuardianEvent]: ...
    def close(self) -> None: ...


class GuardianClient:
    """A connection to the guardian's process. Closing it releases everything that this agent engaged."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, path: str | Path, within_s: float = 5.0) -> Self:
        """Connect, waiting up to `within_s` for a guardian that is just starting; then `GuardianLost`."""
        try:
            async with asyncio.timeout(within_s):
                while (client := await cls.met(path)) is None:  # noqa: ASYNC110 - a socket that appears rings no bell
                    await asyncio.sleep(0.02)
                return client
        except TimeoutError:
            raise GuardianLost(f"no guardian answers at {path}: is it running?") from None

    @classmethod
    async def met(cls, path: str | Path) -> Self | None:
        """Connect to the guardian that serves there now, if one does; one that is about to end does not welcome us."""
        try:
            async with asyncio.timeout(WELCOME_S):
                reader, writer = await asyncio.open_unix_connection(path)
                if await _welcomed(reader, writer):
                    return cls(reader, writer)
        except (FileNotFoundError, ConnectionError, TimeoutError):
            pass
        return None

    def engage(self, connector: int) -> None:
        """Ask to engage; an `Engaged` or `Released` event answers."""
        self._say(f"engage {connector}\n")

    def release(self, connector: int) -> None:
        """Ask to release; a `Released` event answers."""
        self._say(f"release {connector}\n")

    def renew(self) -> None:
        """Renew every lease; several times within a lease."""
        self._say("renew\n")

    async def events(self) -> AsyncIterator[GuardianEvent]:
        """All that the guardian reports, until it goes: then `GuardianLost`."""
        try:
            while (line := await self._reader.readline()).endswith(b"\n"):
                yield decode(line)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise GuardianLost(f"the guardian's connection broke: {error}") from error
        raise GuardianLost("the guardian closed the connection")

    def close(self) -> None:
        """End the connection."""
        self._writer.close()

    def _say(self, command: str) -> None:
        unread = self._writer.transport.get_write_buffer_size()
        if self._writer.is_closing() or self._reader.at_eof() or unread > _UNREAD_BYTES:
            raise GuardianLost("the guardian does not listen")
        self._writer.write(command.encode())


class GuardianHere:
    """A guardian in this process, for tests: time stands still between calls of `poll`."""

    def __init__(self, guardian: Guardian, now_ms: Callable[[], int]) -> None:
        self._guardian = guardian
        self._now_ms = now_ms
        self._events: asyncio.Queue[GuardianEvent | None] = asyncio.Queue()

    def engage(self, connector: int) -> None:
        """Engage now."""
        self._guardian.engage(connector, self._now_ms())
        self.poll()

    def release(self, connector: int) -> None:
        """Release now."""
        self._guardian.release(connector)
        self.poll()

    def renew(self) -> None:
        """Renew every lease that has not lapsed."""
        self._guardian.renew(self._now_ms())

    def poll(self) -> None:
        """Judge leases and inputs at this instant."""
        for event in self._guardian.poll(self._now_ms()):
            self._events.put_nowait(event)

    async def events(self) -> AsyncIterator[GuardianEvent]:
        """All that the guardian reports, until closed: then `GuardianLost`."""
        while (event := await self._events.get()) is not None:
            yield event
        raise GuardianLost("the guardian closed the connection")

    def close(self) -> None:
        """As if the agent's connection had ended."""
        self._guardian.release_all("disconnected")
        self.poll()
        self._events.put_nowait(None)


async def _welcomed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    welcomed = False
    try:
        welcomed = await reader.readline() == WELCOME
    finally:
        if not welcomed:
            writer.close()
    return welcomed
