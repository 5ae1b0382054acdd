"""Which software is known to show private posts to people whom they are not for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

NUMBERS = re.compile(r"v?([0-9]{1,6}(?:\.[0-9]{1,6}){0,3})")
PLAIN = re.compile(r"v?[0-9.]+(?:\+.*)?")
"""A version that is no draft of a later one: `0.12.5-beta` came before 0.12.5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """What a server says that it runs; both are empty where it does not say."""

    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A fault of some software, in all its versions or, if *mended_in* names one, those before."""

    software: str
    mended_in: str
    reason: str
    source: str


def known_leak(software: Software, listed: Iterable[Leak]) -> Leak | None:
    """
    Find the fault for which a server gets no private words.

    A version that cannot be read is taken for an old one. Software that is not listed,
    or not known, has none: we know no better.
    """
    found = (each for each in listed if each.software == software.name.casefold())
    return next((each for each in found if _is_before(software.version, each.mended_in)), None)


def _is_before(version: str, mended_in: str) -> bool:
    has, needs = _numbers(version), _numbers(mended_in)
    if has is None or needs is None:
        return True
    return has < needs or (has == needs and not PLAIN.fullmatch(version.strip()))


def _numbers(version: str) -> tuple[int, ...] | None:
    """Read a version as numbers of one length, so that 0.12 is 0.12.0."""
    found = NUMBERS.match(version.strip())
    if found is None:
        return None
    numbers = [int(each) for each in found[1].split(".")]
    return (*numbers, *[0] * (4 - len(numbers)))
