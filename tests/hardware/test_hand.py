"""The stage hand `bollard world do`: what it does is done, and what cannot be is told in a sentence."""

from collections.abc import Callable

import pytest

from hardware.outlet import Fault
from hardware.ports import Signal
from hardware.simulation.process import main
from hardware.simulation.requests import Show
from tests.hardware.benches import ProcessBench

Do = Callable[..., int]


@pytest.fixture
def do(process_bench: ProcessBench) -> Do:
    """The command, at this outlet."""
    port = process_bench.world.rpartition(":")[2]
    return lambda *words: main(["do", "--port", port, "--outlet", process_bench.outlet, *words])


def test_each_deed_is_done(process_bench: ProcessBench, do: Do) -> None:
    assert [do("plug"), do("trip", "door"), do("break", "silent_meter"), do("tap", "04A1B2C3")] == [0] * 4
    truth = process_bench.truth()
    assert (truth.car is not None, truth.tripped, truth.faults) == (True, ("door",), (Fault.SILENT_METER,))
    assert [do("clear", "door"), do("mend", "silent_meter"), do("unplug")] == [0] * 3
    truth = process_bench.truth()
    assert (truth.car, truth.tripped, truth.faults) == (None, (), ())
    assert [do("plug"), do("pull")] == [0, 0]


def test_the_place_may_be_said_before_the_deed_or_after_it(process_bench: ProcessBench) -> None:
    port = process_bench.world.rpartition(":")[2]
    assert main(["do", "--outlet", "elsewhere", "plug", "--port", port, "--outlet", process_bench.outlet]) == 0
    assert main(["do", "--port", port, "trip", "door", "--outlet", process_bench.outlet]) == 0
    truth = process_bench.truth()
    assert (truth.car is not None, truth.tripped) == (True, ("door",))


def test_it_tells_what_is_there_and_what_the_driver_sees(
    process_bench: ProcessBench, do: Do, capsys: pytest.CaptureFixture[str]
) -> None:
    process_bench.do(Show(process_bench.outlet, Signal.FAULT, "The housing is open"))
    do("trip", "door")
    capsys.readouterr()
    assert do("look") == 0
    assert capsys.readouterr().out == (
        f"{process_bench.outlet}  no car, contacts open, 0.00 kW, register 0.000 kWh, amiss: door\n"
        f"{process_bench.outlet}  shown: fault: The housing is open\n"
    )


def test_what_cannot_be_is_a_sentence(do: Do, capsys: pytest.CaptureFixture[str]) -> None:
    assert do("unplug") == 1
    assert "no car is plugged in" in capsys.readouterr().err
    assert main(["do", "--port", "1", "look"]) == 1
    assert "check that `bollard world` runs there" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        do("break", "everything")
    assert "greedy_car" in capsys.readouterr().err
