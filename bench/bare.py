"""The yardstick: the least charge point that `ocpp` and `websockets` make: it connects, boots and idles."""

import asyncio
import sys

from ocpp.v16 import ChargePoint, call
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol


async def main(url: str) -> None:
    """Boot at this address, then listen until killed."""
    async with connect(f"{url}/bare", subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        station = ChargePoint("bare", socket)
        listening = asyncio.create_task(station.start())
        await station.call(call.BootNotification("bare", "Bench"))
        await listening


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
