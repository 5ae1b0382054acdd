"""Teams, and the links by which projects and teams trust each other."""

from argparse import ArgumentParser

from forgefed_gate.cli import rights, teams
from forgefed_gate.cli.tables import table
from forgefed_gate.cli.verbs import (
    VIA,
    Answer,
    Call,
    Verb,
    command,
    days,
    name,
    on_gate,
    slug,
    who,
)
from forgefed_gate.domain.charter import LONGEST_GRANT
from forgefed_gate.domain.ids import DAY, Slug, later
from forgefed_gate.domain.intents import PauseLink, Unlink
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import read_role
from forgefed_gate.domain.words import links as words
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import day, iso
from forgefed_gate.services import projects, public, review
from forgefed_gate.services import teams as links
from forgefed_gate.services.teams import USUAL_CAP, Foreseen, LinkView, Wanted
from forgefed_gate.store.people import Person


async def add_team(call: Call) -> Answer:
    """Open a team."""
    call.operator_only()
    asked = call.asked
    made = await projects.add(call.gate, asked.slug, asked.name, kind=Kind.TEAM, by=call.by)
    team, me = (await public.front(call.gate, made)).project, command(asked)
    return Answer(
        document=teams.document(team),
        lines=(
            f"{team.name} is open: {team.page}",
            f"People write privately to {team.handle} to join it, or are invited:",
            f"    {me} team member {made} @them@their.server",
            f"Next: {me} maintainer add {made} @you@your.server --role owner",
            f"Projects elsewhere trust it by its handle: {call.gate.places.handle(team.local)}",
        ),
    )


async def add_member(call: Call) -> Answer:
    """Invite somebody to a team."""
    await links.must_be_team(call.gate, Slug(call.asked.slug))
    answer = await rights.add_grant(call)
    me, team = command(call.asked), call.asked.slug
    how = f"To take somebody out: {me} grants list {team}, then {me} grants revoke ID"
    return Answer(document=answer.document, lines=(*answer.lines, how))


async def link(call: Call) -> Answer:
    """Say what a link would bring, and offer it, or agree to it, where that was asked for."""
    wanted = await _wanted(call)
    foreseen = await links.foresee(call.gate, wanted, by=call.by)
    if call.asked.yes:
        decision = await links.link(call.gate, wanted, by=call.by, via=VIA)
        made = links.saved(decision)
        return _linked(call, made, foreseen)
    return Answer(
        document=_foreseen(foreseen.link, foreseen, code=None),
        lines=(
            *foreseen.outlook(wanted.house.name),
            "Nothing was done yet. Add --yes to do it.",
        ),
        well=False,
    )


async def _wanted(call: Call) -> Wanted:
    asked = call.asked
    until = later(call.gate.clock(), asked.days * DAY) if asked.days is not None else None
    return await links.wanted(
        call.gate,
        Slug(asked.slug),
        asked.who,
        by=call.by,
        kind=Peer(asked.kind) if asked.kind else None,
        role=read_role(asked.role) if asked.role else None,
        ends_at=until,
        cap=asked.cap,
    )


def _linked(call: Call, link: Link, foreseen: Foreseen) -> Answer:
    peer, me = foreseen.peer.handle, command(call.asked)
    done = (
        f"{peer} is asked. Owners are told when they answer, and “team list” shows it."
        if link.state is State.OFFERED
        else f"Agreed. The link with {peer} begins as soon as both servers have exchanged it."
    )
    return Answer(
        document=_foreseen(link, foreseen, code=link.code),
        lines=(
            done,
            words.bounds(link.role, day(link.ends_at)),
            f"To let it rest: {me} team pause {link.code}",
            f"To end it: {me} team unlink {link.code}",
        ),
    )


def _foreseen(link: Link, foreseen: Foreseen, *, code: str | None) -> JsonObject:
    return {
        "id": code,
        "done": code is not None,
        "admits": foreseen.admits,
        **_terms(link, foreseen.peer),
    }


def _terms(link: Link, peer: Person) -> JsonObject:
    return {
        "house": link.house,
        "peer": {"id": peer.actor, "handle": peer.handle},
        "kind": link.kind.value,
        "role": link.role.word,
        "ends_at": iso(link.ends_at),
        "cap": link.cap,
        "state": link.state.value,
    }


async def unlink(call: Call) -> Answer:
    """End a link."""
    code = _code(call)
    await review.act(call.gate, Unlink(link=code), by=call.by, via=VIA)
    return Answer(
        document={"id": code, "state": State.ENDED.value},
        lines=(
            "Ended, for good, with all that came by it; the other side is told.",
            "Whoever came in by it can still knock, as everybody can.",
        ),
    )


async def pause(call: Call) -> Answer:
    """Let a link rest, or go on."""
    code, paused = _code(call), not call.asked.off
    await review.act(call.gate, PauseLink(link=code, paused=paused), by=call.by, via=VIA)
    again = f"{command(call.asked)} team pause {code} --off"
    rests = ("It rests from this moment: nobody comes in by it.", f"To let it go on: {again}")
    goes_on = ("It goes on from this moment, as it was.",)
    return Answer(document={"id": code, "paused": paused}, lines=rests if paused else goes_on)


def _code(call: Call) -> str:
    return str(call.asked.id).upper()


async def list_links(call: Call) -> Answer:
    """List the links of a project or team."""
    house, now = Slug(call.asked.slug), call.gate.clock()
    found = await links.listing(call.gate, house, by=call.by)
    rows: list[Json] = [_row(view) for view in found]
    heads = ("code", "with", "as", "state", "role", "until", "a day", "came in")
    cells = [
        (
            view.link.code,
            view.peer.handle,
            view.link.kind.value,
            view.standing(now),
            view.link.role.word,
            day(view.link.ends_at),
            str(view.link.cap) if view.link.kind.gives else "-",
            str(view.came),
        )
        for view in found
    ]
    none = (
        f"There is no link yet. Next: {command(call.asked)} team link {house} @them@their.server"
    )
    return Answer(document={"links": rows}, lines=tuple(table(heads, cells) if found else [none]))


def _row(view: LinkView) -> JsonObject:
    return {
        "id": view.link.code,
        **_terms(view.link, view.peer),
        "paused": view.link.paused,
        "came": view.came,
    }


def _terms_of_a_link(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--role", metavar="R", help="the highest role that passes along it (report, or as asked)"
    )
    parser.add_argument(
        "--cap",
        metavar="N",
        type=int,
        default=USUAL_CAP,
        help=f"how many new people come in by it in a day ({USUAL_CAP} unless you say otherwise)",
    )
    parser.add_argument(
        "--kind",
        choices=[kind.value for kind in Peer],
        help="what they are to yours, where that is not clear",
    )
    parser.add_argument("--yes", action="store_true", help="do it; without this it is only told")


def _off(parser: ArgumentParser) -> None:
    parser.add_argument("--off", action="store_true", help="let it go on")


VERBS = (
    Verb(
        words="team add",
        does="Open a team: people whom projects elsewhere can trust together.",
        example='team add friends --name "Friends of the forge"',
        run=on_gate(add_team),
        takes=(slug, teams.called),
    ),
    Verb(
        words="team member",
        does="Invite somebody to a team; they are in it when they agree.",
        example="team member friends @bob@mastodon.example",
        run=on_gate(add_member),
        takes=(slug, who, rights.role, days(LONGEST_GRANT)),
    ),
    Verb(
        words="team link",
        does="Trust a team elsewhere, or agree to a link; without --yes it is only told.",
        example="team link anvil @friends-team@coop.example --days 90 --cap 5 --yes",
        run=on_gate(link),
        takes=(slug, who, days(), _terms_of_a_link),
    ),
    Verb(
        words="team unlink",
        does="End a link with all that came by it, or decline one that was asked for.",
        example="team unlink K7M2",
        run=on_gate(unlink),
        takes=(name("link"),),
    ),
    Verb(
        words="team pause",
        does="Let a link rest at once, or go on.",
        example="team pause K7M2 --off",
        run=on_gate(pause),
        takes=(name("link"), _off),
    ),
    Verb(
        words="team list",
        does="List the links of a project or team, and how many came in by each.",
        example="team list anvil",
        run=on_gate(list_links),
        takes=(slug,),
    ),
)
