"""An agent that does nothing but engage connector 1 and renew its lease: SOCKET; prints what the guardian reports."""

import asyncio
import sys

from hardware.guardian_client import GuardianClient


async def renew(guardian: GuardianClient) -> None:
    while True:
        guardian.renew()
        await asyncio.sleep(0.02)


async def main(socket: str) -> None:
    guardian = await GuardianClient.connect(socket)
    guardian.engage(1)
    renewing = asyncio.create_task(renew(guardian))
    async for event in guardian.events():
        print(event, flush=True)
    await renewing


asyncio.run(main(sys.argv[1]))
