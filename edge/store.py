"""What the agent must not forget: durable state and the outbox in one SQLite file, saved in one transaction."""

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiosqlite
import msgspec

from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.kept import crowded
from edge.core.values import Moment

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    session_id TEXT,
    fact BLOB NOT NULL,
    payload BLOB,
    sent INTEGER NOT NULL DEFAULT 0,
    parked TEXT
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (seq) WHERE parked IS NULL;
CREATE TABLE IF NOT EXISTS transaction_id (session_id TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""

ENTRIES = """
SELECT seq, kind, fact, payload, sent, value, parked FROM outbox LEFT JOIN transaction_id USING (session_id)
"""
NEXT = ENTRIES + "WHERE parked IS NULL ORDER BY seq LIMIT 1"
PARKED = ENTRIES + "WHERE parked IS NOT NULL ORDER BY seq"
# A session has no transaction id while its start is parked: what was rendered for it says -1 and is forgotten, and its
# stop is kept although it was answered, to be told again under a real id if the start is.
PARK = """
UPDATE outbox SET parked = ?, payload = CASE
    WHEN kind = 'SessionStarted' OR session_id IS NULL OR session_id IN (SELECT session_id FROM transaction_id)
    THEN payload END
WHERE seq = ?
"""
TOLD_UNKNOWN = "told as transaction -1, since its start could not be delivered"
KEEP = """
UPDATE outbox SET parked = ?, payload = NULL
WHERE seq = ? AND kind = 'SessionStopped' AND session_id NOT IN (SELECT session_id FROM transaction_id)
"""
RETRY = """
UPDATE outbox SET parked = NULL, sent = 0
WHERE parked IS NOT NULL AND (seq = ?1 OR session_id = (SELECT session_id FROM outbox WHERE seq = ?1))
"""

CROWDED = """
SELECT session_id FROM outbox WHERE kind = 'MeterSampled' AND (payload IS NULL OR parked IS NOT NULL)
GROUP BY session_id HAVING session_id IS NOT NULL AND count(*) > ?
"""
SAMPLES = """
SELECT seq, fact FROM outbox WHERE session_id = ? AND kind = 'MeterSampled' AND (payload IS NULL OR parked IS NOT NULL)
ORDER BY seq
"""

# Of one session no more than about so many MeterValues wait; every so many new ones they are counted.
MOST_SAMPLES = 5_000
COUNT_EVERY = 500

KINDS: dict[str, type[Fact]] = {kind.__name__: kind for kind in (SessionStarted, MeterSampled, SessionStopped)}


@dataclass(frozen=True, slots=True)
class Dated:
    """When a fact was; the rest of it is not read."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact in the outbox: `payload` is what was rendered at its first sending, `sent` how often it was sent,
    `transaction_id` what the central system called its session (None: not yet known), `parked` why it was given up."""

    seq: int
    fact: Fact
    payload: bytes | None
    sent: int
    transaction_id: int | None
    parked: str | None


@dataclass(frozen=True, slots=True)
class Save:
    """One atomic change: records (None deletes), new facts, facts that are settled, transaction ids learned."""

    records: Mapping[str, bytes | None]
    facts: tuple[Fact, ...] = ()
    settled: tuple[int, ...] = ()
    learned: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.records or self.facts or self.settled or self.learned)


class Store:
    """The agent's SQLite file, off the event loop's thread; every change is synchronous=FULL."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self._db = db
        self._turn = asyncio.Lock()
        self._uncounted = COUNT_EVERY
        self.news = asyncio.Event()

    @classmethod
    async def open(cls, path: Path | str) -> "Store":
        """Open or make the file; `:memory:` keeps everything in memory. sqlite3.Error when it cannot be used."""
        db = await aiosqlite.connect(path, isolation_level=None)
        try:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
                await db.execute(f"PRAGMA {pragma}")
            await db.executescript(SCHEMA)
        except sqlite3.Error as error:
            await db.close()
            raise type(error)(f"{path}: {error}") from error
        return cls(db)

    async def close(self) -> None:
        """Close the file, after what is being written."""
        async with self._turn:
            await self._db.close()

    async def load(self) -> dict[str, bytes]:
        """Every durable record."""
        async with self._db.execute("SELECT key, value FROM record") as rows:
            return {key: value async for key, value in rows}

    async def save(self, saves: Iterable[Save]) -> None:
        """Commit several changes as one; raises sqlite3.Error with nothing changed when it cannot.

        Whoever is cancelled while waiting does not know whether it was saved, as in a crash.
        """
        await asyncio.shield(self._commit(tuple(saves)))
        self.news.set()

    async def _commit(self, saves: tuple[Save, ...]) -> None:
        async with self._turn:
            await self._db.execute("BEGIN IMMEDIATE")
            try:
                for save in saves:
                    await self._write(save)
                await self._make_room(sum(isinstance(fact, MeterSampled) for save in saves for fact in save.facts))
                await self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:
                    await self._db.execute("ROLLBACK")
                raise

    async def _write(self, save: Save) -> None:
        for key, value in save.records.items():
            if value is None:
                await self._db.execute("DELETE FROM record WHERE key = ?", (key,))
            else:
                await self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (key, value))
        for fact in save.facts:
            await self._db.execute(
                "INSERT INTO outbox (kind, session_id, fact) VALUES (?, ?, ?)",
                (type(fact).__name__, fact.session_id, msgspec.json.encode(fact)),
            )
        for session_id, transaction_id in save.learned:
            await self._db.execute("INSERT OR REPLACE INTO transaction_id VALUES (?, ?)", (session_id, transaction_id))
        for seq in save.settled:
            await self._db.execute(KEEP, (TOLD_UNKNOWN, seq))
            await self._db.execute("DELETE FROM outbox WHERE seq = ? AND parked IS NULL", (seq,))

    async def _make_room(self, samples: int) -> None:
        """Thin the MeterValues of a session that has been offline for so long that they would fill the disk."""
        self._uncounted += samples
        if samples == 0 or self._uncounted < COUNT_EVERY:
            return
        self._uncounted = 0
        for (session_id,) in await self._db.execute_fetchall(CROWDED, (MOST_SAMPLES,)):
            rows = list(await self._db.execute_fetchall(SAMPLES, (session_id,)))
            values = [msgspec.json.decode(fact, type=MeterSampled) for _, fact in rows]
            gone = [(rows[place][0],) for place in crowded(values, MOST_SAMPLES // 2)]
            await self._db.executemany("DELETE FROM outbox WHERE seq = ?", gone)

    async def _change(self, statement: str, *values: object) -> None:
        async with self._turn:
            await self._db.execute(statement, values)
        self.news.set()

    async def next_entry(self) -> Entry | None:
        """The oldest fact that is neither settled nor parked."""
        entries = await self._entries(NEXT)
        return entries[0] if entries else None

    async def parked(self) -> list[Entry]:
        """The dead letters: what the central system refused for good."""
        return await self._entries(PARKED)

    async def _entries(self, query: str, *values: object) -> list[Entry]:
        async with self._turn, self._db.execute(query, values) as rows:
            return [
                Entry(seq, msgspec.json.decode(fact, type=KINDS[kind]), payload, sent, transaction_id, parked)
                async for seq, kind, fact, payload, sent, transaction_id, parked in rows
            ]

    async def later_moments(self, seq: int) -> list[Moment]:
        """The moments of the facts after this one, in order."""
        query = "SELECT fact FROM outbox WHERE seq > ? AND parked IS NULL ORDER BY seq"
        async with self._turn, self._db.execute(query, (seq,)) as rows:
            return [msgspec.json.decode(fact, type=Dated).moment async for (fact,) in rows]

    async def rendered(self, seq: int, payload: bytes) -> None:
        """Keep what is about to be sent, so that every retry is identical."""
        await self._change("UPDATE outbox SET payload = ? WHERE seq = ?", payload, seq)

    async def sent(self, seq: int, times: int) -> None:
        """Count transmissions that were refused or met silence."""
        await self._change("UPDATE outbox SET sent = ? WHERE seq = ?", times, seq)

    async def settle(self, seq: int) -> None:
        """Forget a delivered fact that changes no state (MeterValues).

        The disk is not waited for, the next save does that: a power cut before it repeats the message, no more.
        """
        await asyncio.shield(self._settle(seq))
        self.news.set()

    async def _settle(self, seq: int) -> None:
        async with self._turn:
            await self._db.execute("PRAGMA synchronous=NORMAL")
            try:
                await self._db.execute("DELETE FROM outbox WHERE seq = ?", (seq,))
            finally:
                await self._db.execute("PRAGMA synchronous=FULL")

    async def park(self, seq: int, reason: str) -> None:
        """Set a fact aside after its last attempt; nothing billable is ever discarded."""
        await self._change(PARK, reason, seq)

    async def retry(self, seq: int) -> None:
        """Put a parked fact back in its place of the queue, with all its attempts, and what else is parked of its
        session: a start alone would leave the central system with a session that never ends."""
        await self._change(RETRY, seq)

    async def learn(self, session_id: str, transaction_id: int) -> None:
        """Note a transaction id outside a decision (-1: its start could not be delivered)."""
        await self._change("INSERT OR REPLACE INTO transaction_id VALUES (?, ?)", session_id, transaction_id)

    async def waiting(self) -> tuple[int, int]:
        """How many facts wait, and how many are parked."""
        query = "SELECT count(*) - count(parked), count(parked) FROM outbox"
        async with self._turn, self._db.execute(query) as rows:
            row = await rows.fetchone()
        assert row is not None
        return int(row[0]), int(row[1])
