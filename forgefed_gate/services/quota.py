"""How much one sender may send: so much in so long, and then later."""

import hashlib
from ipaddress import IPv6Address

from forgefed_gate.domain.errors import TooMany
from forgefed_gate.domain.ids import HOUR, MINUTE, ActorId, Millis, authority_of, recent
from forgefed_gate.services.gate import Gate

MOST_REMEMBERED = 20_000
LOOK_UPS_PER_MINUTE = 60
READINGS_PER_MINUTE = 120
ONE_NETWORK = 64
"""Bits of an IPv6 address that its holder did not choose."""


def spend_message(gate: Gate, actor: ActorId) -> None:
    """Count one activity of *actor* and of their server, or refuse it."""
    limits = gate.settings
    _spend(gate, f"person {actor}", limits.messages_per_minute, window=MINUTE)
    host = authority_of(actor)
    _spend(gate, f"host {host}", limits.messages_per_minute_host, window=MINUTE)


def spend_knock(gate: Gate, actor: ActorId) -> None:
    """Count one message of *actor*, who is no member, or refuse it."""
    limits = gate.settings
    _spend(gate, f"knocker {actor}", limits.knocks_per_hour, window=HOUR)
    host = authority_of(actor)
    _spend(gate, f"knockers {host}", limits.knocks_per_hour_host, window=HOUR)


def spend_look_up(gate: Gate, caller: str) -> None:
    """Count one question that the address *caller* made us ask of another server, or refuse it."""
    _spend(gate, f"caller {pseudonym(gate, caller)}", LOOK_UPS_PER_MINUTE, window=MINUTE)


def spend_reading(gate: Gate, caller: str) -> None:
    """
    Count one question for something private from the address *caller*, or refuse it.

    It is counted before anything is looked up, so that it says nothing of what there is.
    """
    who = f"reader {pseudonym(gate, caller)}"
    _spend(gate, who, READINGS_PER_MINUTE, window=MINUTE)


def spend_guess(gate: Gate, caller: str) -> None:
    """Count one webhook that we do not know from the address *caller*, or refuse it."""
    who = f"hooks {pseudonym(gate, caller)}"
    _spend(gate, who, gate.settings.messages_per_minute_host, window=MINUTE)


def spend_hook(gate: Gate, hook: str) -> None:
    """Count one delivery of a webhook that we know, or refuse it."""
    _spend(gate, f"hook {hook}", gate.settings.messages_per_minute_host, window=MINUTE)


def pseudonym(gate: Gate, caller: str) -> str:
    """Name whoever calls from the address *caller*; the address itself is not even remembered."""
    name = hashlib.blake2b(_network(caller).encode(), key=gate.memory.salt, digest_size=16)
    return name.hexdigest()


def _network(caller: str) -> str:
    """Name what one holder has: an IPv4 address, or a whole network of IPv6 addresses."""
    try:
        address = IPv6Address(caller)
    except ValueError:
        return caller
    return str(address.ipv4_mapped or int(address) >> ONE_NETWORK)


def spend_question(gate: Gate, url: str) -> None:
    """Count one question to the server of *url* that a stranger made us ask, or refuse it."""
    limit = gate.settings.messages_per_minute_host
    _spend(gate, f"asked {authority_of(url)}", limit, window=MINUTE)


def forget(gate: Gate, actor: ActorId) -> None:
    """Forget how much *actor* sent."""
    for who in (f"person {actor}", f"knocker {actor}"):
        gate.memory.spent.pop(who, None)


def tidy(gate: Gate) -> None:
    """Forget who sent something longer ago than any limit looks back."""
    spent, now = gate.memory.spent, gate.clock()
    for who in [
        who for who, (since, _) in spent.items() if not recent(Millis(since), HOUR, now=now)
    ]:
        del spent[who]


def _spend(gate: Gate, who: str, limit: int, *, window: int) -> None:
    spent, now = gate.memory.spent, gate.clock()
    since, count = spent.pop(who, [now, 0])
    if not recent(Millis(since), window, now=now):
        since, count = now, 0
    spent[who] = [since, count + 1]
    if len(spent) > MOST_REMEMBERED:
        del spent[next(iter(spent))]
    if count >= limit:
        raise TooMany("too-many", "That is more than we take at once. Please try again later.")
