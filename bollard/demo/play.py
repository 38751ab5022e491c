"""The demo from its first line to its last: who starts when, what is told, how it ends."""

import asyncio
import signal
import socket
from pathlib import Path

from bollard.demo.agents import Agent, Surroundings, write_settings
from bollard.demo.certificates import Certificates, certificates
from bollard.demo.company import Company
from bollard.demo.errors import DemoError
from bollard.demo.folder import claimed
from bollard.demo.household import OPERATOR, REMEMBERED, TAGS, Household, database_url, prepared
from bollard.demo.lines import Say, teller
from bollard.demo.options import Options
from bollard.demo.processes import Program

WORLD_READY = r"world at (\S+:\d+), meters .* at (\S+:\d+)"
CLOUD_READY = r"https://\S+:(\d+)"


async def play(options: Options) -> None:
    """Run until stopped by a signal or by the last wanted bill. Raises `DemoError`."""
    say = teller(color=options.color)
    curtain = Curtain(say, options.sessions)
    company = Company(curtain.hear)
    curtain.falls_on_signals(company)
    with claimed(options.data, fresh=options.fresh) as folder:
        _check_port(options.host, options.port)
        show = asyncio.create_task(_show(folder, options, company, say))
        try:
            await _until_first(show, asyncio.create_task(curtain.fallen.wait()))
        finally:
            say("demo", "ending")
            await company.leave()
            say("demo", f"ended; the data stays in {folder}")


class Curtain:
    """Falls at Ctrl-C, SIGTERM, SIGHUP, or when enough bills have been issued; a second signal ends without asking."""

    def __init__(self, say: Say, sessions: int | None) -> None:
        self.fallen = asyncio.Event()
        self._say = say
        self._left = sessions

    def hear(self, who: str, line: str) -> None:
        """Pass a line on to the screen, counting bills."""
        self._say(who, line)
        if self._left is not None and who == "cloud" and line.startswith("bill "):
            self._left -= 1
            if self._left == 0:
                self.fallen.set()

    def falls_on_signals(self, company: Company) -> None:
        """Listen for signals from now on."""

        def fall() -> None:
            if self.fallen.is_set():
                company.kill()
            self.fallen.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, fall)


async def _until_first(*tasks: "asyncio.Task[object]") -> None:
    """Wait for whichever ends first, cancel the others; raises what that one raised."""
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for task in done:
        task.result()


async def _show(folder: Path, options: Options, company: Company, say: Say) -> None:
    pem = certificates(folder)
    household = await prepared(folder, options.stations, options.speed, say)
    agents = household.agents(options.stations)
    ready = {_cloud(folder, options, pem): CLOUD_READY, _world(folder, options, agents): WORLD_READY}
    cloud, world = await company.enter_and_say(ready)
    around = Surroundings(f"wss://localhost:{cloud[1]}/ocpp", pem.authority, world[1], world[2], speed=options.speed)
    await company.enter(*(_agent(write_settings(folder, agent, around), agent) for agent in agents))
    _welcome(folder, cloud[1], household, say)
    await company.unless_one_is_lost(asyncio.get_running_loop().create_future())


def _cloud(folder: Path, options: Options, pem: Certificates) -> Program:
    place = ("--host", options.host, "--port", str(options.port))
    tls = ("--tls-cert", str(pem.chain), "--tls-key", str(pem.key))
    return Program("cloud", ("cloud", "serve", "--database-url", database_url(folder), *place, *tls))


def _world(folder: Path, options: Options, agents: list[Agent]) -> Program:
    outlets = [word for agent in agents for word in ("--outlet", agent.outlet)]
    cards = [word for id_tag in TAGS for word in ("--tag", id_tag)]
    pace = ("--visits", "--speed", str(options.speed), "--state", str(folder / "world.json"))
    return Program("world", ("world", "--port", "0", "--modbus-port", "0", *pace, *outlets, *cards))


def _agent(settings: Path, agent: Agent) -> Program:
    return Program(agent.identity, ("edge", "run", "--config", str(settings)))


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise DemoError(f"Port {port} on {host} cannot be used ({reason}): try another --port.") from None


def _welcome(folder: Path, port: str, household: Household, say: Say) -> None:
    say("demo", "")
    say("demo", f"The operator's page:  https://localhost:{port}/")
    say("demo", f"Sign in as:           {OPERATOR}")
    say("demo", f"Password:             {household.password}   (kept in {folder / REMEMBERED})")
    say("demo", "Your browser will warn once: the certificate comes from an authority that only this demo knows.")
    say("demo", "Ctrl-C ends it all; the next start goes on with the same data; --fresh starts anew.")
    say("demo", "")
