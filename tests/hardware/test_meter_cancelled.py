"""Whoever reads a Modbus meter can always be cancelled, also as its answer, or a refusal of the connection, arrives."""

import asyncio
import socket
from contextlib import suppress
from random import Random

from hardware.errors import HardwareError
from hardware.meters.models import SDM630
from hardware.modbus import Line
from hardware.simulation import modbus
from hardware.world import World

READERS = 400


async def read_for_ever(port: int) -> None:
    meter = SDM630.make(Line(1, "127.0.0.1", port))
    try:
        while True:
            with suppress(HardwareError):
                await meter.read()
    finally:
        await meter.close()


async def test_a_cancellation_is_never_swallowed() -> None:
    server, port = await modbus.serve(World(["lab-1/1"]), "127.0.0.1", 0, lambda: None)
    random = Random(1)
    for _ in range(READERS):
        reading = asyncio.create_task(read_for_ever(port))
        for _ in range(random.randrange(60)):
            await asyncio.sleep(0)
        reading.cancel()
        done, _ = await asyncio.wait({reading}, timeout=5)
        assert done
    await server.shutdown()


async def test_a_cancellation_is_not_swallowed_by_a_refused_connection() -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        for turns in range(READERS):
            reading = asyncio.create_task(read_for_ever(taken.getsockname()[1]))
            for _ in range(turns % 40):
                await asyncio.sleep(0)
            reading.cancel()
            done, _ = await asyncio.wait({reading}, timeout=5)
            assert done
