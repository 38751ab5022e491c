"""Whoever reads a Modbus meter can always be cancelled, also at the instant at which its answer arrives."""

import asyncio
from random import Random

from hardware.meters.models import SDM630
from hardware.modbus import Line
from hardware.simulation import modbus
from hardware.world import World

READERS = 400


async def read_for_ever(port: int) -> None:
    meter = SDM630.make(Line(1, "127.0.0.1", port))
    try:
        while True:
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
