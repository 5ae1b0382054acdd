"""Projects, their charters, and the people who run them."""

from forgefed_gate.domain.charter import Charter, canonical, default_charter, default_team_charter
from forgefed_gate.domain.errors import Conflict, NotFound
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.places import Kind, read_name, read_slug
from forgefed_gate.domain.roles import Act, Office, Principal
from forgefed_gate.services import audit, gather, local, people
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import knocks, maintainers, personas, projects, sessions
from forgefed_gate.store import people as people_store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.people import Person


async def add(
    gate: Gate, slug: str, name: str, *, by: Principal, kind: Kind = Kind.PROJECT
) -> Slug:
    """Open a project or a team, with its actors and the default charter."""
    project, name = read_slug(slug), read_name(name)
    actors = await local.fresh_house(gate, project, name, kind=kind)
    async with gate.database.transaction() as tx:
        if not await projects.add(tx, project, name, kind=kind, now=gate.clock()):
            raise Conflict("slug-taken", f"There is a project or team “{slug}” already.")
        for persona in actors:
            await personas.add(tx, persona)
        await gate.vault.vouch(tx, [persona.rsa_private for persona in actors])
        charter = default_team_charter if kind is Kind.TEAM else default_charter
        await _publish(gate, tx, project, charter(name))
        await record(gate, tx, project, by=by, act="AddProject", subject=project)
    return project


async def publish_charter(gate: Gate, slug: Slug, charter: Charter, *, by: Principal) -> None:
    """Put a charter in force; what was agreed before stays as it was."""
    async with gate.database.transaction() as tx:
        (await gather.as_of_now(tx, by)).must(Act.APPOINT, slug)
        await gather.project_in(gate, tx, slug)
        await _publish(gate, tx, slug, charter)
        await record(gate, tx, slug, by=by, act="PublishCharter", subject=charter.hash)


async def _publish(gate: Gate, tx: Transaction, slug: Slug, charter: Charter) -> None:
    await projects.publish(
        tx,
        slug,
        canonical(charter).decode(),
        charter_hash=charter.hash,
        now=gate.clock(),
    )


async def sign_notes(gate: Gate, slug: Slug, *, on: bool, by: Principal) -> Project:
    """
    Let a project sign what it says in conversations that begin from now on, or no more.

    Saying that it does when it does already leaves the moment as it is.
    """
    async with gate.database.transaction() as tx:
        (await gather.as_of_now(tx, by)).must(Act.APPOINT, slug)
        project = await gather.project_in(gate, tx, slug)
        if on != (project.signs_notes_since is not None):
            await projects.sign_notes(tx, slug, since=gate.clock() if on else None)
            await record(
                gate, tx, slug, by=by, act="SignNotes" if on else "SignNoNotes", subject=slug
            )
    return project


async def charter(gate: Gate, slug: Slug) -> Charter:
    """Give the charter in force."""
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, slug)
        return await gather.charter_in(tx, slug)


async def charter_agreed(gate: Gate, slug: Slug, charter_hash: str) -> Charter:
    """Give the charter that somebody was shown, which may not be the one in force any more."""
    async with gate.database.snapshot() as tx:
        row = await projects.charter_by_hash(tx, slug, charter_hash)
        return gather.recall_charter(row.document) if row else await gather.charter_in(tx, slug)


async def appoint(gate: Gate, slug: Slug, who: str, office: Office, *, by: Principal) -> Person:
    """Give somebody an office in a project."""
    by.must(Act.APPOINT, slug)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, slug)
    person = await people.resolve(gate, who)
    async with gate.database.transaction() as tx:
        (await gather.as_of_now(tx, by)).must(Act.APPOINT, slug)
        await maintainers.add(tx, slug, person.actor, office=office, now=gate.clock())
        await record(gate, tx, slug, by=by, act="Appoint", subject=person.actor)
    return person


async def dismiss(gate: Gate, slug: Slug, who: str, *, by: Principal) -> Person:
    """
    Take every office in a project from somebody; the last owner stays.

    Their open invitations go with their office: nobody comes in by the word of somebody
    who may give it no more.
    """
    by.must(Act.APPOINT, slug)
    person = await people.resolve(gate, who)
    async with gate.database.transaction() as tx:
        (await gather.as_of_now(tx, by)).must(Act.APPOINT, slug)
        await people_store.hold(tx, person.actor)
        held = await maintainers.listing(tx, slug)
        owners = {actor for actor, office in held if office is Office.OWNER}
        if owners == {person.actor}:
            raise Conflict(
                "last-owner", "They are the last owner. Make somebody else an owner first."
            )
        if not await maintainers.remove(tx, slug, person.actor):
            raise NotFound("not-maintainer", f"{person.handle} holds no office in {slug}.")
        await knocks.withdraw_invitations(tx, slug, person.actor, now=gate.clock())
        await sessions.end_all_of(tx, person.actor)
        await record(gate, tx, slug, by=by, act="Dismiss", subject=person.actor)
    return person


async def record(
    gate: Gate, tx: Transaction, slug: Slug, *, by: Principal, act: str, subject: str
) -> None:
    """Write down what somebody did; whom it is about takes its hash along when they go."""
    deed = Deed(
        project=slug,
        principal=by.name,
        role=by.role_in(slug),
        act=act,
        subject=subject,
        whose=subject if "://" in subject else "",
        at=gate.clock(),
    )
    await audit.write_down(gate, tx, deed)
