"""`python -m bench.agent`: memory, idle load, start and taps of an agent with two connectors, beside the bare pair."""

import argparse
import asyncio
import compileall
import json
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from bench import rig, taps
from bench.central import PATIENCE_S, Central, running
from bench.kernel import Memory, Use, machine
from bench.report import show

BARE = ("-m", "bench.bare")
Figures = dict[str, Any]


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.agent", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures for machines")
    parser.add_argument("--idle-s", type=float, default=20, help="how long to watch idle processes (default 20)")
    parser.add_argument("--starts", type=int, default=9, help="starts of each kind (default 9)")
    parser.add_argument("--taps", type=int, default=100, help="sessions at the reader, and as many more (default 100)")
    parser.add_argument("--folder", type=Path, help="where the agent's disk is (default: a temporary folder)")
    options = parser.parse_args()
    for part in ("bollard", "edge", "hardware", "bench"):  # as the bare pair's packages are since their installation
        compileall.compile_dir(part, quiet=1)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = asyncio.run(measured(Path(folder), options))
    print(json.dumps(figures, indent=2) if options.json else show(figures))


async def measured(folder: Path, options: argparse.Namespace) -> Figures:
    """Every figure, each beside what the bare pair needs in the same run."""
    figures: Figures = {"conditions": f"{machine()}, one connection over loopback without TLS"}
    async with AsyncExitStack() as closing:
        central = await closing.enter_async_context(running())
        world = closing.enter_context(rig.world())
        path = rig.settings(folder / "simulated", central.url, world, modbus=False)
        modbus = rig.settings(folder / "modbus", central.url, world, modbus=True)
        figures["start_ms"] = await starts(central, path, options.starts)
        figures["idle"] = await idle(central, path, modbus, options.idle_s)
        figures |= await tapping(central, world, path, options.taps)
        figures["commit_ms"] = _percentiles(taps.commits_ms(folder, 200))
    return figures


async def starts(central: Central, path: Path, times: int) -> dict[str, float]:
    """Median ms from starting a process to its BootNotification; the kinds take turns."""
    own = path.parent / "own"
    taken: dict[str, list[float]] = {"bare": [], "agent": [], "agent_bringing_its_guardian": []}
    text = path.read_text()
    for turn in range(times + 1):
        own.mkdir(exist_ok=True)
        (own / "edge.toml").write_text(text)
        kinds = {
            "bare": await _start(central, *BARE, central.url),
            "agent": await _start_after_guardian(central, path),
            "agent_bringing_its_guardian": await _start(central, *_run(own / "edge.toml")),
        }
        for kind, ms in kinds.items():
            taken[kind] += [ms] if turn else []
    return {kind: median(values) for kind, values in taken.items()}


def _run(path: Path) -> tuple[str, ...]:
    return ("-m", "bollard", "edge", "run", "--config", str(path))


async def _start(central: Central, *arguments: str) -> float:
    began_s = time.monotonic()
    with rig.process(*arguments):
        return ((await central.expect("BootNotification")).at_s - began_s) * 1000


async def _start_after_guardian(central: Central, path: Path) -> float:
    with rig.guardian(path):
        await _listening(path)
        return await _start(central, *_run(path))


async def _listening(path: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not (path.parent / "guardian.sock").exists():  # noqa: ASYNC110 - a file rings no bell
            await asyncio.sleep(0.01)


async def idle(central: Central, path: Path, modbus: Path, watch_s: float) -> dict[str, Figures]:
    """Memory and load of processes that only wait, all watched at the same time, one after the other started."""
    with ExitStack() as closing:
        pids = {"bare": closing.enter_context(rig.process(*BARE, central.url)).pid}
        for name, settings in (("agent", path), ("agent_modbus", modbus)):
            pids |= {f"{name}_guardian": closing.enter_context(rig.guardian(settings)).pid}
            await _listening(settings)
            pids |= {name: closing.enter_context(rig.agent(settings)).pid}
            await central.expect("StatusNotification", connectorId=2)
        await asyncio.sleep(2)
        before = {name: Use.of(pid) for name, pid in pids.items()}
        await asyncio.sleep(watch_s)
        loads = {name: _load(before[name], Use.of(pid), watch_s) for name, pid in pids.items()}
        return {name: loads[name] | asdict(Memory.of(pid)) for name, pid in pids.items()}


def _load(before: Use, after: Use, watch_s: float) -> Figures:
    return {
        "cpu_percent": (after.cpu_ns - before.cpu_ns) / watch_s / 1e7,
        "wakeups_per_s": (after.sleeps - before.sleeps) / watch_s,
    }


async def tapping(central: Central, world: rig.World, path: Path, times: int) -> Figures:
    """Delays of taps, and what memory is left in use after all those sessions."""
    with rig.guardian(path) as guardian:
        await _listening(path)
        with rig.agent(path) as agent:
            await central.expect("StatusNotification", connectorId=2)
            await taps.at_the_reader(world, central, 2)
            reader = await taps.at_the_reader(world, central, times)
            told = await taps.known_to_the_agent(world, central, path.parent / "data/control.sock", times)
            return {
                "taps": {"at_the_reader": _delays(reader), "known_to_the_agent": _delays(told)},
                "after_sessions": {
                    "sessions": 2 * times + 2,
                    "agent": asdict(Memory.of(agent.pid)),
                    "guardian": asdict(Memory.of(guardian.pid)),
                },
            }


def _delays(delays: taps.Delays) -> Figures:
    return {
        "engaged_ms": _percentiles(delays.engaged_ms),
        "released_ms": _percentiles(delays.released_ms),
    }


def _percentiles(values: list[float]) -> dict[str, float]:
    return {"p50": taps.p50(values), "p99": taps.p99(values), "n": len(values)}


if __name__ == "__main__":
    main()
