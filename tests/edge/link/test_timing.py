"""Alarms: moved while somebody waits, and never a reason to spin."""

import asyncio

from edge.link.timing import Alarm
from tests.edge.link.bench import HandTimer
from tests.wire.one_end import settle


async def test_an_alarm_can_be_moved_both_ways_while_somebody_waits() -> None:
    timer = HandTimer()
    alarm = Alarm(timer)
    alarm.set_in(10)
    waiting = asyncio.create_task(alarm.wait())
    await timer.until_asleep(10)
    alarm.set_in(30)
    await timer.until_asleep(30)
    timer.advance(29)
    await settle()
    assert not waiting.done()
    alarm.set_in(0)
    await asyncio.wait_for(waiting, 10)
    assert timer.sleeping_s() == []


async def test_a_moved_alarm_is_waited_for_without_spinning() -> None:
    timer = HandTimer()
    alarm = Alarm(timer)
    alarm.set_in(10)
    waiting = asyncio.create_task(alarm.wait())
    await timer.until_asleep(10)
    alarm.set_in(30)
    await settle()
    assert timer.slept == 2
    waiting.cancel()
