"""The world as a process: its ports, its state, its ends, and what it makes of nonsense."""

import asyncio
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hardware.catalogue import make_reader
from hardware.errors import WorldLost, WorldRefused
from hardware.outlet import Fault
from hardware.ports import Part, Vehicle
from hardware.simulation.client import SocketLink, connect
from hardware.simulation.process import main
from hardware.simulation.requests import Break, Engage, Feedback, Pilot, Tap, Truth, Witness
from tests.hardware.benches import ProcessBench, WorldProcess, plug, world_process
from tests.hardware.running import running


def feedback(bench: ProcessBench) -> bool:
    link = connect(bench.world)
    conducts = link.ask(Feedback(bench.outlet), bool)
    link.close()
    return conducts


def engage_and_vanish(bench: ProcessBench) -> None:
    link = connect(bench.world)
    link.tell(Engage(bench.outlet))
    assert bench.truth().conducts
    link.close()


def until(shown: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if shown():
            return
    raise AssertionError("it never showed")


def test_a_pin_drops_when_its_owner_goes(process_bench: ProcessBench) -> None:
    engage_and_vanish(process_bench)
    until(lambda: not process_bench.truth().conducts)


def test_a_pin_that_another_drives_by_now_stays(process_bench: ProcessBench) -> None:
    former, present = connect(process_bench.world), connect(process_bench.world)
    former.tell(Engage(process_bench.outlet))
    present.tell(Engage(process_bench.outlet))
    former.close()
    for _ in range(20):
        assert feedback(process_bench)
    present.close()


def test_pins_can_be_kept_driven() -> None:
    with world_process("lab/1", options=("--pins", "kept")) as world:
        bench = ProcessBench(world, "lab/1")
        engage_and_vanish(bench)
        for _ in range(20):
            assert feedback(bench)
        bench.close()


async def test_registers_survive_a_restart(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "world.json"))
    with world_process("lab/1", options=state) as world:
        bench = ProcessBench(world, "lab/1")
        plug(bench)
        bench.do(Engage("lab/1"))
        await bench.let_flow(50)
        bench.do(Break("lab/1", Fault.OPEN_CIRCUIT))
        register_wh = bench.truth().register_wh
        world.process.signal(signal.SIGTERM)
        assert world.process.ended() == 0
    with world_process("lab/1", options=state) as world:
        bench = ProcessBench(world, "lab/1")
        assert bench.truth().register_wh == register_wh >= 50
        assert not bench.truth().conducts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_with_parts_connected(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    with world_process("lab/1") as world:
        bench = ProcessBench(world, "lab/1")
        assert not bench.truth().conducts
        world.process.signal(number)
        assert world.process.ended() == 0
        bench.close()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("option", ["--port", "--modbus-port"])
def test_a_taken_port_is_said_and_is_a_failure(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        others = {"--port": "0", "--modbus-port": "0", option: str(port)}
        words = [word for pair in others.items() for word in pair]
        with running("-m", "hardware.simulation.process", *words) as process:
            assert process.ended() == 1
    assert f"port {port} is taken" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["--visits"], ["--speed", "0"], ["--pins", "glued"]])
def test_wrong_options_are_usage_errors(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"hello", "malformed"),
        (b'{"type":"fly","outlet":"lab/1"}', "fly"),
        (b'{"type":"tap","outlet":"lab/1"}', "id_tag"),
        (b'{"type":"offer","outlet":"lab/1","limit_ma":"much"}', "limit_ma"),
        (b'{"type":"pilot","outlet":"nowhere"}', "has no outlet 'nowhere'"),
    ],
)
def test_nonsense_is_answered_and_the_line_stays(common_world: WorldProcess, line: bytes, said: str) -> None:
    with socket.create_connection(("127.0.0.1", common_world.ready.port)) as connection:
        answers = connection.makefile("rb")
        for _ in range(2):
            connection.sendall(line + b"\n")
            assert said in msgspec.json.decode(answers.readline())["error"]
        answers.close()


def test_a_line_without_end_is_cut_and_others_are_served(process_bench: ProcessBench) -> None:
    with socket.create_connection(("127.0.0.1", int(process_bench.world.split(":")[1]))) as connection:
        connection.settimeout(10)
        with pytest.raises(ConnectionError):
            while True:
                connection.sendall(b"x" * 65_536)
    assert not process_bench.truth().conducts


def test_refusals_reach_the_client_as_errors(process_bench: ProcessBench) -> None:
    with pytest.raises(WorldRefused, match="no outlet"):
        process_bench._hands.tell(Tap("lab/none", "AA"))


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next() -> None:
    with world_process("lab/1") as world:
        link = SocketLink("127.0.0.1", world.ready.port, timeout_s=0.2)
        assert link.ask(Feedback("lab/1"), bool) is False
        world.process.signal(signal.SIGSTOP)
        with pytest.raises(WorldLost, match="timed out"):
            link.ask(Feedback("lab/1"), bool)
        world.process.signal(signal.SIGCONT)
        patient = SocketLink("127.0.0.1", world.ready.port, timeout_s=10)
        assert patient.ask(Pilot("lab/1"), Vehicle) is Vehicle.ABSENT
        assert link.ask(Pilot("lab/1"), Vehicle) is Vehicle.ABSENT


def test_a_client_outlives_its_world_and_says_so() -> None:
    with world_process("lab/1") as world:
        link = SocketLink("127.0.0.1", world.ready.port)
        assert link.ask(Witness("lab/1"), Truth).register_wh == 0
    for _ in range(2):
        with pytest.raises(WorldLost, match="does not answer"):
            link.tell(Tap("lab/1", "AA"))


async def test_a_reader_waits_through_a_restart_of_its_world() -> None:
    with world_process("lab/1") as world:
        part = Part("simulated", {"world": world.address, "outlet": "lab/1"})
        reader = make_reader(part)
        taps = reader.taps()
        ProcessBench(world, "lab/1").do(Tap("lab/1", "AAAA"))
        assert (await anext(taps)).id_tag == "AAAA"
    next_tap = asyncio.ensure_future(anext(taps))
    await asyncio.sleep(0)
    with world_process("lab/1", options=("--port", str(world.ready.port))) as world:
        ProcessBench(world, "lab/1").do(Tap("lab/1", "BBBB"))
        assert (await next_tap).id_tag == "BBBB"
    await reader.close()


def test_speed_makes_the_register_run_and_leaves_the_power_real(process_bench: ProcessBench) -> None:
    plug(process_bench, power_w=3_600)
    process_bench.do(Engage(process_bench.outlet))
    before, after = process_bench.truth(), process_bench.truth()
    assert before.power_w == after.power_w == 3_600
    assert after.now_ms - before.now_ms == 1_000 * (after.real_ms - before.real_ms)
    assert after.delivered_mj - before.delivered_mj == 3_600 * (after.now_ms - before.now_ms)


def test_what_happens_is_printed(common_world: WorldProcess, process_bench: ProcessBench) -> None:
    process_bench.do(Tap(process_bench.outlet, "04A1B2C3D4E5F6"))
    line = common_world.process.line_with(f'"{process_bench.outlet}","what":"card')
    assert "…E5F6" in line and "04A1B2" not in line


def test_meters_show_holding_registers_of_their_own(process_bench: ProcessBench) -> None:
    """The driver must ask for input registers: as holding registers the same addresses do not exist."""
    with socket.create_connection(("127.0.0.1", process_bench.modbus_port)) as connection:
        connection.sendall(struct.pack(">HHHBBHH", 1, 0, 6, process_bench.device_id, 3, 0x48, 2))
        assert connection.recv(100)[7] == 0x83
