"""What the outbound client takes for an answer, and for how long it waits."""

import asyncio
import gzip
import random
import socket
import threading

import pytest
from listeners import (
    client,
    end_of,
    header_of,
    http,
    path_of,
    refused,
    saying,
    to,
)

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.net.fetch import BODY_LIMIT, Closed, read_document


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
@pytest.mark.parametrize("header", ["Content-Encoding", "Transfer-Encoding"])
async def test_an_encoded_answer_is_refused_unread(listen, header, coding):
    """A few hundred bytes of it may hold hundreds of megabytes."""
    bomb = gzip.compress(gzip.compress(bytes(10_000_000)))
    coding += ", chunked" if header == "Transfer-Encoding" else ""
    head = f"HTTP/1.1 200 X\r\n{header}: {coding}\r\n\r\n".encode()
    server = await listen(saying(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(bomb), bomb)))

    async with client() as outbound:
        assert await refused(outbound.get(server.url, {})) == "encoded"


async def test_an_answer_at_the_limit_is_taken(listen):
    """The limit itself is allowed."""
    server = await listen(saying(http(bytes(BODY_LIMIT))))

    async with client() as outbound:
        assert len((await outbound.get(server.url, {})).body) == BODY_LIMIT


async def test_an_answer_that_announces_too_much_is_not_read(listen):
    """The announcement is enough to refuse."""
    server = await listen(saying(http(b"", length=BODY_LIMIT + 1)))

    async with client() as outbound:
        assert await refused(outbound.get(server.url, {})) == "too-large"


@pytest.mark.parametrize("head", [b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"])
async def test_an_endless_answer_is_cut_off(listen, head):
    """Nobody announces it, so the bytes themselves are counted."""
    sent = 0

    async def speak(_head, writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 X\r\n" + head + b"\r\n")
        while True:
            writer.write(b"8000\r\n" + bytes(0x8000) + b"\r\n")
            await writer.drain()
            sent += 0x8000

    server = await listen(speak)
    async with client() as outbound:
        assert await refused(outbound.get(server.url, {})) == "too-large"

    assert sent < 16 * BODY_LIMIT


async def test_an_answer_shorter_than_announced_is_no_answer(listen):
    """Half a document may mean the opposite of the whole."""

    async def speak(_head, writer):
        writer.write(http(b"half", length=100))
        writer.close()

    server = await listen(speak)
    async with client() as outbound:
        assert await refused(outbound.get(server.url, {})) == "not-connected"


async def test_bytes_beyond_the_announced_length_answer_nothing(listen):
    """Else a peer could put the answer to the next question into this one."""
    server = await listen(saying(http(b"first") + http(b"smuggled"), http(b"second")))

    async with client() as outbound:
        assert (await outbound.get(f"{server.url}/1", {})).body == b"first"
        assert (await outbound.get(f"{server.url}/2", {})).body == b"second"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 ", b"HTTP/1.1 200 X\r\n", http(length=9_999)])
async def test_a_slow_answer_ends_at_the_deadline(listen, start):
    """Each byte arrives in time, the whole never does: the deadline is for the whole."""

    async def speak(_head, writer):
        writer.write(start)
        while True:
            await asyncio.sleep(0.005)
            writer.write(b"x")
            await writer.drain()

    server = await listen(speak)
    async with client(deadline=0.1) as outbound:
        before = asyncio.get_running_loop().time()
        assert await refused(outbound.get(server.url, {})) == "timed-out"

    assert asyncio.get_running_loop().time() - before < 1


async def test_redirects_share_one_deadline(listen):
    """Four slow hops are one slow answer."""

    async def speak(head, writer):
        await asyncio.sleep(0.04)
        writer.write(to(f"{path_of(head)}x"))

    server = await listen(speak)
    async with client(deadline=0.1) as outbound:
        assert await refused(outbound.get(f"{server.url}/", {})) == "timed-out"

    assert len(server.requests) < 4


async def test_a_slow_name_server_ends_at_the_deadline():
    """Names that never resolve are an attack on those who wait for them."""
    release = threading.Event()

    async with client(deadline=0.05, lookup=lambda _host: release.wait(5) and []) as outbound:
        code = await refused(outbound.get("https://peer.example/", {}))
        release.set()

    assert code == "timed-out"


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeError("idna")])
async def test_a_name_that_is_unknown_is_not_reached(failure):
    """The common end of a server."""

    def lookup(_host):
        raise failure

    async with client(lookup=lookup) as outbound:
        assert await refused(outbound.get("https://peer.example/", {})) == "not-connected"


async def test_a_closed_port_is_not_reached(listen):
    """A server that is down for the night."""
    server = await listen(saying(http()))
    await server.close()

    async with client() as outbound:
        assert await refused(outbound.post(server.url, {}, b"")) == "not-connected"


async def test_whatever_is_answered_nothing_else_is_raised(listen):
    """The caller knows one failure; bytes of a stranger must not make another."""
    dice = random.Random(9421)
    sane = http(b"{}", "Content-Type: application/activity+json", "Set-Cookie: a=b; c", "X: é")

    def spoil():
        answer = bytearray(sane)
        for _ in range(dice.randint(1, 4)):
            answer[dice.randrange(len(answer))] = dice.choice(b"\r\n\0 :;,HP1290-\xff\xc3")
        return bytes(answer[: dice.choice([None, dice.randrange(len(answer))])])

    async def speak(_head, writer):
        writer.write(spoil())
        writer.close()

    server = await listen(speak)
    async with client() as outbound:
        ends = {await end_of(outbound.get(server.url, {})) for _ in range(400)}

    assert {200, "not-connected"} <= ends


async def test_a_page_is_never_searched_for_a_document(listen):
    """Following links of pages has led other servers round in circles."""
    page = http(
        b"<link rel=alternate type=application/activity+json href=/actor>",
        "Content-Type: text/html",
        'Link: </actor>; rel="alternate"; type="application/activity+json"',
    )
    server = await listen(saying(page))

    async with client() as outbound:
        answer = await outbound.get(server.url, {})

    with pytest.raises(Unreachable) as refusal:
        read_document(answer, asked=server.url)
    assert (refusal.value.code, len(server.requests)) == ("not-activitypub", 1)


async def test_a_cookie_is_not_kept(listen):
    """Nobody shall recognise us by what they gave us."""
    server = await listen(saying(http(b"", "Set-Cookie: id=1; Path=/"), to("/x"), http()))

    async with client() as outbound:
        await outbound.get(server.url, {})
        await outbound.get(server.url, {})

    assert [header_of(head, "cookie") for head in server.requests] == [None] * 3


async def test_the_environment_names_no_proxy(listen, monkeypatch, tmp_path):
    """A proxy would dial for us, unchecked; a netrc file would speak for us."""
    proxy, server = await listen(saying(http())), await listen(saying(http(b"direct")))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv(name.upper(), proxy.url)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password word\n")
    monkeypatch.setenv("NETRC", str(netrc))

    async with client() as outbound:
        answer = await outbound.get(server.url, {})

    assert (answer.body, proxy.accepted) == (b"direct", 0)
    assert header_of(server.requests[0], "authorization") is None


async def test_hundreds_of_inboxes_are_reached_at_once(listen):
    """One slow peer delays nobody: each of them answers only when all have been asked."""
    everybody = asyncio.Barrier(300)

    async def speak(_head, writer):
        await everybody.wait()
        writer.write(http(status=202))

    server = await listen(speak, host="0.0.0.0")
    hosts = [f"127.0.{n // 200 + 1}.{n % 200 + 1}" for n in range(300)]
    async with client(deadline=10.0) as outbound:
        answers = await asyncio.gather(
            *(outbound.post(f"http://{host}:{server.port}/inbox", {}, b"x") for host in hosts)
        )

    assert {answer.status for answer in answers} == {202}
    assert server.accepted == 300


async def test_one_inbox_gets_two_at_a_time(listen):
    """Politeness to small servers."""
    under_way, most = 0, 0

    async def speak(_head, writer):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.002)
        under_way -= 1
        writer.write(http(status=202))

    server = await listen(speak)
    async with client() as outbound:
        await asyncio.gather(*(outbound.post(server.url, {}, b"x") for _ in range(12)))

    assert (most, server.accepted, len(server.requests)) == (2, 2, 12)


async def test_a_closed_seam_talks_to_nobody(listen):
    """The default of tests, and of a gate that is told to keep to itself."""
    server = await listen(saying(http()))

    assert await refused(Closed().get(server.url, {})) == "not-connected"
    assert await refused(Closed().post(server.url, {}, b"")) == "not-connected"
    assert server.accepted == 0


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 202 X\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 202 X\r\nContent-Length: 9999999\r\n\r\nabc",
    ],
)
async def test_what_was_taken_is_taken_whatever_else_is_said(listen, said):
    """Otherwise we would bring it again for two weeks."""
    server = await listen(saying(said))

    async with client() as outbound:
        answer = await outbound.post(server.url, {}, b"x")

    assert (answer.status, answer.body) == (202, b"")
