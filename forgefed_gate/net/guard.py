"""Where we may connect: a judgement on a URL's spelling, then on every address behind it."""

import asyncio
import re
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from forgefed_gate.domain.errors import Unreachable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Target = tuple[int, int, int, str, tuple[str | int, ...]]
"""One place to dial, as `socket.getaddrinfo` writes it."""

Lookup = Callable[[str], Iterable[str]]
"""Asks for all addresses of a host name; may block, may raise `OSError`."""

URL_LENGTH = 2_048
LOOKUPS_AT_ONCE = 64
HTTPS = 443
DEFAULT_PORTS = {"https": HTTPS, "http": 80}

_RESERVED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network: RFC 791
        "10.0.0.0/8",  # private: RFC 1918
        "100.64.0.0/10",  # carriers' shared space: RFC 6598
        "127.0.0.0/8",  # loopback: RFC 1122
        "169.254.0.0/16",  # link-local, cloud metadata: RFC 3927
        "172.16.0.0/12",  # private: RFC 1918
        "192.0.0.0/24",  # protocol assignments: RFC 6890
        "192.0.2.0/24",  # documentation: RFC 5737
        "192.31.196.0/24",  # AS112: RFC 7535
        "192.52.193.0/24",  # multicast tunnels: RFC 7450
        "192.88.99.0/24",  # 6to4 relays: RFC 7526
        "192.168.0.0/16",  # private: RFC 1918
        "192.175.48.0/24",  # AS112: RFC 7534
        "198.18.0.0/15",  # benchmarks: RFC 2544
        "198.51.100.0/24",  # documentation: RFC 5737
        "203.0.113.0/24",  # documentation: RFC 5737
        "224.0.0.0/4",  # multicast: RFC 5771
        "240.0.0.0/4",  # reserved, broadcast: RFC 1112, RFC 919
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")  # all that is assigned as global unicast: RFC 4291
_RESERVED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them: RFC 2928
        "2001:db8::/32",  # documentation: RFC 3849
        "2002::/16",  # 6to4, which hides any IPv4 address: RFC 3056
        "2620:4f:8000::/48",  # AS112: RFC 7534
        "3fff::/20",  # documentation: RFC 9637
    )
)

_URL_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
_LABEL_END = r"(?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?:[a-z0-9]{_LABEL_END}\.)*[a-z]{_LABEL_END}")
_HOST_LENGTH = 253


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """
    How far out this gate may go.

    As it stands: https, default port, public addresses. With *allow_http*, what lies
    inside *allow_networks* may also be reached by http, at any port, by bare address.
    """

    allow_http: bool = False
    allow_networks: tuple[Network, ...] = ()

    def admits(self, ip: Address) -> bool:
        """Say whether *ip* lies in the networks opened for a closed test."""
        return self.allow_http and any(ip in network for network in self.allow_networks)


class _Place(NamedTuple):
    """Where a URL leads, its spelling proven canonical."""

    scheme: str
    host: str
    port: int


def address_is_public(ip: Address) -> bool:
    """
    Say whether *ip* belongs to the open internet.

    Judged by tables of our own (IANA special-purpose registries): the standard
    library calls NAT64, 6to4 and multicast addresses global, and an IPv4 address in
    IPv6 clothes is never public here, whatever it wraps.
    """
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _RESERVED_V4)
    return ip in _GLOBAL_V6 and not any(ip in network for network in _RESERVED_V6)


def check_address(ip: Address, port: int, reach: Reach) -> None:
    """
    Let pass only an address and port that may be dialled.

    Raises `Unreachable` with the code `address-refused` for anything else.
    """
    if reach.admits(ip) or (address_is_public(ip) and port == HTTPS):
        return
    raise _refused("The address is not one we connect to.")


def check_url(url: str, reach: Reach) -> None:
    """
    Let pass only a URL that leads to one place, however it is read.

    Absolute, without user or fragment, its host in canonical lower case and no address
    in disguise: a spelling on which two parsers could differ is refused before a name is
    looked up. Raises `Unreachable` with the code `address-refused`.
    """
    place = _place_of(url)
    if (place.scheme, place.port) != ("https", HTTPS) and not reach.allow_http:
        raise _refused("Only https is spoken to others, at its default port.")
    if (place.scheme, place.port) == ("http", HTTPS):
        raise _refused("What listens there expects https.")
    _check_host(place.host, reach)


def _check_host(host: str, reach: Reach) -> None:
    literal = _literal(host)
    if literal is not None:
        if not reach.admits(literal):
            raise _refused("A host is named, not numbered.")
    elif len(host) > _HOST_LENGTH or not _HOST_NAME.fullmatch(host):
        raise _refused("The host is not spelled as a name in lower case.")
    elif "." not in host and not reach.allow_http:
        raise _refused("The host is not a full name.")


def _place_of(url: str) -> _Place:
    if len(url) > URL_LENGTH or not _URL_CHARACTERS.fullmatch(url):
        raise _refused("The URL is too long, or holds characters that a URL has not.")
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise _refused("The URL cannot be read.") from None
    if scheme not in DEFAULT_PORTS:
        raise _refused("Only web addresses are asked for.")
    place = _Place(scheme, host, DEFAULT_PORTS[scheme] if port is None else port)
    if not url.startswith(f"{scheme}://") or parts.netloc != _authority(place):
        raise _refused("The host is not in its canonical spelling.")
    return place


def _authority(place: _Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == DEFAULT_PORTS[place.scheme] else f"{host}:{place.port}"


def _literal(host: str) -> Address | None:
    try:
        ip = ip_address(host)
    except ValueError:
        return None
    return ip if str(ip) == host else None


def _refused(sentence: str) -> Unreachable:
    return Unreachable("address-refused", sentence)


def look_up(host: str) -> list[str]:
    """Ask the system for every address of *host*; blocks, and may raise `OSError`."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class GuardedResolver(AbstractResolver):
    """
    Resolves names for aiohttp, and hands on only answers that may all be dialled.

    One bad answer spoils the rest, because a name with a foot inside is a trick. It
    has threads of its own: names that never resolve delay nobody but each other.
    """

    def __init__(self, reach: Reach, *, lookup: Lookup = look_up) -> None:
        self._reach = reach
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Find the addresses of *host*; raises `Unreachable` if any may not be dialled."""
        del family  # both are asked for: whichever answers first is used
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._lookup, host)
        addresses = [ip_address(text) for text in found]
        if not addresses:
            raise OSError("the name has no address")
        for address in addresses:
            check_address(address, port, self._reach)
        return [_answer(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Take no further questions; those under way are left to end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _answer(host: str, address: Address, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )


def guarded_socket(target: Target, *, reach: Reach) -> socket.socket:
    """
    Open a socket for the very address that is about to be dialled.

    The last word, and the only one where no name was resolved. A refusal is a
    `PermissionError`, which the dialling race carries to its end like any other.
    """
    family, kind, protocol, _, (host, port, *_) = target
    try:
        check_address(ip_address(host), int(port), reach)
    except Unreachable as refusal:
        raise PermissionError(refusal.sentence) from refusal
    return socket.socket(family, kind, protocol)
