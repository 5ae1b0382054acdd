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

    What it rests on is given anew before the old one ends, so that there is no gap; the
    other side passes the new one on. Whoever receives renews only their own leave.
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
    same = [
        each for each in facts.starts if (each.role, each.ends_at) == (link.role, link.ends_at)
    ]
    if facts.team or same:
        return []
    old = [End(grant=each) for each in facts.starts]
    return [start(link, facts), *old]


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


def on_longer(gift: Capability, link: Link, facts: LinkFacts) -> list[Delegation]:
    """
    Follow the other side that gives for longer than was said, and say so by a new leave.

    Only they risk something by it, and our people may end the link on any day.
    """
    if gift.delegates is not None or gift.ends_at <= link.ends_at:
        return [SaveLink(link=link)]
    longer = replace(link, ends_at=gift.ends_at)
    return [SaveLink(link=longer), welcome(longer, facts)]
