"""Where the gate may connect, as tables."""

import json
import socket
from contextlib import nullcontext
from functools import partial
from ipaddress import IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.net.guard import (
    GuardedResolver,
    Reach,
    address_is_public,
    check_address,
    check_url,
    guarded_socket,
)

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/ssrf-addresses.json").read_text())
PUBLIC_ONLY = Reach()
LOOPBACK = Reach(
    allow_http=True, allow_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128"))
)

ALSO_REFUSED = [
    "127.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "172.31.255.255",
    "192.0.2.1",
    "192.31.196.1",
    "198.51.100.1",
    "224.0.0.1",
    "240.0.0.1",
    "::1",
    "1fff:ffff::1",
    "2001:1ff:ffff::1",
    "3fff::1",
    "3fff:fff:ffff::1",
    "4000::1",
]
ALSO_ALLOWED = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "128.0.0.1",
    "169.253.255.255",
    "172.32.0.1",
    "192.167.255.255",
    "2001:db7:ffff::1",
    "2620:4f:8001::1",
    "3ffe:ffff::1",
    "3fff:1000::1",
]


@pytest.mark.parametrize("address", VECTORS["deny"] + ALSO_REFUSED)
def test_a_special_address_is_not_public(address):
    """Each range leads inside somewhere, or wraps an address that does."""
    assert not address_is_public(ip_address(address))


@pytest.mark.parametrize("address", VECTORS["allow"] + ALSO_ALLOWED)
def test_an_ordinary_address_is_public(address):
    """The neighbours of the special ranges belong to real peers."""
    assert address_is_public(ip_address(address))


@pytest.mark.parametrize("host", VECTORS["hostnames_that_getaddrinfo_maps_to_loopback_or_any"])
@pytest.mark.parametrize("reach", [PUBLIC_ONLY, LOOPBACK])
def test_a_number_in_disguise_is_never_a_host(host, reach):
    """The system would turn each of them into loopback, behind the back of a check."""
    with pytest.raises(Unreachable) as refusal:
        check_url(f"https://{host}/", reach)

    assert refusal.value.code == "address-refused"


@pytest.mark.parametrize(
    "url",
    [
        "https://peer.example",
        "https://peer.example/",
        "https://peer.example/users/a?page=1&x=%7E",
        "https://xn--bcher-kva.example/@a",
        "https://a-b.c9.example/;x=(1)",
        "https://" + "a" * 63 + ".example/",
    ],
)
def test_an_ordinary_url_passes(url):
    """What real peers are called."""
    check_url(url, PUBLIC_ONLY)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "peer.example",
        "//peer.example/",
        "http://peer.example/",
        "http://peer.example:443/",
        "ftp://peer.example/",
        "file:///etc/passwd",
        "HTTPS://peer.example/",
        "https:peer.example/",
        "https:/peer.example/",
        "https:///peer.example/",
        "https://",
        "https://:443/",
        "https://peer.example:443/",
        "https://peer.example:8443/",
        "https://peer.example:/",
        "https://peer.example:99999/",
        "https://peer.example:x/",
        "https://Peer.example/",
        "https://peer.example./",
        "https://.peer.example/",
        "https://peer..example/",
        "https://-peer.example/",
        "https://peer-.example/",
        "https://peer_one.example/",
        "https://bücher.example/",
        "https://peer%2eexample/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://peer.example/" + "a" * 2_048,
        "https://user@peer.example/",
        "https://user:word@peer.example/",
        "https://peer.example@127.0.0.1/",
        "https://peer.example\\@127.0.0.1/",
        "https://peer.example/#main-key",
        "https://peer.example/ a",
        "https://peer.example/\r\nHost: inside",
        "https://peer.example\t/",
        " https://peer.example/",
        "https://localhost/",
        "https://peer.8/",
        "https://8.8.8.8/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[2606:4700::1111]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[peer.example/",
        "https://[v1.x]/",
    ],
)
def test_an_odd_url_is_refused(url):
    """Two parsers could read it differently, or it leads where we do not go."""
    with pytest.raises(Unreachable) as refusal:
        check_url(url, PUBLIC_ONLY)

    assert refusal.value.code == "address-refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.9.8.7:8420/inbox",
        "http://[::1]:8420/",
        "http://localhost:8420/",
        "http://gate.test/",
        "https://gate.test:8443/",
        "https://peer.example/",
    ],
)
def test_a_closed_test_may_use_http_ports_and_literals(url):
    """Several gates on one machine have no names and no certificates."""
    check_url(url, LOOPBACK)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5/",
        "http://8.8.8.8/",
        "https://8.8.8.8/",
        "http://[::ffff:127.0.0.1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://127.0.0.01/",
        "http://127.0.0.1:80/",
        "http://gate.test:443/",
        "http://gate.test:08420/",
        "http://Localhost/",
        "gopher://127.0.0.1/",
    ],
)
def test_a_closed_test_is_closed(url):
    """Only the opened networks, and still one spelling each."""
    with pytest.raises(Unreachable):
        check_url(url, LOOPBACK)


@pytest.mark.parametrize(
    ("address", "port", "reach", "may"),
    [
        ("8.8.8.8", 443, PUBLIC_ONLY, True),
        ("8.8.8.8", 80, PUBLIC_ONLY, False),
        ("8.8.8.8", 22, PUBLIC_ONLY, False),
        ("127.0.0.1", 443, PUBLIC_ONLY, False),
        ("127.0.0.1", 8420, LOOPBACK, True),
        ("::1", 80, LOOPBACK, True),
        ("::ffff:127.0.0.1", 80, LOOPBACK, False),
        ("10.0.0.1", 443, LOOPBACK, False),
        ("8.8.8.8", 443, LOOPBACK, True),
        ("8.8.8.8", 80, LOOPBACK, False),
        ("127.0.0.1", 443, Reach(allow_networks=LOOPBACK.allow_networks), False),
        ("127.0.0.1", 443, Reach(allow_http=True), False),
    ],
)
def test_what_may_be_dialled(address, port, reach, may):
    """Public at 443, or opened for a closed test: both switches are needed for that."""
    with nullcontext() if may else pytest.raises(Unreachable, match="not one we connect to"):
        check_address(ip_address(address), port, reach)


def test_an_address_in_other_clothes_needs_a_network_of_its_own():
    """An operator who opens 127.0.0.0/8 has not opened its IPv6 disguise."""
    mapped = Reach(allow_http=True, allow_networks=(IPv6Network("::ffff:0:0/96"),))

    check_address(ip_address("::ffff:127.0.0.1"), 80, mapped)
    with pytest.raises(Unreachable):
        check_address(ip_address("::ffff:127.0.0.1"), 80, LOOPBACK)


@given(
    st.one_of(
        st.text(max_size=60),
        st.from_regex(r"https?://[a-z0-9.:@\[\]%\\/#?-]{0,40}", fullmatch=True),
    )
)
def test_whatever_passes_is_read_alike_by_all(url):
    """The parser that checks and the parser that dials never disagree on the host."""
    for reach in (PUBLIC_ONLY, LOOPBACK):
        try:
            check_url(url, reach)
        except Unreachable:
            continue
        assert URL(url, encoded=True).raw_host == urlsplit(url).hostname
        assert urlsplit(url).netloc == URL(url, encoded=True).host_port_subcomponent


@pytest.fixture
async def resolver_of():
    """Make resolvers with given answers, and close them afterwards."""
    made = []

    def make(*answers, reach=PUBLIC_ONLY):
        made.append(GuardedResolver(reach, lookup=lambda _host: answers))
        return made[-1]

    yield make
    for resolver in made:
        await resolver.close()


async def test_good_answers_are_handed_on_as_they_are(resolver_of):
    """Both families, so that whichever works is used."""
    found = await resolver_of("8.8.8.8", "2606:4700::1111").resolve("peer.example", 443)

    assert [(answer["host"], answer["port"], answer["family"]) for answer in found] == [
        ("8.8.8.8", 443, socket.AF_INET),
        ("2606:4700::1111", 443, socket.AF_INET6),
    ]


@pytest.mark.parametrize(
    "answers",
    [
        ("127.0.0.1",),
        ("8.8.8.8", "10.0.0.5"),
        ("2606:4700::1111", "::1"),
        ("8.8.8.8", "fe80::1%2"),
        ("::ffff:8.8.8.8",),
    ],
)
async def test_one_bad_answer_spoils_the_rest(resolver_of, answers):
    """A name with one foot inside waits for the dice to fall its way."""
    with pytest.raises(Unreachable) as refusal:
        await resolver_of(*answers).resolve("peer.example", 443)

    assert refusal.value.code == "address-refused"


async def test_a_name_without_an_address_is_an_ordinary_failure(resolver_of):
    """The connector trusts a resolver to answer something or to fail."""
    with pytest.raises(OSError, match="no address"):
        await resolver_of().resolve("peer.example", 443)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1"])
def test_no_socket_is_opened_for_a_refused_address(address):
    """The last look is at the very address about to be dialled."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    target = (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443))

    with pytest.raises(PermissionError):
        guarded_socket(target, reach=PUBLIC_ONLY)


async def test_a_bare_address_meets_the_last_look_without_the_resolver():
    """The connector asks no resolver about a literal, so that look must not be skipped."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        dial = partial(guarded_socket, reach=PUBLIC_ONLY)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=dial)
        ) as session:
            with pytest.raises(aiohttp.ClientConnectorError) as failure:
                await session.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")

        assert isinstance(failure.value.os_error, PermissionError)
        with pytest.raises(BlockingIOError):
            listening.accept()
