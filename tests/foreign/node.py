"""Node programs of this folder: their packages installed once, the programs run with JSON in and JSON lines out."""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATIENCE_S = 60


class NodeMissing(Exception):
    """Node.js or npm is not installed."""


def install() -> None:
    """Install the locked packages, unless they are; one process at a time."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NodeMissing("Node.js and npm are not installed; on Debian: apt install nodejs npm")
    locked = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = HERE / "node_modules" / ".installed"
    with Path(tempfile.gettempdir(), "bollard-npm.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != locked:
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, capture_output=True)
            stamp.write_text(locked)


def trusting(ca: Path | None) -> dict[str, str]:
    """The environment of a program that trusts an authority (a PEM file) too."""
    return {**os.environ, "NODE_EXTRA_CA_CERTS": str(ca)} if ca else dict(os.environ)


@asynccontextmanager
async def tool(package: str, *arguments: str, ca: Path | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a package's own command; it reads keys from standard input and does not outlive the block."""
    await asyncio.to_thread(install)
    module = HERE / "node_modules" / package
    main = str(module / json.loads((module / "package.json").read_text())["main"])
    process = await asyncio.create_subprocess_exec(
        "node", main, *arguments, stdin=PIPE, stdout=DEVNULL, env=trusting(ca)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Program:
    """A running program: `tell` writes one JSON line to it, `hear` reads the next one from it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tell(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        await self._process.stdin.drain()

    async def hear(self) -> dict[str, Any]:
        """The next line; fails with what the program says on standard error when there is none."""
        assert self._process.stdout is not None and self._process.stderr is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_S)
        if not line:
            raise AssertionError((await self._process.stderr.read()).decode())
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def ended(self) -> int:
        return await asyncio.wait_for(self._process.wait(), PATIENCE_S)


@asynccontextmanager
async def program(name: str, options: dict[str, Any], ca: Path | None = None) -> AsyncIterator[Program]:
    """Start a program of this folder with its options as JSON; it does not outlive the block."""
    await asyncio.to_thread(install)
    process = await asyncio.create_subprocess_exec(
        "node", str(HERE / name), json.dumps(options), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=trusting(ca)
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
