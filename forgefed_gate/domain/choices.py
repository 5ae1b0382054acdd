"""How what a self-hoster chose is read: each kind of value, and in words what is wrong with it."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import cast
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

USUAL_PORT = {"http": 80, "https": 443}
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")


def text(value: object) -> str:
    """Take a text that says something."""
    if not isinstance(value, str) or not value:
        raise ValueError("it must be a text in quotes")
    return value


def yes_or_no(value: object) -> bool:
    """Take a yes or a no."""
    if not isinstance(value, bool):
        raise ValueError("it must be true or false")  # noqa: TRY004 - a wrong value, for a person
    return value


def between(lowest: int, highest: int) -> Callable[[object], int]:
    """Take a number within bounds."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise ValueError(f"it must be a number from {lowest} to {highest}")
        return value

    return read


def base_url(value: object) -> str:
    """Take the address of a gate: a scheme and a host, and nothing after it."""
    url = text(value)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if (
        url != f"{parts.scheme}://{parts.netloc}"
        or url != url.lower()
        or parts.scheme not in USUAL_PORT
        or parts.username is not None
        or not HOST.fullmatch(host)
        or parts.netloc.endswith(":")
    ):
        raise ValueError("it must look like https://gate.example, with nothing after the host")
    if parts.port == USUAL_PORT[parts.scheme]:
        raise ValueError(f"leave “:{parts.port}” out, as everybody else does")
    return url


def perhaps_base_url(value: object) -> str:
    """Take the address of a gate, or nothing."""
    return "" if value == "" else base_url(value)


def base_urls(value: object) -> tuple[str, ...]:
    """Take the addresses of gates."""
    return tuple(base_url(item) for item in _listed(value, "addresses"))


def _listed(value: object, what: str) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(f"it must be a list of {what}")  # noqa: TRY004 - as above
    return [text(item) for item in cast("list[object]", value)]  # what TOML holds is anything


def networks(value: object) -> tuple[Network, ...]:
    """Take networks."""
    return tuple(ip_network(item) for item in _listed(value, "networks"))


def hosts(value: object) -> tuple[str, ...]:
    """Take hosts, each with its port where that is not the usual one."""
    return tuple(_host(item) for item in _listed(value, "hosts"))


def _host(written: str) -> str:
    try:
        return base_url(f"https://{written}").removeprefix("https://")
    except ValueError:
        raise ValueError(
            "each must be a host as it stands in an address, like social.example"
        ) from None


def addresses(value: object) -> tuple[str, ...]:
    """Take addresses of machines."""
    return tuple(str(ip_address(item)) for item in _listed(value, "addresses"))


def tokens(value: object) -> tuple[tuple[str, str], ...]:
    """Take forges, each with the place where the token for it is."""
    return tuple(_token(item) for item in _listed(value, "texts"))


def _token(written: str) -> tuple[str, str]:
    url, _, place = written.partition(" ")
    if not place.strip() or urlsplit(url).scheme not in USUAL_PORT:
        raise ValueError('each must look like "https://forge.example forge.token"')
    return url.rstrip("/"), place.strip()
