"""The stage hand `bollard world do`: plugs cars, holds cards and breaks things in a world that runs."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hardware.errors import HardwareError
from hardware.outlet import Car, Fault
from hardware.simulation.client import WorldLink, connect
from hardware.simulation.requests import Break, Plug, Request, Tap, Trip, Truth, Unplug, Witness


class Deed(NamedTuple):
    """What one word does at an outlet, what it takes (an empty name: nothing) and which of it there are (none: any)."""

    says: str
    makes: Callable[[str, str], Request]
    takes: str = ""
    choices: tuple[str, ...] | None = None


FAULTS = tuple(fault.value for fault in Fault)
DEEDS = {
    "look": Deed("tell what really is there", lambda outlet, _: Witness(outlet)),
    "plug": Deed("a car that wants energy is plugged in", lambda outlet, _: Plug(outlet, Car())),
    "unplug": Deed("its cable is pulled here", lambda outlet, _: Unplug(outlet)),
    "pull": Deed("its cable is pulled at the car", lambda outlet, _: Unplug(outlet, at_car=True)),
    "tap": Deed("a card is held to the reader", Tap, "idtag"),
    "trip": Deed("a trip input trips", Trip, "input"),
    "clear": Deed("it clears", lambda outlet, name: Trip(outlet, name, tripped=False), "input"),
    "break": Deed("something breaks", lambda outlet, fault: Break(outlet, Fault(fault)), "fault", FAULTS),
    "mend": Deed("it is mended", lambda outlet, fault: Break(outlet, Fault(fault), broken=False), "fault", FAULTS),
}


def main(argv: Sequence[str]) -> int:
    """Do it, then tell what is there; exit status 1 with a sentence when it cannot be."""
    options = _options(argv)
    link = connect(f"{options.host}:{options.port}")
    try:
        link.tell(DEEDS[options.deed].makes(options.outlet, options.what))
        print(told(options.outlet, link))
    except HardwareError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        link.close()
    return 0


def told(outlet: str, link: WorldLink) -> str:
    """What is at an outlet, in two lines: the car and its current, and what the driver sees."""
    truth = link.ask(Witness(outlet), Truth)
    car = f"car with {truth.car.percent} %" if truth.car else "no car"
    contacts = "closed" if truth.conducts else "open"
    amiss = ", ".join((*truth.tripped, *truth.faults)) or "nothing"
    sees = f"{truth.signal or 'nothing'}: {' | '.join(truth.text.splitlines())}"
    return (
        f"{outlet}  {car}, contacts {contacts}, {truth.power_w / 1000:.2f} kW,"
        f" register {truth.register_wh / 1000:.3f} kWh, amiss: {amiss}\n{outlet}  shown: {sees}"
    )


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bollard world do", description="Do something in a world that runs.")
    _add_place(parser, "127.0.0.1", 7700, "lab-1/1")
    parser.set_defaults(what="")
    deeds = parser.add_subparsers(dest="deed", metavar="DEED", required=True)
    for name, deed in DEEDS.items():
        one = deeds.add_parser(name, help=deed.says)
        _add_place(one)
        if deed.takes:
            one.add_argument(
                "what", metavar=deed.takes.upper(), choices=deed.choices, help=" ".join(deed.choices or ())
            )
    return parser.parse_args(argv)


def _add_place(parser: argparse.ArgumentParser, *defaults: str | int) -> None:
    """Where to do it: said before the deed or after it; what is not said after it leaves alone what was before."""
    host, port, outlet = defaults or (argparse.SUPPRESS,) * 3
    parser.add_argument("--host", default=host, help="where it runs (127.0.0.1)")
    parser.add_argument("--port", type=int, default=port, help="the port of its parts' lines (7700)")
    parser.add_argument("--outlet", metavar="NAME", default=outlet, help="where (lab-1/1)")
