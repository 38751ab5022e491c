"""The command line of the agent: what can be asked, and how the answers look."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.settings import Settings, SettingsError, load
from hardware.errors import HardwareError

CONFIG = Path("/etc/bollard/edge.toml")
Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused, 2 cannot."""
    arguments = parser().parse_args(argv)
    command: Command = arguments.run
    try:
        return command(arguments)
    except (SettingsError, HardwareError) as error:
        print(f"bollard edge: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """All commands of `bollard edge`."""
    top = argparse.ArgumentParser(prog="bollard edge", description="The controller inside a charge point.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add(commands, "run", run, "run the agent (and its guardian, where none listens yet)")
    guardian = _add(commands, "guardian", run_guardian, "run the guardian: the process that owns the contactors")
    guardian.add_argument("--once", action="store_true", help="end when the agent has gone")
    _add(commands, "release", release, "open every contactor; for use when no guardian lives")
    check = _add(commands, "check", check_settings, "read the settings and say whether they can be used")
    check.add_argument("--parts", action="store_true", help="also ask every part once; nothing is engaged")
    _add(commands, "status", status, "what every connector does, and why", json=True)
    tap = _add(commands, "tap", ask_tap, "present a card as if it had been held to the reader", json=True)
    tap.add_argument("tag", help="the card's idTag")
    tap.add_argument("--connector", type=int, help="only for this connector")
    stop = _add(commands, "stop", ask_stop, "stop the session on a connector", json=True)
    stop.add_argument("connector", type=int, help="the connector's number")
    clear = _add(commands, "clear", ask_clear, "say that a fault of a connector has been mended", json=True)
    clear.add_argument("connector", type=int, help="the connector's number")
    _add(commands, "parked", parked, "messages that the central system refused for good", json=True)
    retry = _add(commands, "retry", ask_retry, "queue a parked message again", json=True)
    retry.add_argument("seq", type=int, help="its number, from `bollard edge parked`")
    return top


def _add(commands: Any, name: str, run: Command, summary: str, *, json: bool = False) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    command.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help=f"settings (default: {CONFIG})")
    if json:
        command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(run=run)
    return command


def run(arguments: argparse.Namespace) -> int:
    """`bollard edge run`."""
    from edge import process

    return process.run(arguments.config)


def run_guardian(arguments: argparse.Namespace) -> int:
    """`bollard edge guardian`."""
    from edge import guarding

    guarding.serve(load(arguments.config), stay=not arguments.once)
    return 0


def release(arguments: argparse.Namespace) -> int:
    """`bollard edge release`."""
    from edge import guarding

    guarding.release(load(arguments.config))
    return 0


def check_settings(arguments: argparse.Namespace) -> int:
    """`bollard edge check`."""
    from edge.checking import check

    settings = load(arguments.config)
    check(settings)
    settings.csms.check_files()
    connectors = ", ".join(f"{c.id} ({c.max_current_a:g} A)" for c in settings.connectors)
    print(f"{arguments.config}: fine. Station {settings.identity}, connectors {connectors}.")
    return _try_parts(settings) if arguments.parts else 0


def _try_parts(settings: Settings) -> int:
    import asyncio

    from edge.trying import tried

    async def trying() -> int:
        status = 0
        async for trial in tried(settings):
            print(f"{'well ' if trial.well else 'AMISS'}  {trial.part}: {trial.said}", flush=True)
            status = status if trial.well else 1
        return status

    return asyncio.run(trying())


def status(arguments: argparse.Namespace) -> int:
    """`bollard edge status`."""
    return _ask(arguments, {"command": "status"}, _print_status)


def ask_tap(arguments: argparse.Namespace) -> int:
    """`bollard edge tap`."""
    return _ask(arguments, {"command": "tap", "tag": arguments.tag, "connector": arguments.connector}, _print_done)


def ask_stop(arguments: argparse.Namespace) -> int:
    """`bollard edge stop`."""
    return _ask(arguments, {"command": "stop", "connector": arguments.connector}, _print_done)


def ask_clear(arguments: argparse.Namespace) -> int:
    """`bollard edge clear`."""
    return _ask(arguments, {"command": "clear", "connector": arguments.connector}, _print_done)


def parked(arguments: argparse.Namespace) -> int:
    """`bollard edge parked`."""
    return _ask(arguments, {"command": "parked"}, _print_parked)


def ask_retry(arguments: argparse.Namespace) -> int:
    """`bollard edge retry`."""
    return _ask(arguments, {"command": "retry", "seq": arguments.seq}, _print_done)


def _ask(arguments: argparse.Namespace, words: dict[str, Any], show: Callable[[dict[str, Any]], None]) -> int:
    answer = _answer(load(arguments.config), words)
    if arguments.json:
        print(json.dumps(answer, indent=2))
    elif "error" in answer:
        print(f"bollard edge: {answer['error']}", file=sys.stderr)
    else:
        show(answer)
    return 1 if "error" in answer else 0


def _answer(settings: Settings, words: dict[str, Any]) -> dict[str, Any]:
    import socket

    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        try:
            line.connect(str(settings.control_socket))
            line.sendall(json.dumps(words).encode() + b"\n")
            answer: dict[str, Any] = json.loads(line.makefile("rb").readline())
        except (OSError, ValueError) as error:
            where = f"the agent of {settings.identity} does not answer at {settings.control_socket}"
            raise SettingsError(f"{where} ({error}): is `bollard edge run` running?") from error
    return answer


def _print_done(answer: dict[str, Any]) -> None:
    print(answer["done"])


def _print_status(answer: dict[str, Any]) -> None:
    print(f"{answer['identity']}: {answer['central_system'] or 'not connected yet'}")
    clock = "known" if answer["clock_known"] else "not known yet"
    print(f"last heard from: {_when(answer['last_contact'])}; clock {clock}")
    print(f"messages waiting: {answer['waiting']}, parked: {answer['parked']}")
    _print_faults(answer["faults"], "")
    for connector in answer["connectors"]:
        print(f"\nconnector {connector['connector']}: {connector['status']}")
        print(f"  {connector['reason']}")
        _print_faults(connector["faults"], "  ")
        for line in _details(connector):
            print(f"  {line}")
    if answer["refusals"]:
        print("\nrefused lately:")
    for refusal in answer["refusals"]:
        print(f"  {_when(refusal['when'])}  {refusal['text']}")


def _print_faults(faults: list[dict[str, str]], indent: str) -> None:
    for fault in faults:
        clears = f", clears {fault['clears']}" if "clears" in fault else ""
        print(f"{indent}fault: {fault['info']} ({fault['error_code']}{clears})")


def _when(moment: dict[str, Any] | None) -> str:
    """Local time, or how long ago while the clock is not known."""
    if moment is None:
        return "never"
    if moment["at"] is None:
        return f"{moment['ago_s']:.0f} s ago"
    return f"{datetime.fromisoformat(moment['at']).astimezone():%Y-%m-%d %H:%M:%S}"


def _details(connector: dict[str, Any]) -> list[str]:
    lines = [f"since {_when(connector['since'])}"] if connector["since"] is not None else []
    if connector["tag"] is not None:
        lines.append(f"card {connector['tag']}, {(connector['energy_wh'] or 0) / 1000:.3f} kWh so far")
    if connector["meter_wh"] is not None:
        power = f", {connector['power_w'] / 1000:.2f} kW" if connector["power_w"] is not None else ""
        estimated = " (estimated)" if connector["meter_estimated"] else ""
        lines.append(f"meter {connector['meter_wh'] / 1000:.3f} kWh{power}{estimated}")
    if connector["strayed_wh"]:
        lines.append(f"{connector['strayed_wh'] / 1000:.3f} kWh flowed although released, on no bill")
    contactor = "engaged" if connector["engaged"] else "released"
    lines.append(f"contactor {contactor}, vehicle {connector['vehicle']}, cable {connector['cable']}")
    return lines


def _print_parked(answer: dict[str, Any]) -> None:
    if not answer["parked"]:
        print("nothing is parked")
    for entry in answer["parked"]:
        print(f"{entry['seq']:>6}  {entry['kind']:<15} session {entry['session']}  {entry['why']}")
