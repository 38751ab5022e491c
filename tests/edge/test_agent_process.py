"""The agent, its guardian and the world as processes of their own: how each ends, and what the command line says."""

import asyncio
import json
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.cli import main
from hardware.outlet import Car
from hardware.simulation.client import connect
from hardware.simulation.requests import Engage, Plug, Tap, Truth, Witness
from tests.edge.central import Central
from tests.edge.workshop import TAG, write_settings
from tests.hardware.benches import WorldProcess, world_process
from tests.hardware.running import Running, running

OUTLET = "lab/1"
OFFLINE = "AllowOfflineTxForUnknownId = true\n"
NOBODY = "ws://127.0.0.1:1/ocpp"


@dataclass
class Yard:
    """A world's process and a settings file for it; nothing answers at the central system's address."""

    world: WorldProcess
    path: Path

    def truth(self) -> Truth:
        """What really is."""
        return connect(self.world.address).ask(Witness(OUTLET), Truth)

    def opens(self) -> bool:
        """Whether the circuit is open, or opens within a lease."""
        until = time.monotonic() + 2
        while self.truth().engaged and time.monotonic() < until:
            time.sleep(0.01)
        return not self.truth().engaged

    def arrive(self) -> None:
        """A car, and a card."""
        hands = connect(self.world.address)
        hands.tell(Plug(OUTLET, Car(battery_wh=10_000_000)))
        hands.tell(Tap(OUTLET, TAG))
        hands.close()

    @contextmanager
    def process(self, command: str, until: str = "") -> Iterator[Running]:
        """`bollard edge COMMAND`, which has said `until`."""
        with running("-u", "-m", "bollard", "edge", command, "--config", str(self.path)) as process:
            if until:
                process.line_with(until)
            yield process

    @contextmanager
    def charging(self) -> Iterator[Running]:
        """The agent with a session that runs."""
        with self.process("run", "agent lab with 1 connector(s)") as agent:
            self.arrive()
            agent.line_with("engaged")
            assert self.truth().engaged
            yield agent


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with world_process(OUTLET, speed=60) as world:
        yield Yard(world, write_settings(tmp_path, NOBODY, world.address, (OUTLET,), OFFLINE))


def test_an_agent_that_cannot_save_says_so_ends_and_leaves_the_circuit_open(yard: Yard) -> None:
    with yard.charging() as agent:
        resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        assert "the agent cannot save and ends: " in agent.line_with("cannot save")
        assert agent.ended() == 1
        assert yard.opens()


def test_an_agent_whose_guardian_goes_away_says_so_and_ends(yard: Yard) -> None:
    with yard.process("guardian") as guardian, yard.charging() as agent:
        guardian.signal(signal.SIGKILL)
        assert agent.line_with("the agent ends: ") == "the agent ends: the guardian closed the connection"
        assert agent.ended() == 1
        assert yard.opens()


def test_an_agent_that_is_told_to_end_ends_quietly_and_the_circuit_opens(yard: Yard) -> None:
    with yard.charging() as agent:
        agent.signal(signal.SIGTERM)
        assert agent.ended() == 0
    assert yard.opens()


def test_the_next_agent_goes_on_with_the_session_of_one_that_was_killed(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    with yard.charging() as agent:
        agent.signal(signal.SIGKILL)
        agent.ended()
    with yard.process("run", "the session goes on after an interruption") as agent:
        agent.line_with("engaged")
        assert main(["stop", "1", "--config", str(yard.path)]) == 0
        agent.line_with("session stopped (Local)")
        capsys.readouterr()
        assert main(["status", "--json", "--config", str(yard.path)]) == 0
        status = json.loads(capsys.readouterr().out)
    assert (status["online"], status["connectors"][0]["status"]) == (False, "Finishing")
    assert status["waiting"] >= 2


async def test_a_reset_starts_the_agent_and_its_guardian_again_without_any_supervisor(yard: Yard) -> None:
    async with Central().running() as central:
        yard.path.write_text(yard.path.read_text().replace(NOBODY, central.url))
        with yard.process("run") as agent:
            await central.expect("StatusNotification", connectorId=1)
            yard.arrive()
            await central.expect("StartTransaction")
            assert await central.call("Reset", type="Soft") == {"status": "Accepted"}
            assert (await central.expect("StopTransaction"))["reason"] == "SoftReset"
            await central.until(lambda: central.actions().count("BootNotification") == 2)
            agent.line_with("soft reset: the agent starts again")
            await asyncio.to_thread(agent.line_with, "online: ")
            hands = connect(yard.world.address)
            hands.tell(Tap(OUTLET, TAG))
            hands.close()
            await asyncio.to_thread(agent.line_with, "engaged")
            agent.signal(signal.SIGTERM)
            assert agent.ended() == 0


def test_the_circuit_can_be_opened_when_no_guardian_lives(yard: Yard) -> None:
    pin = connect(yard.world.address)
    pin.tell(Engage(OUTLET))
    assert yard.truth().engaged
    assert main(["release", "--config", str(yard.path)]) == 0
    assert yard.opens()
    pin.close()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            '[connectors.meter]\ndriver = "simulated"',
            '[connectors.meter]\ndriver = "acme"',
            "connector 1: meter: there is no",
        ),
        (
            '[[readers]]\ndriver = "simulated"',
            '[[readers]]\ndriver = "acme"',
            "reader: there is no driver 'acme'; known: keyboard, mfrc522, ",
        ),
        ("[csms]", '[csms]\nkey_file = "no.key"', "csms.key_file: "),
    ],
)
def test_an_agent_that_cannot_begin_says_why(
    yard: Yard, before: str, after: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = yard.path.read_text()
    assert before in text
    yard.path.write_text(text.replace(before, after))
    assert main(["run", "--config", str(yard.path)]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"bollard edge run: {told}")


def test_an_agent_whose_memory_is_damaged_says_so(yard: Yard, capsys: pytest.CaptureFixture[str]) -> None:
    (yard.path.parent / "data").mkdir()
    file = yard.path.parent / "data/edge.db"
    file.write_text("no database " * 500)
    assert main(["run", "--config", str(yard.path)]) == 2
    assert f"{file}: file is not a database" in capsys.readouterr().err
