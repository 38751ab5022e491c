"""Saves a record and a fact in a loop and says each number once it is acknowledged; to be killed."""

import asyncio
import sys

from edge.store import Save, Store
from tests.edge.link.bench import started


async def main(path: str) -> None:
    store = await Store.open(path)
    number = int((await store.load()).get("count", b"0"))
    while True:
        number += 1
        await store.save([Save({"count": str(number).encode()}, facts=(started(f"s{number}", number),))])
        print(number, flush=True)


asyncio.run(main(sys.argv[1]))
