"""Looking at what was opened at a forge: read anew by the API, and labelled once."""

from collections.abc import Awaitable

from forgefed_gate.domain import observing
from forgefed_gate.domain.errors import Malformed, NotFound, TryLater, Unreachable
from forgefed_gate.domain.ids import HOUR, Millis, Slug
from forgefed_gate.domain.observing import LABEL
from forgefed_gate.domain.words import forge as words
from forgefed_gate.forge.base import Forge, Issue, Repository
from forgefed_gate.services import audit
from forgefed_gate.services import forges as ways
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import forges, jobs
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.forges import Connection, Labelled
from forgefed_gate.store.jobs import Job

UNREADABLE = {"too-large", "forge-unclear"}
SKEW = HOUR
"""How far a forge's clock may be behind ours."""


async def look(gate: Gate, job: Job) -> None:
    """
    Look at an issue that a webhook named, and label it if nobody of the project knows its author.

    What the webhook said is a hint and nothing more. What is labelled already, or ever was,
    is left as people have it.
    """
    hook, _, number = job.payload.decode().partition(" ")
    async with gate.database.snapshot() as tx:
        at = await forges.by_hook(tx, hook)
        before = await forges.labelled(tx, at, int(number)) if at else None
    wanted = at is not None and not (before and before.done)
    labelled = wanted and at and await _or_for_good(_look(gate, at, int(number), before))
    async with gate.at_leisure, gate.database.transaction() as tx:
        if await jobs.done(tx, job) and at and labelled:
            await _write_down(gate, tx, at, int(number))


async def _or_for_good(looking: Awaitable[bool]) -> bool:
    """
    Look, and let what cannot be read be for people: it stands in the way of nothing else.

    A token that is away for a moment is asked for again.
    """
    try:
        return await looking
    except Unreachable as refusal:
        if refusal.code in UNREADABLE:
            raise Malformed(refusal.code, refusal.sentence) from None
        raise
    except NotFound as refusal:
        if refusal.code == "forge-token-missing":
            raise TryLater(refusal.code, refusal.sentence) from None
        raise


async def _look(gate: Gate, at: Connection, number: int, before: Labelled | None) -> bool:
    """Do what there is to do, and say whether the issue has had our label by now."""
    forge = ways.reach(gate, at.forge)
    repository = await forge.repository(at.repository)
    issue = await forge.issue(repository.name, number)
    if issue is None or issue.closed or not await _unscreened(forge, repository, issue):
        return False
    if LABEL in issue.labels or await _was_labelled(forge, repository, issue, before):
        await _begin(gate, at, number)
        return True
    label = await forge.make_label(repository.name, LABEL, meaning=words.MEANING)
    await _begin(gate, at, number)
    await forge.put_label(repository.name, number, label)
    return True


async def _unscreened(forge: Forge, repository: Repository, issue: Issue) -> bool:
    me = await forge.account()
    collaborates = issue.author.number > 0 and await forge.collaborates(
        repository.name, issue.author
    )
    return observing.unscreened(
        issue.author.number,
        ours=me.number,
        owner=repository.owner.number,
        collaborates=collaborates,
    )


async def _was_labelled(
    forge: Forge, repository: Repository, issue: Issue, before: Labelled | None
) -> bool:
    """
    Ask whether an attempt that was broken off came to something; it may be undone by now.

    The forge remembers one that we do not, if our database is an older one.
    """
    since = Millis(before.begun_at - SKEW) if before else Millis(0)
    return await forge.was_labelled(repository.name, issue.number, LABEL, since=since)


async def _begin(gate: Gate, at: Connection, number: int) -> None:
    async with gate.at_leisure, gate.database.transaction() as tx:
        await forges.begin_label(tx, at, number, now=gate.clock())


async def _write_down(gate: Gate, tx: Transaction, at: Connection, number: int) -> None:
    now = gate.clock()
    await forges.end_label(tx, at, number, now=now)
    deed = Deed(
        project=Slug(at.project),
        principal=gate.places.gate,
        role="gate",
        act="LabelIssue",
        subject=f"{at.name}#{number}",
        at=now,
    )
    await audit.write_down(gate, tx, deed)
