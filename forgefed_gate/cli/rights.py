"""Who may do what: grants, and whom the gate does not listen to; and news for everybody."""

from argparse import ArgumentParser

from forgefed_gate.cli import standing
from forgefed_gate.cli.tables import table
from forgefed_gate.cli.verbs import (
    VIA,
    Answer,
    Call,
    Verb,
    days,
    name,
    on_gate,
    slug,
    text,
    who,
    words_of,
)
from forgefed_gate.domain.charter import LONGEST_GRANT
from forgefed_gate.domain.effects import SaveKnock
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.domain.intents import Announce, Invite, Revoke
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import Act, Role, read_role
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import day, iso
from forgefed_gate.services import blocking, people, public, review, views, ways
from forgefed_gate.services.views import GrantView


async def list_grants(call: Call) -> Answer:
    """List the Grants of a project."""
    slug, now = Slug(call.asked.slug), _now(call)
    found = await views.grant_list(call.gate, slug, by=call.by)
    through = await ways.listing(call.gate, slug, by=call.by)
    rows: list[Json] = [
        *(_grant(view, now) for view in found),
        *(standing.through(slug, each) for each in through),
    ]
    lines = table(
        ("who", "role", "state", "until", "through", "id"),
        [*(_row(view, now) for view in found), *map(standing.row, through)],
    )
    return Answer(
        document={"grants": rows}, lines=tuple(lines if rows else ["There is no grant yet."])
    )


def _row(view: GrantView, now: Millis) -> tuple[str, ...]:
    grant = view.grant
    state = _state(grant, now)
    return view.who.handle, grant.role.word, state, day(grant.ends_at), "", grant.id


async def add_grant(call: Call) -> Answer:
    """Invite somebody; they have the Grant when they agree to the charter."""
    call.by.must(Act.GRANT, Slug(call.asked.slug))
    person = await people.resolve(call.gate, call.asked.who)
    what = Invite(
        project=Slug(call.asked.slug),
        who=person.actor,
        role=read_role(call.asked.role),
        days=call.asked.days,
    )
    decision = await review.act(call.gate, what, by=call.by, via=VIA)
    knock = next(each.knock for each in decision.effects if isinstance(each, SaveKnock))
    return Answer(
        document={
            "id": knock.id,
            "who": {"id": person.actor, "handle": person.handle},
            "role": knock.role.word,
            "days": knock.days,
            "stage": knock.stage.value,
        },
        lines=(
            f"{person.handle} is invited as {knock.role.word}.",
            f"The grant begins when they agree to the charter, and lasts {knock.days} days.",
        ),
    )


async def revoke(call: Call) -> Answer:
    """Take a Grant back."""
    await review.act(call.gate, Revoke(grant=call.asked.id), by=call.by, via=VIA)
    return Answer(
        document={"id": call.asked.id, "state": "revoked"},
        lines=("Revoked for good, and they are told privately. They may knock again.",),
    )


async def announce(call: Call) -> Answer:
    """Tell a project's followers something, publicly."""
    project = Slug(call.asked.slug)
    what = Announce(project=project, text=words_of(call.asked))
    await review.act(call.gate, what, by=call.by, via=VIA)
    desk = Local(kind=Kind.DESK, slug=project)
    count = await public.count(call.gate, desk, "followers")
    return Answer(
        document={"project": project, "followers": count},
        lines=(_published(project, count),),
    )


def _published(project: Slug, count: int) -> str:
    if not count:
        return f"Published on the page of {project}. Nobody follows it yet."
    return f"Published, and on its way to {count} who follow {project}."


async def block(call: Call) -> Answer:
    """Listen to a person or a server no more."""
    found = await blocking.block(call.gate, call.asked.subject, by=call.by)
    return Answer(
        document={"id": found, "blocked": True},
        lines=(f"Blocked: {found}. Nobody is told. “unblock” lifts it.",),
    )


async def unblock(call: Call) -> Answer:
    """Listen to a person or a server again."""
    found = await blocking.unblock(call.gate, call.asked.subject, by=call.by)
    return Answer(document={"id": found, "blocked": False}, lines=(f"Unblocked: {found}.",))


async def list_blocks(call: Call) -> Answer:
    """List whom the gate does not listen to."""
    found = await blocking.listing(call.gate, by=call.by)
    rows: list[Json] = [{"id": subject} for subject in found]
    return Answer(document={"blocks": rows}, lines=tuple(found or ["Nobody is blocked."]))


def _now(call: Call) -> Millis:
    return call.gate.clock()


def _grant(view: GrantView, now: Millis) -> JsonObject:
    grant = view.grant
    return {
        "id": grant.id,
        "project": grant.project,
        "who": {"id": view.who.actor, "handle": view.who.handle},
        "role": grant.role.word,
        "state": _state(grant, now),
        "charter": grant.charter,
        "starts_at": iso(grant.starts_at),
        "ends_at": iso(grant.ends_at),
        "revoked_at": iso(grant.revoked_at) if grant.revoked_at is not None else None,
        "through": None,
    }


def _state(grant: Grant, now: Millis) -> str:
    if grant.revoked_at is not None:
        return "revoked"
    return "stands" if grant.stands(now) else "ended"


def role(parser: ArgumentParser) -> None:
    """Take the role of a Grant, the lowest that lets somebody write unless they say."""
    parser.add_argument("--role", metavar="R", default=Role.REPORT.word, help="what they may do")


def _subject(parser: ArgumentParser) -> None:
    parser.add_argument(
        "subject", metavar="WHO-OR-HOST", help="a handle, an actor's URL, or a host"
    )


VERBS = (
    Verb(
        words="grants list",
        does="List the grants of a project, the newest first, then who is in through a team.",
        example="grants list anvil",
        run=on_gate(list_grants),
        takes=(slug,),
    ),
    Verb(
        words="grants add",
        does="Invite somebody you know; the grant begins when they agree.",
        example="grants add anvil @bob@mastodon.example --role report --days 90",
        run=on_gate(add_grant),
        takes=(slug, who, role, days(LONGEST_GRANT)),
    ),
    Verb(
        words="grants revoke",
        does="Take a grant back, or a way in through a team, for good; they are told privately.",
        example="grants revoke https://gate.example/projects/anvil/grants/Zt5…",
        run=on_gate(revoke),
        takes=(name("grant"),),
    ),
    Verb(
        words="announce",
        does="Publish a note to everybody who follows a project.",
        example="announce anvil Version 2 is out.",
        run=on_gate(announce),
        takes=(slug, text),
    ),
    Verb(
        words="block",
        does="Listen to a person or a server no more; nobody is told.",
        example="block spam.example",
        run=on_gate(block),
        takes=(_subject,),
    ),
    Verb(
        words="unblock",
        does="Listen to a person or a server again.",
        example="unblock spam.example",
        run=on_gate(unblock),
        takes=(_subject,),
    ),
    Verb(
        words="blocks",
        does="List whom the gate does not listen to.",
        example="blocks",
        run=on_gate(list_blocks),
    ),
)
