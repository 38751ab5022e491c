"""The process `bollard world`: a simulated world on loopback ports, with visitors if asked for."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from secrets import randbits

import msgspec

from hardware.errors import PortTaken
from hardware.simulation import hand, modbus
from hardware.simulation.server import Pace, listen
from hardware.simulation.visits import Stage, visitors
from hardware.simulation.wiring import Wiring
from hardware.world import Told, World

HOST = "127.0.0.1"
TICK_S = 0.05
SAVE_EVERY_TICKS = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM; exit status 1 when a port is taken. `do` is a hand in a world that runs."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["do"]:
        return hand.main(words[1:])
    options = _options(words)
    try:
        asyncio.run(_run(options))
    except PortTaken as error:
        print(f"bollard world: {error}: choose another or end what uses it", file=sys.stderr)
        return 1
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bollard world",
        description="A simulated physical world: outlets with mains, contactor, meter, lock, card reader and cars.",
        epilog="`bollard world do --help` tells how to plug, tap, trip and break in a world that runs.",
    )
    add = parser.add_argument
    add("--port", type=int, default=7700, help="port of the parts' lines on 127.0.0.1 (0: any; default %(default)s)")
    add("--modbus-port", type=int, default=0, help="port of the meters, SDM630 on Modbus TCP (0: any, the default)")
    add("--speed", type=float, default=1.0, help="world seconds a real second (default %(default)s)")
    add("--outlet", action="append", metavar="NAME", help="an outlet (repeatable; default: lab-1/1)")
    add("--visits", action="store_true", help="let cars come and go; needs --tag")
    add("--tag", action="append", default=[], metavar="IDTAG", help="a card that visitors carry (repeatable)")
    add("--seed", type=int, default=None, help="let the same visitors come again")
    add("--state", type=Path, metavar="FILE", help="keep the meters' registers here between runs")
    add("--pins", choices=("dropped", "kept"), default="dropped", help="a contactor whose owner has gone is …")
    add("--json", action="store_true", help="print JSON lines")
    options = parser.parse_args(argv)
    options.outlet = list(dict.fromkeys(options.outlet or ["lab-1/1"]))
    if options.visits and not options.tag:
        parser.error("--visits needs at least one --tag")
    if not 0 < options.speed <= 10_000 or len(options.outlet) > 247:
        parser.error("--speed must be above 0 and at most 10000, and there may be at most 247 outlets")
    return options


async def _run(options: argparse.Namespace) -> None:
    world = World(options.outlet, _load(options.state))
    world.told = _reporter(options.json)
    pace = Pace(world, options.speed)
    wiring = Wiring(world, kept=options.pins == "kept")
    stopped = _stop_signals()
    line_server = await listen(wiring, pace, HOST, options.port)
    meter_server, modbus_port = await modbus.serve(world, HOST, options.modbus_port, pace.catch_up)
    _announce(options, line_server.sockets[0].getsockname()[1], modbus_port)
    try:
        await _live(world, pace, options, stopped)
    finally:
        _save(options.state, world)
        meter_server.close()
        line_server.close()


def _stop_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def _live(world: World, pace: Pace, options: argparse.Namespace, stopped: asyncio.Event) -> None:
    stages = _stages(world, options) if options.visits else []
    ticks = 0
    while not stopped.is_set():
        pace.catch_up()
        for stage in stages:
            stage.turn()
        ticks += 1
        if ticks % SAVE_EVERY_TICKS == 0:
            _save(options.state, world)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), TICK_S)


def _stages(world: World, options: argparse.Namespace) -> list[Stage]:
    busy: set[str] = set()
    seed = randbits(32) if options.seed is None else options.seed
    return [Stage(world, visitors(world, name, _chance(seed, name), options.tag, busy)) for name in world.outlets]


def _chance(seed: int, name: str) -> Random:
    return Random(f"{seed} {name}")  # noqa: S311 - chooses visitors, not keys


def _reporter(as_json: bool) -> Told:
    def told(at_ms: int, outlet: str, what: str) -> None:
        if as_json:
            print(msgspec.json.encode({"at_ms": at_ms, "outlet": outlet, "what": what}).decode(), flush=True)
        else:
            minutes, seconds = divmod(at_ms // 1000, 60)
            print(f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}  {outlet}  {what}", flush=True)

    return told


def _announce(options: argparse.Namespace, port: int, modbus_port: int) -> None:
    devices = {name: number for number, name in enumerate(options.outlet, 1)}
    if options.json:
        ready = {"ready": True, "port": port, "modbus_port": modbus_port, "outlets": devices}
        print(msgspec.json.encode(ready).decode(), flush=True)
    else:
        print(f"world at {HOST}:{port}, meters (SDM630, Modbus TCP) at {HOST}:{modbus_port}, {options.speed:g}x")
        for name, number in devices.items():
            print(f"  outlet {name}: Modbus device {number}", flush=True)


def _load(path: Path | None) -> dict[str, int]:
    if path is None or not path.exists():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, int])


def _save(path: Path | None, world: World) -> None:
    if path is None:
        return
    draft = path.with_name(path.name + ".draft")
    draft.write_bytes(msgspec.json.encode({name: outlet.register_mj for name, outlet in world.outlets.items()}))
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
