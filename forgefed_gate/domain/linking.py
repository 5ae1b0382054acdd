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


def on_added(added: Added, facts: LinkFacts) -> Decision:
    """
    Judge that somebody wants a link with us: our people decide, unless they asked first.

    Whoever speaks for another actor is heard once that one has said so itself.
    """
    link, kind, itself = facts.link, facts.kind, facts.actor == facts.peer
    if kind is None or origin(facts.actor) != origin(facts.peer):
        return refuse("not-about-us")
    if link is not None and link.state is State.OFFERED and link.kind is kind and itself:
        return _agreed(link, facts, SendAnswer(link=link, accepts=True))
    if link is not None:
        return refuse("already-linked")
    longest = later(facts.now, LONGEST_GRANT)
    asked = Link(
        code=facts.code,
        house=facts.house,
        peer=facts.peer,
        kind=kind,
        role=added.role,
        ends_at=min(added.ends_at or longest, longest),
        cap=0,
        state=State.ASKED if itself else State.CLAIMED,
        add=added.activity,
        opened_at=facts.now,
        changed_at=facts.now,
    )
    if not itself:
        return hold("link-claimed", SaveLink(link=asked))
    return hold("link-asked", SaveLink(link=asked), NotifyOfLink(what=News.ASKED, link=asked))


def on_answer(add: ActivityId, facts: LinkFacts, *, accepts: bool) -> Decision:
    """Judge what the other side says to the link that we offered."""
    link = facts.link
    if link is None or link.peer != facts.actor:
        return refuse("no-such-link")
    if link.leaving == add:
        gone = _ended(link, facts, what=News.ENDED_THERE)
        return gone if accepts else refuse("removal-declined")
    if not accepts:
        return _ended(link, facts, what=News.DECLINED)
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
    """Judge a Grant that somebody else issued; one that was revoked never comes back."""
    grant = granted.grant
    if facts.buried or any(known.revoked_at is not None for known in facts.known):
        return refuse("grant-revoked")
    if facts.known:
        return admit("grant-known")
    if grant.actor == facts.me or not facts.now < grant.ends_at:
        return refuse("grant-not-for-us")
    if grant.role is None:
        return _on_leave_to_give(grant, facts)
    if grant.target == facts.me:
        return _on_gift(grant, facts)
    return _on_testimony(grant, facts)


def _on_leave_to_give(grant: Capability, facts: LinkFacts) -> Decision:
    """They let us give to them: the link stands, and we do."""
    link = facts.link
    if link is None:
        return welcomes.on_welcome(grant, facts)
    if not link.kind.gives or grant.target != facts.me:
        return refuse("grant-not-for-us")
    if link.state in {State.ASKED, State.CLAIMED} or grant.context != link.peer:
        return refuse("grant-not-agreed")
    began = replace(_moved(link, State.ACTIVE, facts), delegate=grant.id)
    rests = facts.team or facts.starts
    gives = [] if rests else [extending.start(began, facts, until=grant)]
    known = link.state is State.ACTIVE
    told = [] if known else [NotifyOfLink(what=News.ACTIVE, link=began)]
    return admit(
        "link-welcomed-again" if known else "link-active",
        SaveLink(link=began),
        Hold(grant=grant, link=began),
        *gives,
        *extending.replaced(began, facts),
        Reconcile(),
        *told,
    )


def _on_gift(grant: Capability, facts: LinkFacts) -> Decision:
    """They gave us something to pass on: only along a link that both sides want."""
    link = facts.link
    if link is None or link.kind.gives or link.state not in {State.AGREED, State.ACTIVE}:
        return refuse("grant-not-agreed")
    if grant.delegates is None and grant.context != grant.actor:
        return refuse("foreign-root")
    if grant.allows is Allows.INVOKE or grant.context == facts.me:
        return refuse("grant-not-for-us")
    again = link.state is State.ACTIVE and grant.delegates is None
    active = _moved(link, State.ACTIVE, facts)
    active = extending.followed(grant, active) if again else active
    return admit(
        "grant-held",
        SaveLink(link=active),
        Hold(grant=grant, link=active),
        Reconcile(context=grant.context),
        *([extending.welcome(active, facts)] if again else []),
    )


def _on_testimony(grant: Capability, facts: LinkFacts) -> Decision:
    """Keep what is said to follow from a Grant of ours, so that its holder need not show it."""
    parent = facts.parent
    if facts.team or grant.context != facts.me or grant.delegates is None:
        return refuse("grant-not-for-us")
    if parent is None or parent.grant.target != grant.actor or parent.revoked_at is not None:
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
        gone = _moved(link, State.ENDED, facts)
        effects += [EndLink(link=gone), SaveLink(link=gone), Reconcile()]
        effects.append(NotifyOfLink(what=News.ENDED_THERE, link=gone))
    contexts = dict.fromkeys(known.grant.context for known in facts.known)
    effects += [Reconcile(context=context) for context in contexts]
    if link is None and any(known.grant.role is None for known in facts.known):
        effects.append(Reconcile(to=facts.actor))
    return admit("grants-buried", *effects)


def on_removed(removed: Removed, facts: LinkFacts) -> Decision:
    """The other side ends a link; whoever speaks for it is heard once it has said so itself."""
    link = facts.link
    if link is None or origin(link.peer) != origin(facts.actor):
        return refuse("no-such-link")
    if link.peer != facts.actor:
        claimed = replace(link, leaving=removed.activity, changed_at=facts.now)
        return hold("removal-claimed", SaveLink(link=claimed))
    return _ended(link, facts, what=News.ENDED_THERE)


def _ended(link: Link, facts: LinkFacts, *, what: News) -> Decision:
    ended = _moved(link, State.ENDED, facts)
    return admit(
        "link-ended",
        EndLink(link=ended),
        SaveLink(link=ended),
        Reconcile(),
        NotifyOfLink(what=what, link=ended),
    )


def on_link(act: LinkUp, facts: LinkFacts) -> Decision:
    """Our people offer a link, or want the one that the other side asked for."""
    link = facts.link
    if link is not None and link.state in {State.OFFERED, State.AGREED}:
        return refuse("already-linked", trust.ALREADY_LINKED)
    if not facts.now < act.ends_at <= later(facts.now, LONGEST_GRANT):
        return refuse("link-too-long", trust.TOO_LONG)
    if link is None:
        offered = _offered(act, facts)
        said = SendAnswer(link=offered, accepts=True) if act.sent else SendAdd(link=offered)
        return admit("link-offered", SaveLink(link=offered), said)
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
