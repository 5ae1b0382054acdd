"""Who is signed in: links that work once, sessions, and the principal behind one."""

import hashlib
from dataclasses import dataclass

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, ActorId, later
from forgefed_gate.domain.roles import OPERATOR, Principal, person
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import maintainers, parties, publications, sessions
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.sessions import SessionRow

LINK_LASTS = 15 * MINUTE
SESSION_LASTS = 30 * DAY
IDLE = 12 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in, and the token that their forms have to carry."""

    principal: Principal
    csrf: str


async def make_link(gate: Gate, principal: Principal) -> str:
    """Make a link that signs *principal* in, once and soon."""
    async with gate.database.transaction() as tx:
        return await link_in(gate, tx, principal.name)


async def link_in(gate: Gate, tx: Transaction, principal: str) -> str:
    """Make such a link once *tx* has committed; a party of a conversation gets one too."""
    token = gate.token()
    expires_at = later(gate.clock(), LINK_LASTS)
    await sessions.add_link(tx, _hash(token), principal, expires_at=expires_at)
    return f"{gate.places.base_url}/signin/{token}"


async def use_link(gate: Gate, token: str) -> str | None:
    """Use a link up, and give the cookie of the session that it begins."""
    now, cookie = gate.clock(), gate.token() + gate.token()
    async with gate.database.transaction() as tx:
        principal = await sessions.use_link(tx, _hash(token), now=now)
        if principal is None:
            return None
        session = SessionRow(hash=_hash(cookie), principal=principal, csrf=gate.token())
        await sessions.add(tx, session, now=now, expires_at=later(now, SESSION_LASTS))
    return cookie


async def session(gate: Gate, cookie: str) -> Session | None:
    """
    Find who is behind a cookie, with the offices that they hold now.

    Somebody without one has a session for as long as they are a party of a conversation.
    """
    hashed, now = _hash(cookie), gate.clock()
    async with gate.database.transaction() as tx:
        row = await sessions.find(tx, hashed, now=now, idle=IDLE)
        if row is None:
            return None
        principal = await _principal(tx, row.principal)
        works_here = principal.operator or bool(principal.offices)
        if not works_here and not await _has_a_part(tx, ActorId(principal.name)):
            return None
        await sessions.touch(tx, hashed, now=now)
    return Session(principal=principal, csrf=row.csrf)


async def _has_a_part(tx: Transaction, who: ActorId) -> bool:
    """Let somebody stay who is in a conversation, or may say yes or no to a piece."""
    in_one = await parties.threads_of(tx, who)
    return bool(in_one) or await publications.has_words(tx, who)


async def sign_out(gate: Gate, cookie: str) -> None:
    """End the session behind a cookie."""
    async with gate.database.transaction() as tx:
        await sessions.end(tx, _hash(cookie))


async def maintainer(gate: Gate, actor: ActorId) -> Principal:
    """Name the principal that *actor* is; raises `NotFound` where they hold no office."""
    async with gate.database.snapshot() as tx:
        found = await _principal(tx, actor)
    if not found.offices:
        raise NotFound("not-maintainer", f"{actor} holds no office in any project here.")
    return found


async def _principal(tx: Transaction, name: str) -> Principal:
    if name == OPERATOR.name:
        return OPERATOR
    actor = ActorId(name)
    return person(actor, await maintainers.offices(tx, actor))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
