"""Whom the outbound client reaches, and whom it does not."""

from ipaddress import ip_network

import pytest
from listeners import client, end_of, header_of, http, path_of, refused, saying, to

from forgefed_gate.net.fetch import Answer
from forgefed_gate.net.guard import Reach


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


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_change_is_asked_for_once_and_its_answer_read(listen, method):
    """What a forge made has a number, and we need it."""
    server = await listen(saying(http(b'{"id": 7}', status=201)))

    async with client() as outbound:
        answer = await outbound.change(method, f"{server.url}/a", {"Authorization": "t"}, b"body")

    assert (answer.status, answer.body) == (201, b'{"id": 7}')
    [head] = server.requests
    assert head.startswith(f"{method} /a HTTP/1.1\r\n")
    assert header_of(head, "authorization") == "t"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_change_goes_nowhere_else(listen, status):
    """What was asked of one address is not asked of the next, nor is a token shown to it."""
    server = await listen(saying(http(b"", "Location: /b", status=status)))

    async with client() as outbound:
        answer = await outbound.change("POST", f"{server.url}/a", {"Authorization": "t"}, b"body")

    assert answer.status == status
    assert len(server.requests) == 1


async def test_a_change_is_not_asked_for_where_we_do_not_connect(listen):
    """The address is judged as for everything else."""
    server = await listen(saying(http()))

    async with client(Reach()) as outbound:
        assert await refused(outbound.change("POST", server.url, {}, b"")) == "address-refused"

    assert server.accepted == 0


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
