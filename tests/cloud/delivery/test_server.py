"""The server that is told to end when it has hardly begun."""

from tests.cloud.delivery.server import READY, Server


async def test_a_server_told_to_end_while_it_starts_ends_in_order(sqlite_url: str) -> None:
    server = Server(sqlite_url)
    for _ in range(4):
        await server.begin()
        await server.stop()
    assert [line for line in server.lines if not line.startswith(READY[:10])] == ["stopped"] * 4
