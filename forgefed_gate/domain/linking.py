"""The rules for links between actors, and for the Grants that travel along them."""

from dataclasses import replace

from forgefed_gate.domain import extending, welcomes
from forgefed_gate.domain.capabilities import LONGEST_GRANT, Allows, Capability
from forgefed_gate.domain.delegation import (
    Bury,
    Delegation,
    EndLink,
    Hold,
    LinkFacts,
    NotifyOfLink,
    Reconcile,
    SaveLink,
    SendAdd,
    SendAnswer,
    SendRemove,
)
from forgefed_gate.domain.effects import Decision, admit, hold, refuse
from forgefed_gate.domain.ids import ActivityId, later, origin
from forgefed_gate.domain.intents import Added, Granted, GrantsEnded, LinkUp, Removed
from forgefed_gate.domain.links import Link, News, State
from forgefed_gate.domain.words import trust

MOST_HELD = 500
"""How many Grants somebody may give us to pass on: each goes to each member."""


def on_added(added: Added, facts: LinkFacts) -> Decision:
    """
    Judge that somebody wants a link with us: our people decide, unless they asked first.

    Whoever speaks for another actor is heard once that one has said so itself.
    """
    link, itself = facts.link, facts.actor == facts.peer
    if facts.kind is None or origin(facts.actor) != origin(facts.peer):
        return refuse("not-about-us")
    if link is None:
        return _asked(added, facts)
    if not itself:
        return refuse("already-linked")
    if link.state is State.OFFERED:
        return _crossed(added, link, facts)
    gone = _moved(link, State.ENDED, facts)
    before = (EndLink(link=gone), SaveLink(link=gone), Reconcile())
    return _asked(added, facts, *before, again=link.state is State.ASKED)


def _crossed(added: Added, link: Link, facts: LinkFacts) -> Decision:
    """
    Both sides asked before they heard of each other.

    Where both mean the same, that is as good as two answers. Otherwise one of the two
    gives way, and both sides find the same one.
    """
    if link.kind is facts.kind:
        theirs = replace(link, add=added.activity)
        return _agreed(link, facts, SendAnswer(link=theirs, accepts=True))
    if link.add < added.activity:
        return refuse("already-linked")
    gone = _moved(link, State.ENDED, facts)
    return _asked(added, facts, SaveLink(link=gone), SendRemove(link=gone))


def _asked(added: Added, facts: LinkFacts, *before: Delegation, again: bool = False) -> Decision:
    """
    Let it wait for our people: whoever asks anew has no other link with us any more.

    Of what they have not answered yet they are told once.
    """
    assert facts.kind is not None, "it is said what they would be to us"
    itself, longest = facts.actor == facts.peer, later(facts.now, LONGEST_GRANT)
    asked = Link(
        code=facts.code,
        house=facts.house,
        peer=facts.peer,
        kind=facts.kind,
        role=added.role,
        ends_at=min(added.ends_at or longest, longest),
        cap=0,
        state=State.ASKED if itself else State.CLAIMED,
        add=added.activity,
        opened_at=facts.now,
        changed_at=facts.now,
    )
    if not itself:
        return hold("link-claimed", *before, SaveLink(link=asked))
    told = [] if again else [NotifyOfLink(what=News.ASKED, link=asked)]
    return hold("link-asked", *before, SaveLink(link=asked), *told)


def on_answer(add: ActivityId, facts: LinkFacts, *, accepts: bool) -> Decision:
    """Judge what the other side says to the link that we offered."""
    link = facts.link
    if link is None or link.peer != facts.actor:
        return refuse("no-such-link")
    if link.leaving == add:
        return _on_leaving(link, facts, accepts=accepts)
    if not accepts:
        return admit("link-ended", *_over(link, facts, what=News.DECLINED))
    if link.state is State.CLAIMED:
        asked = _moved(link, State.ASKED, facts)
        return hold("link-asked", SaveLink(link=asked), NotifyOfLink(what=News.ASKED, link=asked))
    if link.state is not State.OFFERED:
        return admit("link-agreed-already")
    return _agreed(link, facts)


def _agreed(link: Link, facts: LinkFacts, *said: Delegation) -> Decision:
    """Both sides want it: whoever receives lets the other side give."""
    agreed = _moved(link, State.AGREED, facts)
    effects: list[Delegation] = [SaveLink(link=agreed), *said]
    if not link.kind.gives:
        effects.append(extending.welcome(agreed, facts))
    return admit("link-agreed", *effects, NotifyOfLink(what=News.AGREED, link=agreed))


def on_granted(granted: Granted, facts: LinkFacts) -> Decision:
    """
    Judge a Grant that somebody else issued; one that was revoked never comes back.

    Its name is remembered for `BURIED_FOR` after the Revoke, and for as long as it stands in a
    book. What was revoked had been issued before, so it has ended by then: one that is for
    longer is taken from nobody, so that none outlives the memory of its Revoke. Whoever says
    after that that such a name stands says so anew, as they could by a new name, and is asked.
    """
    grant = granted.grant
    if facts.buried or any(known.revoked_at is not None for known in facts.known):
        return refuse("grant-revoked")
    if facts.known:
        return admit("grant-known")
    if grant.actor == facts.me or not facts.now < grant.ends_at:
        return refuse("grant-not-for-us")
    if grant.too_long(facts.now):
        return refuse("grant-long")
    if grant.role is None:
        return _on_leave_to_give(grant, facts)
    if grant.target == facts.me:
        return _on_gift(granted, facts)
    return _on_testimony(grant, facts)


def _on_leave_to_give(grant: Capability, facts: LinkFacts) -> Decision:
    """They let us give to them: the link stands, and we do."""
    link = facts.link
    if link is None:
        return welcomes.on_welcome(grant, facts)
    if not link.kind.gives or grant.target != facts.me:
        return refuse("grant-not-for-us")
    answers = link.state is State.OFFERED and grant.fulfills == link.add
    wanted = answers or link.state in {State.AGREED, State.ACTIVE}
    if not wanted or grant.context != link.peer:
        return refuse("grant-not-agreed")
    again = link.state is State.ACTIVE
    until = link.ends_at if again else min(link.ends_at, grant.ends_at)
    began = replace(_moved(link, State.ACTIVE, facts), delegate=grant.id, ends_at=until)
    gives = [] if facts.team or again else [extending.start(began, facts)]
    told = [] if again else [NotifyOfLink(what=News.ACTIVE, link=began)]
    return admit(
        "link-welcomed-again" if again else "link-active",
        SaveLink(link=began),
        Hold(grant=grant, link=began),
        *gives,
        *extending.replaced(began, facts),
        Reconcile(),
        *told,
    )


def _on_gift(granted: Granted, facts: LinkFacts) -> Decision:
    """They gave us something to pass on: only along a link that both sides want."""
    grant, link = granted.grant, facts.link
    if link is None or link.kind.gives or link.state not in {State.AGREED, State.ACTIVE}:
        return refuse("grant-not-agreed")
    if not granted.rooted:
        return refuse("foreign-root")
    if grant.allows is Allows.INVOKE or facts.me in {grant.context, *grant.through}:
        return refuse("grant-not-for-us")
    if facts.held >= MOST_HELD:
        return refuse("link-full")
    active = _moved(link, State.ACTIVE, facts)
    followed = extending.followed(grant, active, facts.starts)
    again = [] if followed == active else [extending.welcome(followed, facts)]
    return admit(
        "grant-held",
        SaveLink(link=followed),
        Hold(grant=grant, link=followed),
        Reconcile(context=None if again else grant.context),
        *again,
    )


def _on_testimony(grant: Capability, facts: LinkFacts) -> Decision:
    """
    Keep what is said to follow from a Grant of ours, so that its holder need not show it.

    What it passes on may come later, by another way: until then it is good for nothing.
    """
    parent = facts.parent
    if facts.team or grant.context != facts.me or grant.delegates is None:
        return refuse("grant-not-for-us")
    if grant.result is None or origin(grant.result) != origin(grant.actor):
        return refuse("grant-no-result")
    if parent is None:
        return admit("grant-early", Hold(grant=grant))
    if parent.grant.target != grant.actor or parent.revoked_at is not None:
        return refuse("grant-parent")
    if grant.role is None or parent.grant.role is None or grant.role > parent.grant.role:
        return refuse("role-escalation")
    return admit("grant-seen", Hold(grant=grant))


def on_ended(ended: GrantsEnded, facts: LinkFacts) -> Decision:
    """Judge a Revoke: from its issuer it is final, even before the Grant itself has come."""
    if any(known.grant.actor != facts.actor for known in facts.known):
        return refuse("not-issuer")
    link = facts.link
    effects: list[Delegation] = [Bury(grants=ended.grants, issuer=facts.actor)]
    if link is not None and link.kind.gives and link.delegate in ended.grants:
        effects += _over(link, facts, SendRemove(link=link), what=News.ENDED_THERE)
    contexts = dict.fromkeys(known.grant.context for known in facts.known)
    effects += [Reconcile(context=context) for context in contexts]
    if link is None and any(known.grant.role is None for known in facts.known):
        effects.append(Reconcile(to=facts.actor))
    return admit("grants-buried", *effects)


def _on_leaving(link: Link, facts: LinkFacts, *, accepts: bool) -> Decision:
    """Hear the other side itself, after somebody who speaks for it said that the link ended."""
    if not accepts:
        return refuse("removal-declined")
    return admit("link-ended", *_over(link, facts, *_withdrawn(link), what=News.ENDED_THERE))


def on_removed(removed: Removed, facts: LinkFacts) -> Decision:
    """
    The other side ends a link; we say the same, in case it has a word of ours before itself.

    Of one that we only offered it cannot know yet: it means an earlier one. Whoever speaks
    for the other side is heard once it has said so itself.
    """
    link = facts.link
    if link is None or link.state is State.OFFERED or origin(link.peer) != origin(facts.actor):
        return refuse("no-such-link")
    if link.peer != facts.actor:
        claimed = replace(link, leaving=removed.activity, changed_at=facts.now)
        return hold("removal-claimed", SaveLink(link=claimed))
    return admit("link-ended", *_over(link, facts, *_withdrawn(link), what=News.ENDED_THERE))


def on_time(facts: LinkFacts) -> Decision:
    """What time has ended is over for good, and what else we hold takes its place."""
    link = facts.link
    if link is not None:
        no = [SendAnswer(link=link, accepts=False)] if link.state is State.ASKED else []
        said = no or _withdrawn(link)
        return admit("link-ran-out", *_over(link, facts, *said, what=News.RAN_OUT))
    over = [Bury(grants=(known.grant.id,), issuer=known.grant.actor) for known in facts.known]
    contexts = dict.fromkeys(known.grant.context for known in facts.known)
    return admit("grants-ran-out", *over, *(Reconcile(context=each) for each in contexts))


def _withdrawn(link: Link) -> list[Delegation]:
    """Tell the other side of an end, unless it was they who asked and we who did not answer."""
    return [] if link.state in {State.ASKED, State.CLAIMED} else [SendRemove(link=link)]


def _over(link: Link, facts: LinkFacts, *said: Delegation, what: News) -> list[Delegation]:
    """End a link and all that hangs on it, and tell our people."""
    ended = _moved(link, State.ENDED, facts)
    told = NotifyOfLink(what=what, link=ended)
    return [EndLink(link=ended), SaveLink(link=ended), *said, Reconcile(), told]


def on_link(act: LinkUp, facts: LinkFacts) -> Decision:
    """Our people offer a link, or want the one that the other side asked for."""
    link = facts.link
    if link is not None and link.state in {State.OFFERED, State.AGREED}:
        return refuse("already-linked", trust.ALREADY_LINKED)
    if not facts.now < act.ends_at <= later(facts.now, LONGEST_GRANT):
        return refuse("link-too-long", trust.TOO_LONG)
    if link is None or (link.state is State.CLAIMED and link.add != act.add):
        claimed = [SaveLink(link=_moved(link, State.ENDED, facts))] if link else []
        offered = _offered(act, facts)
        said = SendAnswer(link=offered, accepts=True) if act.sent else SendAdd(link=offered)
        return admit("link-offered", *claimed, SaveLink(link=offered), said)
    if link.state is State.ACTIVE:
        return extending.on_link_again(act, link, facts)
    if link.kind is not act.kind:
        return refuse("link-kind", trust.OTHER_KIND)
    role = act.role if link.kind.gives else min(act.role, link.role)
    until = act.ends_at if link.kind.gives else min(act.ends_at, link.ends_at)
    wanted = replace(link, role=role, ends_at=until, cap=act.cap)
    if link.state is State.CLAIMED:
        yes = _moved(wanted, State.OFFERED, facts)
        return admit("link-offered", SaveLink(link=yes), SendAnswer(link=yes, accepts=True))
    return _agreed(wanted, facts, SendAnswer(link=wanted, accepts=True))


def _offered(act: LinkUp, facts: LinkFacts) -> Link:
    return Link(
        code=facts.code,
        house=facts.house,
        peer=facts.peer,
        kind=act.kind,
        role=act.role,
        ends_at=act.ends_at,
        cap=act.cap,
        state=State.OFFERED,
        add=act.add,
        opened_at=facts.now,
        changed_at=facts.now,
    )


def on_unlink(facts: LinkFacts) -> Decision:
    """Our people end a link, or do not want the one that was asked for; all of it goes at once."""
    link = facts.link
    if link is None or not link.state.open:
        return refuse("no-such-link", trust.NO_LINK)
    ended = _moved(link, State.ENDED, facts)
    no = SendAnswer(link=ended, accepts=False)
    said = no if link.state is State.ASKED else SendRemove(link=ended)
    return admit("link-ended", EndLink(link=ended), SaveLink(link=ended), said, Reconcile())


def on_pause(facts: LinkFacts, *, paused: bool) -> Decision:
    """Our people let a link rest, or go on: nothing that hangs on it holds meanwhile."""
    link = facts.link
    if link is None or not link.state.open:
        return refuse("no-such-link", trust.NO_LINK)
    changed = replace(link, paused=paused, changed_at=facts.now)
    return admit("link-paused" if paused else "link-goes-on", SaveLink(link=changed))


def _moved(link: Link, state: State, facts: LinkFacts) -> Link:
    return replace(link, state=state, changed_at=facts.now)
