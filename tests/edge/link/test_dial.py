"""Dialling: identity, key, subprotocol, TLS; plain words for every refusal; patience that grows; dead sockets found."""

import asyncio
import random
import socket
import ssl
from base64 import b64encode
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from edge.core import events as ev
from edge.link.dial import Address, explain, open_socket
from edge.link.errors import BadAddress, Unreachable
from edge.link.timing import Patience
from tests.edge.central import Central
from tests.edge.hole import Hole
from tests.edge.link.bench import KEY, Bench


async def test_identity_key_and_subprotocol_are_as_ocpp_wants_them(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
    request = central.handshakes[0]
    assert request.path == "/ocpp/lab%201%2F%C3%A9"
    assert central.credentials(request) == ("lab 1/é".encode(), KEY)
    assert request.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"
    assert "Sec-WebSocket-Extensions" not in request.headers


def test_the_key_is_sent_as_raw_bytes() -> None:
    key = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    expected = "QUwxMDAwOgABAgMEBQYH////////////////"
    assert Address("ws://x", "AL1000", key).headers() == {"Authorization": f"Basic {expected}"}
    assert "AL1000" in repr(Address("ws://x", "AL1000", key))
    assert repr(key) not in repr(Address("ws://x", "AL1000", key))
    assert b64encode(key).decode() not in repr(Address("ws://x", "AL1000", key))


@pytest.mark.parametrize(("url", "identity"), [("http://x", "a"), ("x", "a"), ("ws://x", "a:b"), ("ws://x", "")])
def test_an_address_that_cannot_work_is_refused(url: str, identity: str) -> None:
    with pytest.raises(BadAddress):
        Address(url, identity)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503, 500, 302])
async def test_no_refusal_is_final_and_each_is_said_in_plain_words(bench: Bench, central: Central, status: int) -> None:
    central.refuse_with = status
    async with bench.linked(central):
        for delay_s in (10, 20):
            await bench.timer.pass_by(delay_s)
        await bench.timer.until_asleep(40)
        central.refuse_with = None
        bench.timer.advance(40)
        await bench.saw(ev.WentOnline)
    assert [line for line in bench.lines if str(status) in line and line.startswith("the central system")]
    assert len([line for line in bench.lines if str(status) in line]) == 1, "a reason is said once, not at each attempt"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TimeoutError(), "the central system does not answer"),
        (socket.gaierror(-2, "Name or service not known"), "cannot be reached: Name or service not known"),
        (OSError("Multiple exceptions: refused, refused"), "cannot be reached: Multiple exceptions"),
    ],
)
def test_what_the_network_says_is_put_in_plain_words(error: Exception, sentence: str) -> None:
    assert sentence in explain(error)


async def test_patience_ends_where_the_limit_is(bench: Bench, central: Central) -> None:
    central.refuse_with = 503
    async with bench.linked(central):
        for delay_s in (10, 20, 40, 80, 160, 300, 300):
            await bench.timer.pass_by(delay_s)
        await bench.timer.until_asleep(300)


async def test_patience_begins_anew_after_a_connection_that_served(bench: Bench, central: Central) -> None:
    central.refuse_with = 503
    async with bench.linked(central):
        await bench.timer.pass_by(10)
        await bench.timer.until_asleep(20)
        central.refuse_with = None
        bench.timer.advance(20)
        await bench.saw(ev.WentOnline)
        await central.hang_up()
        await bench.timer.pass_by(10)
        await bench.saw(ev.WentOnline, 2)


@pytest.mark.parametrize("subprotocol", [None, "ocpp2.0.1"])
async def test_another_subprotocol_or_none_is_said_and_tried_again(
    bench: Bench, central: Central, subprotocol: str | None
) -> None:
    central.subprotocol = subprotocol
    async with bench.linked(central):
        await bench.timer.until_asleep(10)
        assert "does not speak OCPP 1.6" in bench.lines[-1]
        central.subprotocol = "ocpp1.6"
        bench.timer.advance(10)
        await bench.saw(ev.WentOnline)


@pytest.mark.parametrize("url", ["ws://a..b/ocpp", f"ws://{'a' * 70}.example/ocpp"])
async def test_a_url_that_cannot_be_dialled_is_said_in_words(bench: Bench, central: Central, url: str) -> None:
    async with bench.linked(central, url=url):
        await bench.timer.until_asleep(10)
        assert f"url '{url}' cannot be used" in bench.lines[-1]


async def test_a_host_that_is_not_there_is_tried_again(bench: Bench) -> None:
    central = Central()
    async with central.running():
        pass
    async with bench.linked(central):
        await bench.timer.until_asleep(10)
        assert "cannot be reached" in bench.lines[-1]
        async with central.running():
            bench.timer.advance(10)
            await bench.saw(ev.WentOnline)


async def test_a_server_that_speaks_something_else_is_unreachable() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        with pytest.raises(Unreachable, match="did not complete"):
            await open_socket(Address(f"ws://{host}:{port}", "a"))


async def test_tls_trusts_the_file_and_only_the_file(bench: Bench, tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ours.pem")
    stranger.cert_pem.write_to_path(tmp_path / "theirs.pem")
    async with Central().running(tls=context) as central:
        async with bench.linked(central, ca_file=tmp_path / "ours.pem"):
            await bench.saw(ev.WentOnline)
        for ca_file in (tmp_path / "theirs.pem", None):
            with pytest.raises(Unreachable, match="not trusted"):
                await open_socket(Address(central.url, "a", KEY, ca_file))
        with pytest.raises(Unreachable, match="cannot be read"):
            await open_socket(Address(central.url, "a", KEY, tmp_path / "missing.pem"))


async def test_a_server_without_tls_is_not_talked_to_over_tls(central: Central) -> None:
    with pytest.raises(Unreachable, match=r"broke it off|the secure connection failed"):
        await open_socket(Address(central.url.replace("ws://", "wss://"), "a", KEY))


async def test_the_key_is_not_taken_elsewhere(central: Central) -> None:
    async with Central().running() as elsewhere:
        central.refuse_with, central.elsewhere = 302, f"{elsewhere.url}/a"
        with pytest.raises(Unreachable, match="HTTP 302"):
            await open_socket(Address(central.url, "a", KEY))
    assert elsewhere.handshakes == []


async def test_tls_checks_the_name(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with Central().running(tls=context) as central:
        with pytest.raises(Unreachable, match="not trusted"):
            await open_socket(Address(central.url, "a", KEY, tmp_path / "ca.pem"))


async def test_an_agent_that_ends_says_goodbye(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
    await central.until(lambda: central.ended == [1000])


async def test_a_half_open_connection_is_found(bench: Bench, central: Central) -> None:
    bench.configure(WebSocketPingInterval=30)
    async with Hole(central.port).open() as hole, bench.linked(central, url=f"ws://127.0.0.1:{hole.port}/ocpp"):
        await bench.saw(ev.WentOnline)
        await bench.timer.until_asleep(30)
        hole.swallow = True
        bench.timer.advance(30)
        await bench.timer.pass_by(20)
        await bench.saw(ev.WentOffline)
        hole.swallow = False
        await bench.timer.pass_by(10)
        await bench.saw(ev.WentOnline, 2)
    assert any("no sign of life" in line for line in bench.lines)


async def test_a_living_connection_survives_its_pings(bench: Bench, central: Central) -> None:
    bench.configure(WebSocketPingInterval=30)
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        for _ in range(3):
            await bench.timer.pass_by(30)
        await bench.timer.until_asleep(30)
    assert len(central.handshakes) == 1


async def test_a_changed_ping_interval_counts_at_once_and_zero_ends_pings(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.timer.until_asleep(60)
        await central.call("ChangeConfiguration", key="WebSocketPingInterval", value="5")
        await bench.timer.until_asleep(5)
        await central.call("ChangeConfiguration", key="WebSocketPingInterval", value="0")
        await bench.timer.until(lambda: 5 not in bench.timer.sleeping_s())
        assert 3600 in bench.timer.sleeping_s()


@given(st.integers(), st.floats(0.1, 60), st.floats(60, 600), st.integers(1, 50))
def test_delays_grow_within_bounds_and_differ(seed: int, first_s: float, longest_s: float, failures: int) -> None:
    patience = Patience(first_s, longest_s, random.Random(seed).random)
    for n in range(failures):
        whole_s = min(longest_s, first_s * 2**n)
        assert 0.1 * whole_s <= patience.next_s() <= whole_s
    patience.reset()
    assert patience.next_s() <= first_s
