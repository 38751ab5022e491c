"""From the cause of each hazard to the release, through the whole chain, in emulated time; and what the page says."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.core.faults import HAZARDS, TRIPS
from tests.edge.hazards.causes import CAUSES, SLACK_MS, Cause
from tests.edge.hazards.emulation import emulated
from tests.edge.hazards.report import meaning, speed, within
from tests.edge.hazards.site import site

RENEW = "renew the page's tables: python -m tests.edge.hazards"
PAGE = (Path(__file__).parents[3] / "hardware" / "HAZARDS.md").read_text().splitlines()


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.words)
def test_it_is_released_in_time_and_the_page_says_how_fast(
    cause: Cause, record_property: Callable[[str, object], None]
) -> None:
    worst_ms = cause.worst_ms()
    record_property("hazard", f"{cause.words}: {worst_ms} ms ({within(cause)})")
    assert 0 < worst_ms <= cause.bound_ms
    assert any(speed(cause, ms) in PAGE for ms in range(worst_ms - 20, worst_ms + 21)), RENEW


def test_trip_inputs_are_given_nothing_and_whatever_is_released_for_is_measured() -> None:
    assert all(
        cause.bound_ms == SLACK_MS for cause in CAUSES if cause.source in TRIPS and cause.source != "temperature"
    )
    measured = {cause.source for cause in CAUSES}
    assert HAZARDS.keys() - measured == {"cooling", "lock", "unlock", "limit", "pilot"}
    assert any("control pilot" in cause.words for cause in CAUSES)


def test_the_page_says_what_the_table_in_the_code_says() -> None:
    assert [line for line in PAGE if line.startswith("| `")] == meaning(), RENEW


def test_the_agent_says_why_in_the_table_s_words(tmp_path: Path) -> None:
    async def pressed() -> str:
        async with site(tmp_path, mirror=True, pilot=True) as one:
            await one.charging(11_000)
            one.active.add("emergency_stop")
            await asyncio.sleep(0.1)
            return one.why()

    assert emulated(pressed()) == "The emergency stop is pressed."
