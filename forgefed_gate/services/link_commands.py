"""What a maintainer types about links into their own account."""

from forgefed_gate.domain.commands import Command, Verb
from forgefed_gate.domain.errors import NotFound, Refusal
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import Millis
from forgefed_gate.domain.intents import LinkUp, PauseLink, Unlink
from forgefed_gate.domain.roles import Act, person
from forgefed_gate.domain.words import links as words
from forgefed_gate.domain.words import talk
from forgefed_gate.protocol.times import day
from forgefed_gate.services import teams
from forgefed_gate.services.teams import LinkView
from forgefed_gate.store import links, maintainers
from forgefed_gate.store.database import Transaction


async def act(tx: Transaction, command: Command, facts: Facts) -> LinkUp | Unlink | PauseLink:
    """Find what a command about a link means; raises `NotFound` for one of another house."""
    link = await links.find(tx, command.code)
    if link is None or link.house != facts.project.slug:
        raise NotFound("link-unknown", words.unknown_code(command.code))
    match command.verb:
        case Verb.LINK:
            return teams.assent(link, now=facts.now)
        case Verb.UNLINK:
            return Unlink(link=link.code)
        case _:
            return PauseLink(link=link.code, paused=command.verb is Verb.PAUSE)


async def listing(tx: Transaction, facts: Facts) -> str:
    """List the open links of a house to those who may see them, and say what can be done."""
    house = facts.project
    try:
        person(facts.actor, await maintainers.offices(tx, facts.actor)).must(Act.GRANT, house.slug)
    except Refusal as refusal:
        return talk.command_refused(refusal.sentence)
    found = [each for each in await teams.views_in(tx, house.slug) if each.link.state.open]
    if not found:
        return words.no_links(house.name)
    return words.listed(house.name, [_line(each, now=facts.now) for each in found])


def _line(view: LinkView, *, now: Millis) -> str:
    link = view.link
    return words.line(
        link.code,
        view.peer.handle,
        link.kind,
        standing=view.standing(now),
        role=link.role,
        until=day(link.ends_at),
        came=view.came,
    )
