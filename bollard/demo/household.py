"""What the central system must know before the first car comes: made once through `bollard cloud`, then remembered."""

import asyncio
import json
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bollard.demo.agents import Agent
from bollard.demo.errors import DemoError
from bollard.demo.folder import write_secret
from bollard.demo.lines import Say
from bollard.demo.processes import command

OPERATOR = "operator"
TARIFF = ("--per-kwh", "0.39", "--per-session", "0.50", "--vat", "19", "--currency", "EUR")
MAX_KW = 22
TAGS = {"04A2B3C4D5E6F1": "Ada", "04A2B3C4D5E6F2": "Grace", "04A2B3C4D5E6F3": "Edith", "04A2B3C4D5E6F4": "Mary"}
REMEMBERED = "household.json"
DATABASE = "cloud.db"


@dataclass(slots=True)
class Household:
    """The operator's password and the stations' keys (hex), as kept in the data folder, mode 0600."""

    password: str
    keys: dict[str, str] = field(default_factory=dict)

    def agents(self, count: int) -> list[Agent]:
        """The first stations, each with its outlet's place as the meter's device id."""
        return [Agent(identity, self.keys[identity], number) for number, identity in enumerate(identities(count), 1)]


def identities(count: int) -> list[str]:
    """lab-1, lab-2, …"""
    return [f"lab-{number}" for number in range(1, count + 1)]


def database_url(folder: Path) -> str:
    """The demo's database."""
    return f"sqlite:///{folder / DATABASE}"


async def prepared(folder: Path, stations: int, speed: float, say: Say) -> Household:
    """The household of an earlier start, or a new one; with as many stations as asked for."""
    office = Office(database_url(folder))
    remembered = _remembered(folder)
    await office.do("migrate")
    household = remembered or await _first(folder, office, say)
    for identity in identities(stations):
        if identity not in household.keys:
            say("demo", f"adding station {identity}")
            household.keys[identity] = await _add_station(office, identity, speed)
            _remember(folder, household)
    return household


class Office:
    """The operator's command line, `bollard cloud …`, on the demo's database."""

    def __init__(self, url: str) -> None:
        self._database = ("--database-url", url)

    async def do(self, *words: str, typed: str = "") -> str:
        """What a command prints; `DemoError` with its complaint when it fails."""
        process = await asyncio.create_subprocess_exec(
            *command(("cloud", *words, *self._database)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        printed, complaint = await process.communicate(typed.encode())
        if process.returncode:
            raise DemoError(f"`bollard cloud {words[0]}` failed: {complaint.decode(errors='replace').strip()}")
        return printed.decode()

    async def ask(self, *words: str) -> Any:
        """The same for a command with JSON output."""
        return json.loads(await self.do(*words, "--json"))


async def _first(folder: Path, office: Office, say: Say) -> Household:
    say("demo", "first start: making an operator, a tariff and tags")
    household = Household(secrets.token_urlsafe(12))
    await office.do("create-user", OPERATOR, "--password-stdin", typed=household.password + "\n")
    await office.do("add-tariff", "Demo", *TARIFF)
    listed = "".join(f"{id_tag},{holder}\n" for id_tag, holder in TAGS.items())
    await office.do("import-tags", "-", typed=f"tag,name\n{listed}")
    _remember(folder, household)
    return household


async def _add_station(office: Office, identity: str, speed: float) -> str:
    """The station's key. Its connector delivers 22 kW in its own time; the central system lives in ours."""
    added = await office.ask("add-station", identity, "--max-kw", str(MAX_KW * max(speed, 1.0)))
    return str(added["key"])


def _remembered(folder: Path) -> Household | None:
    """None also after a first start that was interrupted: then its database goes too."""
    path = folder / REMEMBERED
    if path.exists():
        return Household(**json.loads(path.read_text()))
    for leftover in folder.glob(f"{DATABASE}*"):
        leftover.unlink()
    return None


def _remember(folder: Path, household: Household) -> None:
    write_secret(folder / REMEMBERED, json.dumps({"password": household.password, "keys": household.keys}, indent=1))
