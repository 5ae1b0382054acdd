"""What somebody who knocks shows of a Grant from elsewhere: looked at once, live, and sealed."""

import json
from dataclasses import dataclass

from forgefed_gate.domain import references as rules
from forgefed_gate.domain.capabilities import Capability
from forgefed_gate.domain.errors import (
    Forbidden,
    NotFound,
    Refusal,
    TooMany,
    TryLater,
    Unreachable,
    unknown,
)
from forgefed_gate.domain.ids import KnockId, Millis, authority_of, origin
from forgefed_gate.domain.references import Doubt, Finding, Show
from forgefed_gate.domain.roles import Act, Principal, Role, read_role
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.words import references as words
from forgefed_gate.protocol import capabilities, fields, frontdoor, proofs
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.times import day
from forgefed_gate.services import (
    audit,
    authority,
    fetching,
    keyring,
    openings,
    people,
    quota,
    reading,
    showing,
)
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.openings import Reading
from forgefed_gate.store import jobs, knocks
from forgefed_gate.store import references as store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job
from forgefed_gate.store.seal import seal

LOOK = "look"
PLACE = "shown_grants|{}|sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What one reader may know of what somebody showed."""

    said: str
    proves_not: str
    role: Role | None = None
    starts_at: Millis | None = None
    ends_at: Millis | None = None
    looked_at: Millis | None = None
    doubt: Doubt | None = None


async def keep(case: Case, show: Show) -> None:
    """Keep where it is what they show; it is looked at when their knock waits for us, once."""
    knock = await knocks.find(case.tx, show.knock)
    if knock is None:
        return
    sealed = await _sealed(case.gate, case.tx, knock, {"url": show.url})
    if await store.keep(case.tx, knock.id, sealed):
        await on_knock(case, knock)


async def on_knock(case: Case, knock: Knock) -> None:
    """Have what they show looked at, as soon as their knock waits for us and not before."""
    if knock.stage is not Stage.HELD:
        return
    row = await store.find(case.tx, knock.id)
    if row is not None and row.looked_at is None:
        now, name = case.facts.now, f"{LOOK} {knock.id}"
        await jobs.put(case.tx, name, LOOK, payload=knock.id.encode(), run_at=now, now=now)
        case.gate.work.set()


async def look(gate: Gate, job: Job) -> None:
    """
    Look at what somebody shows, and keep what was found: once, whatever it is.

    Only where too much is asked of a server at once, it is asked later.
    """
    name = KnockId(job.payload.decode())
    async with gate.database.snapshot() as tx:
        knock = await knocks.find(tx, name)
        url = await _where(gate, tx, knock) if knock else None
    found = await _look(gate, url, knock) if knock and url else None
    async with gate.at_leisure, gate.database.transaction() as tx:
        if not await jobs.done(tx, job):
            return
        knock = await knocks.find(tx, name)
        if found is not None and knock is not None and await store.find(tx, name) is not None:
            await _settle(gate, tx, knock, found)


async def _where(gate: Gate, tx: Transaction, knock: Knock) -> str | None:
    row = await store.find(tx, knock.id)
    if row is None or row.looked_at is not None or knock.stage is not Stage.HELD:
        return None
    said, _ = await _opened(gate, tx, knock, row.sealed)
    return said["url"] if said else None


async def _settle(gate: Gate, tx: Transaction, knock: Knock, found: Finding) -> None:
    sealed = await _sealed(gate, tx, knock, _document(found))
    await store.settle(tx, knock.id, sealed, now=found.at)
    deed = Deed(
        project=knock.project,
        principal=gate.places.gate,
        role="gate",
        act="LookAtGrant",
        subject=knock.id,
        whose=knock.actor,
        verdict="refuse" if found.doubt else "admit",
        reason=found.doubt.value if found.doubt else "grant-stands",
        at=found.at,
    )
    await audit.write_down(gate, tx, deed)


async def _sealed(gate: Gate, tx: Transaction, knock: Knock, said: JsonObject) -> bytes:
    key = await gate.vault.key_for(tx, owner=knock.actor, thread=knock.thread, now=gate.clock())
    return seal(key, json.dumps(said).encode(), place=PLACE.format(knock.id))


async def _look(gate: Gate, url: str, knock: Knock) -> Finding:
    """Ask the server of *url*, and whoever the Grant says to ask; nobody else."""
    try:
        frontdoor.canonical_url(url, addressing=gate.addressing)
        quota.spend_question(gate, url)
        document = await _document_at(gate, url)
        if "Grant" not in fields.kinds(document):
            return _doubted(gate, url, Doubt.NO_GRANT)
        grant = capabilities.read_grant(document)
        doubt = rules.judge(grant, url=url, who=knock.actor, now=gate.clock())
        doubt = doubt or await _doubt_of(gate, url, document, grant)
        return _doubted(gate, url, doubt) if doubt else await _found(gate, grant)
    except (TooMany, TryLater):
        raise
    except Refusal as refusal:
        malformed = not isinstance(refusal, Unreachable | Forbidden | NotFound)
        return _doubted(gate, url, Doubt.NO_GRANT if malformed else Doubt.UNREACHABLE)


async def _document_at(gate: Gate, url: str) -> JsonObject:
    """Read a document; what we show ourselves is not asked for over the network."""
    token = url.removeprefix(gate.places.shown(""))
    return await (showing.grant(gate, token) if token != url else fetching.document(gate, url))


async def _doubt_of(gate: Gate, url: str, document: JsonObject, grant: Capability) -> Doubt | None:
    """Find out whether its issuer stands for it, by signature or address, and says it stands."""
    if grant.id != url and not await _signed_by_issuer(gate, document):
        return Doubt.UNPROVEN
    if grant.result is None:
        return None
    await refuse_blocked_host(gate, grant.result)
    return None if await gate.outbound.head(grant.result) in authority.STANDS else Doubt.TAKEN_BACK


async def _signed_by_issuer(gate: Gate, document: JsonObject) -> bool:
    try:
        name = proofs.verification_method(document)
        if origin(name) != origin(fields.optional(document, "actor")):
            return False
        keyring.require_name(gate, name)
        key = await keyring.find(gate, name, caller=authority_of(name))
        proofs.check(document, key=key, now=gate.clock())
    except (TooMany, TryLater):
        raise
    except Refusal:
        return False
    return True


async def _found(gate: Gate, grant: Capability) -> Finding:
    issuer = await people.look_up(gate, grant.actor)
    return Finding(
        server=authority_of(grant.actor),
        issuer=issuer.handle,
        role=grant.role,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        at=gate.clock(),
    )


def _doubted(gate: Gate, url: str, doubt: Doubt) -> Finding:
    return Finding(server=authority_of(url), at=gate.clock(), doubt=doubt)


def _document(found: Finding) -> JsonObject:
    return {
        "server": found.server,
        "issuer": found.issuer,
        "role": found.role.word if found.role else "",
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "at": found.at,
        "doubt": found.doubt.value if found.doubt else "",
    }


def _recalled(said: dict[str, str], *, at: Millis) -> Finding:
    return Finding(
        server=said["server"],
        issuer=said["issuer"],
        role=read_role(said["role"]) if said["role"] else None,
        starts_at=Millis(int(said["starts_at"])),
        ends_at=Millis(int(said["ends_at"])),
        at=at,
        doubt=Doubt(said["doubt"]) if said["doubt"] else None,
    )


async def of_knock(gate: Gate, name: KnockId, *, by: Principal) -> Reference | None:
    """
    Say what somebody showed with a knock, to whoever may read it; None where they did not.

    Whoever screens without names learns the role and its time, and not from where it is.
    """
    async with gate.database.snapshot() as tx:
        known = await knocks.find(tx, name)
        knock = await reading.readable(tx, by, known, otherwise=unknown("knock", name))
        row = await store.find(tx, knock.id)
        if row is None:
            return None
        said, broken = await _opened(gate, tx, knock, row.sealed)
    seen = Reading(
        project=knock.project,
        subject=knock.thread,
        contributor=knock.actor,
        by=by,
        broken=broken,
    )
    await openings.note_damage(gate, seen)
    if said is None:
        return Reference(said=words.UNREADABLE, proves_not="", looked_at=row.looked_at)
    if row.looked_at is None:
        return Reference(said=words.NOT_YET, proves_not="")
    found = _recalled(said, at=row.looked_at)
    return _told(found, named=by.may(Act.SEE_WHO, knock.project))


async def _opened(
    gate: Gate, tx: Transaction, knock: Knock, sealed: bytes
) -> tuple[dict[str, str] | None, tuple[str, ...]]:
    """Open what is kept of what somebody showed, and name the place where it is damaged."""
    kept = [(sealed, PLACE.format(knock.id))]
    (opened,) = found = await gate.vault.open_many(tx, kept)
    said: dict[str, str] | None = None if opened is None else json.loads(opened)
    return said, await openings.damaged(gate, tx, kept, found)


def _told(found: Finding, *, named: bool) -> Reference:
    if found.doubt is not None or found.role is None:
        doubt = found.doubt or Doubt.NO_GRANT
        return Reference(said=words.doubted(doubt), proves_not="", looked_at=found.at, doubt=doubt)
    since, until = day(found.starts_at), day(found.ends_at)
    said = words.masked(found.role, since, until)
    if named:
        seen = day(found.at)
        said = words.found(
            server=found.server,
            issuer=found.issuer,
            role=found.role,
            since=since,
            until=until,
            day=seen,
        )
    return Reference(
        said=said,
        proves_not=words.PROVES_NOT,
        role=found.role,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        looked_at=found.at,
    )
