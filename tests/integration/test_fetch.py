"""The outbound client against servers that behave, and servers that do not."""

import asyncio
import gzip
import random
import re
import socket
import ssl
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import chain, repeat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.net.fetch import BODY_LIMIT, Answer, Client, Closed, introduce, read_document
from forgefed_gate.net.guard import Reach

LOOPBACK = Reach(
    allow_http=True, allow_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128"))
)
AS2 = "https://www.w3.org/ns/activitystreams"


class Listener:
    """A server on loopback that says what it is told, and counts who came."""

    def __init__(self, speak, *, tls=None):
        self._speak = speak
        self._tls = tls
        self._talks = set()
        self.accepted = 0
        self.requests = []

    async def open(self, host):
        self._server = await asyncio.start_server(
            self._serve, host, 0, ssl=self._tls, backlog=1_000
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{host}:{self.port}"

    async def close(self):
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self.accepted += 1
        self._talks.add(asyncio.current_task())
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?i)\r\ncontent-length: (\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                self.requests.append(head)
                await self._speak(head, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass
        finally:
            writer.transport.abort()


def saying(*answers):
    """Speak these answers in turn, the last one for ever."""
    script = chain(answers, repeat(answers[-1]))

    async def speak(_head, writer):
        writer.write(next(script))

    return speak


def http(body=b"", *headers, status=200, length=None):
    """Write one answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def to(place, status=302):
    """Write one redirect."""
    return http(b"", f"Location: {place}", status=status)


def path_of(head):
    """Read the target out of a request."""
    return head.split(" ", 2)[1]


def header_of(head, name):
    """Read one header out of a request."""
    found = re.findall(rf"(?im)^{name}: (.*)\r$", head)
    return found[0] if found else None


@pytest.fixture
async def listen():
    """Open listeners, and close them afterwards."""
    opened = []

    async def start(speak, *, host="127.0.0.1", tls=None):
        opened.append(Listener(speak, tls=tls))
        await opened[-1].open(host)
        return opened[-1]

    yield start
    for listener in opened:
        await listener.close()


@asynccontextmanager
async def client(reach=LOOPBACK, **settings):
    """Open a client as a test wants it: impatient."""
    given = {"user_agent": introduce("https://gate.test"), "deadline": 2.0, **settings}
    async with Client(reach, **given) as opened:
        yield opened


async def refused(asking):
    """Say with which code something is refused."""
    with pytest.raises(Unreachable) as refusal:
        await asking
    return refusal.value.code


async def end_of(asking):
    """Say how it ends: with a status or a refusal's code."""
    try:
        return (await asking).status
    except Unreachable as refusal:
        return refusal.code


async def test_a_get_says_who_asks_and_brings_back_what_was_said(listen):
    """What goes over the wire is what was asked for and signed, byte for byte."""
    server = await listen(saying(http(b"{}", "X-A: 1", "x-a: 2")))
    url = f"{server.url}/a/../b%7E//?x=%41&y=a+b"

    async with client() as outbound:
        answer = await outbound.get(url, {"Accept": "application/activity+json"})

    assert answer == Answer(
        status=200, url=url, headers={"content-length": "2", "x-a": "1, 2"}, body=b"{}"
    )
    [head] = server.requests
    assert head.startswith("GET /a/../b%7E//?x=%41&y=a+b HTTP/1.1\r\n")
    assert header_of(head, "host") == f"127.0.0.1:{server.port}"
    assert header_of(head, "user-agent") == "forgefed-gate/0.1.0 (+https://gate.test)"
    assert header_of(head, "accept-encoding") == "identity"
    assert header_of(head, "accept") == "application/activity+json"


async def test_a_post_brings_its_body_and_headers(listen):
    """A delivery is what was signed."""
    server = await listen(saying(http(status=202)))

    async with client() as outbound:
        answer = await outbound.post(f"{server.url}/inbox", {"Signature": "s"}, b"body")

    assert (answer.status, answer.body) == (202, b"")
    assert header_of(server.requests[0], "content-length") == "4"
    assert header_of(server.requests[0], "signature") == "s"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.1",
        "0",
        "0.0.0.0",
        "①②⑦.⓪.⓪.①",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "user@127.0.0.1",
        "127.0.0.1.",
        "LOCALHOST",
        "localhost.",
    ],
)
@pytest.mark.parametrize("reach", [Reach(), Reach(allow_http=True)])
async def test_no_spelling_of_loopback_opens_a_connection(listen, host, reach):
    """A refusal after connecting would still tell an attacker which ports are open."""
    server = await listen(saying(http()))

    async with client(reach) as outbound:
        for scheme in ("http", "https"):
            url = f"{scheme}://{host}:{server.port}/"
            assert await refused(outbound.get(url, {})) == "address-refused"
            assert await refused(outbound.post(url, {}, b"")) == "address-refused"

    assert server.accepted == 0


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["::1"]])
async def test_a_name_that_leads_inside_opens_no_connection(listen, answers):
    """All answers are judged, whatever their order, before any is dialled."""
    inside = await listen(saying(http()))
    reach = Reach(allow_http=True, allow_networks=(ip_network("127.0.0.2/32"),))

    async with client(reach, lookup=lambda _host: answers) as outbound:
        code = await refused(outbound.get(f"http://peer.test:{inside.port}/", {}))

    assert (code, inside.accepted) == ("address-refused", 0)


@pytest.mark.parametrize("verb", ["get", "post"])
async def test_a_name_that_moves_inside_later_is_refused_then(listen, verb):
    """A peer was good when it was stored; its name is judged again at every connection."""
    outside = await listen(saying(http(b"", "Connection: close")), host="127.0.0.2")
    moving = iter([["127.0.0.2"], ["127.0.0.1"]])
    reach = Reach(allow_http=True, allow_networks=(ip_network("127.0.0.2/32"),))
    url = f"http://peer.test:{outside.port}/inbox"
    what = {"get": (), "post": (b"body",)}[verb]

    async with client(reach, lookup=lambda _host: next(moving)) as outbound:
        first = await getattr(outbound, verb)(url, {}, *what)
        then = await refused(getattr(outbound, verb)(url, {}, *what))

    assert (first.status, then) == (200, "address-refused")
    assert outside.accepted == 1


async def test_the_last_look_holds_where_the_first_is_fooled(listen, monkeypatch):
    """Were the check of spellings ever wrong, no connection would be opened for it."""
    server = await listen(saying(http()))
    monkeypatch.setattr("forgefed_gate.net.fetch.check_url", lambda _url, _reach: None)

    async with client(Reach()) as outbound:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            code = await refused(outbound.get(f"http://{host}:{server.port}/", {}))
            assert code == "address-refused"

    assert server.accepted == 0


async def test_a_blocked_host_is_not_even_looked_up(listen):
    """Asking a name server about a blocked host already tells it something."""
    server = await listen(saying(http()))
    looked_up = []
    authority = f"peer.test:{server.port}"

    async with client(
        may_contact=lambda name: name != authority, lookup=looked_up.append
    ) as outbound:
        assert await refused(outbound.get(f"http://{authority}/", {})) == "blocked"
        assert await refused(outbound.post(f"http://{authority}/", {}, b"")) == "blocked"

    assert (looked_up, server.accepted) == ([], 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_within_the_origin_is_followed_and_signed_anew(listen, status):
    """A signature covers the target, so each hop needs its own."""
    hops = {"/a": to("/b#fragment", status), "/b": to("c?d=1", status), "/c?d=1": http(b"here")}

    async def speak(head, writer):
        writer.write(hops[path_of(head)])

    server = await listen(speak)
    async with client() as outbound:
        answer = await outbound.get(
            f"{server.url}/a", {"Accept": "x"}, sign=lambda url: {"Signature": url}
        )

    assert (answer.body, answer.url) == (b"here", f"{server.url}/c?d=1")
    assert [header_of(head, "signature") for head in server.requests] == [
        f"{server.url}{path}" for path in ("/a", "/b", "/c?d=1")
    ]
    assert {header_of(head, "accept") for head in server.requests} == {"x"}


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.2:{port}/",
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1:1/",
        "http://10.0.0.5/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/",
        "//other.example/",
        "http://127.0.0.1:{port}@other.example/",
        "http://user@127.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "http://[",
        "",
        "/here",
        "?",
    ],
)
async def test_a_redirect_elsewhere_is_refused(listen, place):
    """An open redirect at a peer must not steer our signed requests."""

    async def speak(_head, writer):
        writer.write(to(place.format(port=server.port)))

    server = await listen(speak)
    async with client() as outbound:
        code = await refused(outbound.get(f"{server.url}/here", {}))

    assert (code, len(server.requests)) == ("redirect-refused", 1)


async def test_a_circle_of_redirects_is_left(listen):
    """The second visit would end like the first."""
    server = await listen(saying(to("/b"), to("/a")))

    async with client() as outbound:
        assert await refused(outbound.get(f"{server.url}/a", {})) == "redirect-refused"

    assert [path_of(head) for head in server.requests] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("hops", "end"), [(3, 200), (4, "redirect-refused"), (5, "redirect-refused")]
)
async def test_three_redirects_are_enough(listen, hops, end):
    """A chain is work that somebody else gives us."""

    async def speak(head, writer):
        step = int(path_of(head)[1:])
        writer.write(to(f"/{step + 1}") if step < hops else http(b"here"))

    server = await listen(speak)
    async with client() as outbound:
        assert await end_of(outbound.get(f"{server.url}/0", {})) == end

    assert len(server.requests) == 4


async def test_a_delivery_follows_no_redirect(listen):
    """What was sealed for one inbox is not carried to another."""
    server = await listen(saying(to("/other", 307)))

    async with client() as outbound:
        answer = await outbound.post(f"{server.url}/inbox", {}, b"body")

    assert (answer.status, len(server.requests)) == (307, 1)


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

    assert len(server.requests) == 3


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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for `peer.test` that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("peer.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "peer.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("host", "trusted", "outcome"),
    [
        ("peer.test", True, 200),
        ("peer.test", False, "tls-failed"),
        ("other.test", True, "tls-failed"),
        ("127.0.0.1", True, "tls-failed"),
    ],
)
async def test_a_peer_proves_its_name_though_an_address_is_dialled(
    listen, certificate, host, trusted, outcome
):
    """The check at dial time must not cost the check of the certificate."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    server = await listen(saying(http()), tls=serving)
    trust = ssl.create_default_context(cafile=certificate) if trusted else None

    async with client(tls=trust, lookup=lambda _host: ["127.0.0.1"]) as outbound:
        assert await end_of(outbound.get(f"https://{host}:{server.port}/", {})) == outcome


async def test_a_peer_without_tls_is_no_https_peer(listen):
    """It is refused for what it is, not for being away."""

    async def serve(_reader, writer):
        writer.write(http())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, client() as outbound:
        port = server.sockets[0].getsockname()[1]
        assert await refused(outbound.get(f"https://127.0.0.1:{port}/", {})) == "tls-failed"


def answer(status=200, content_type="application/activity+json", url="https://peer.example/a"):
    """Build an answer as a peer gives it."""
    headers = {"content-type": content_type} if content_type else {}
    return Answer(status=status, url=url, headers=headers, body=b"{}")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "Application/Activity+JSON",
        "application/activity+json; charset=utf-8",
        f'application/activity+json;charset="utf-8";profile="{AS2}"',
        f'application/ld+json; profile="{AS2}"',
        f'application/ld+json;profile="{AS2}";charset=utf-8',
        f'application/ld+json ; charset=utf-8 ; Profile="{AS2}"',
    ],
)
def test_a_document_says_what_it_is(content_type):
    """The two media types of ActivityPub, however their parameters are set."""
    assert (
        read_document(answer(content_type=content_type), asked="https://peer.example/b") == b"{}"
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/html",
        "application/json",
        "application/ld+json",
        "application/ld+json; charset=utf-8",
        'application/ld+json; profile="https://w3id.org/security/v1"',
        f'application/ld+json; profile="{AS2}#"',
        f'application/ld+json; profile="{AS2}"; profile="x"',
        f'application/ld+json; charset="; profile={AS2}"',
        f'application/json; profile="{AS2}"',
        "application/activity+json, text/html",
        "text/html, application/activity+json",
        "application/activity+json; charset",
        "application/activity+jsonx",
        "application/activity+json" + " " * 8_000 + "x",
    ],
)
def test_anything_else_is_not_a_document(content_type):
    """A file that a user uploaded must not pass for its server's word."""
    with pytest.raises(Unreachable) as refusal:
        read_document(answer(content_type=content_type), asked="https://peer.example/a")

    assert refusal.value.code == "not-activitypub"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "gone"),
        (404, "missing"),
        (401, "refused"),
        (403, "refused"),
        (201, "failed"),
        (204, "failed"),
        (302, "failed"),
        (429, "failed"),
        (500, "failed"),
    ],
)
def test_an_absent_document_says_why(status, code):
    """Gone is for ever, missing perhaps a mistake, a failure worth another try."""
    with pytest.raises(Unreachable) as refusal:
        read_document(answer(status), asked="https://peer.example/a")

    assert refusal.value.code == code


@pytest.mark.parametrize(
    "asked", ["https://other.example/a", "http://peer.example/a", "https://peer.example:1/a"]
)
def test_a_document_of_another_origin_is_not_what_was_asked_for(asked):
    """Only a host itself may speak for its actors."""
    with pytest.raises(Unreachable) as refusal:
        read_document(answer(), asked=asked)

    assert refusal.value.code == "redirect-refused"
