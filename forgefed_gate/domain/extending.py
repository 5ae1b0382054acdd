"""The rules for a link that goes on beyond its end, or by another role."""

from dataclasses import replace

from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.delegation import Delegation, End, Give, LinkFacts, Reconcile, SaveLink
from forgefed_gate.domain.effects import Decision, admit, refuse
from forgefed_gate.domain.intents import LinkUp
from forgefed_gate.domain.links import ALLOWS, Link
from forgefed_gate.domain.words import trust


def on_link_again(act: LinkUp, link: Link, facts: LinkFacts) -> Decision:
    """
    Let an active link go on as it is described now: whoever gives decides for how long.

    What it rests on is given anew, and the old one ends when the other side has passed the
    new one on and says so, so that there is no gap; what was too much ends at once. Whoever
    receives renews only their own leave.
    """
    if link.kind is not act.kind:
        return refuse("link-kind", trust.OTHER_KIND)
    if (act.role, act.ends_at, act.cap) == (link.role, link.ends_at, link.cap):
        return refuse("already-linked", trust.ALREADY_LINKED)
    changed = replace(link, role=act.role, ends_at=act.ends_at, cap=act.cap, changed_at=facts.now)
    follows = _anew(changed, facts) if link.kind.gives else [welcome(changed, facts)]
    return admit("link-renewed", SaveLink(link=changed), *follows, Reconcile())


def _anew(link: Link, facts: LinkFacts) -> list[Delegation]:
    """Give what the link rests on once more, unless it only lets in fewer or more a day."""
    if facts.team or any(_is(each, link) for each in facts.starts):
        return []
    too_much = [
        End(grant=each)
        for each in facts.starts
        if each.ends_at > link.ends_at or (each.role or link.role) > link.role
    ]
    return [start(link, facts), *too_much]


def _is(start: Capability, link: Link) -> bool:
    return (start.role, start.ends_at) == (link.role, link.ends_at)


def replaced(link: Link, facts: LinkFacts) -> list[End]:
    """End what an active link rested on before, now that the other side passed on what it does."""
    if not any(_is(each, link) for each in facts.starts):
        return []
    return [End(grant=each) for each in facts.starts if not _is(each, link)]


def start(link: Link, facts: LinkFacts, *, until: Capability | None = None) -> Give:
    """Give the other side what all else along a link follows from, no longer than they let us."""
    return Give(
        target=link.peer,
        context=facts.me,
        role=link.role,
        allows=ALLOWS[link.kind],
        ends_at=min(link.ends_at, until.ends_at) if until else link.ends_at,
        link=link,
        capability=link.delegate,
    )


def welcome(link: Link, facts: LinkFacts) -> Give:
    """Let the other side give to us: a `delegate` Grant."""
    return Give(
        target=link.peer,
        context=facts.me,
        role=None,
        allows=Allows.INVOKE,
        ends_at=link.ends_at,
        link=link,
    )


def followed(gift: Capability, link: Link) -> Link:
    """
    Follow the other side that says anew for how long it gives.

    Only they risk something by a later end, and our people may end the link on any day.
    """
    return replace(link, ends_at=gift.ends_at) if gift.delegates is None else link
