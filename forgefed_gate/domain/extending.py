"""The rules for a link that goes on beyond its end, or by another role."""

from collections.abc import Sequence
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


def start(link: Link, facts: LinkFacts) -> Give:
    """Give the other side what all else along a link follows from."""
    return Give(
        target=link.peer,
        context=facts.me,
        role=link.role,
        allows=ALLOWS[link.kind],
        ends_at=link.ends_at,
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


def followed(gift: Capability, link: Link, before: Sequence[Capability]) -> Link:
    """
    Follow the other side that gives for longer, or more, than *before*.

    Only they risk something by it, and our people may end the link on any day.
    """
    if gift.delegates is not None or gift.role is None or not before:
        return link
    longer = gift.ends_at > max(each.ends_at for each in before)
    more = gift.role > max(each.role or gift.role for each in before)
    return replace(
        link,
        ends_at=max(gift.ends_at, link.ends_at) if longer else link.ends_at,
        role=max(gift.role, link.role) if more else link.role,
    )
