"""The rules for what the people of a project do."""

from dataclasses import replace

from forgefed_gate.domain import signing
from forgefed_gate.domain.arrivals import admission
from forgefed_gate.domain.beginnings import in_place_of_the_old, new_knock, new_thread
from forgefed_gate.domain.charter import LONGEST_GRANT
from forgefed_gate.domain.delegation import Bury
from forgefed_gate.domain.effects import (
    AnswerJoin,
    CloseThread,
    Decision,
    Effect,
    EndGrant,
    OpenThread,
    PublishNews,
    SaveKnock,
    SendInvite,
    Tell,
    admit,
    refuse,
)
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.forgetting import is_forgotten
from forgefed_gate.domain.ids import ActorId
from forgefed_gate.domain.intents import (
    Admit,
    Announce,
    Ask,
    Close,
    Decline,
    Invite,
    Revoke,
    Say,
)
from forgefed_gate.domain.reasons import came_through
from forgefed_gate.domain.roles import Act, Role
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.domain.words import endings, forgetting, talk, tickets, trust

LONGEST_WORDS = 20 * 1024
NOT_WAITING = (
    "This knock does not wait for you: it is {stage}. Look at the conversation to see what"
    " happened since."
)


def on_admit(act: Admit, facts: Facts) -> Decision:
    """Admit somebody who knocked; never to more than they asked for or the charter offers."""
    facts.by.must(Act.DECIDE, facts.project.slug)
    knock = facts.knock
    if knock is None or knock.stage not in {Stage.HELD, Stage.RETURNED}:
        return _not_waiting(knock)
    if unheard := not_heard(act.text, facts):
        return unheard
    role = act.role or knock.role
    days = knock.days if act.days is None else act.days
    ceiling = min(knock.role, facts.by.highest_grant(facts.project.slug))
    if role > ceiling:
        return _too_high(role, ceiling)
    if not 1 <= days <= LONGEST_GRANT:
        return _too_long()
    admitted = replace(knock, stage=Stage.ADMITTED, role=role, days=days, changed_at=facts.now)
    text = talk.admitted(facts.project.name, role, days, act.text)
    return admit(
        "admitted",
        SaveKnock(knock=admitted),
        *admission(admitted, facts),
        _tell(text, facts),
    )


def on_ask(act: Ask, facts: Facts) -> Decision:
    """Ask somebody who knocked something more; then it is their turn."""
    facts.by.must(Act.ASK, facts.project.slug)
    knock = facts.knock
    if knock is None or knock.stage is not Stage.HELD:
        return _not_waiting(knock)
    if unheard := not_heard(act.text, facts):
        return unheard
    if not act.text.strip():
        return refuse("no-words", "Please write what you would like to ask.")
    returned = replace(knock, stage=Stage.RETURNED, changed_at=facts.now)
    return admit("asked-back", SaveKnock(knock=returned), _tell(talk.asked_back(act.text), facts))


def on_decline(act: Decline, facts: Facts) -> Decision:
    """
    Decline a knock kindly, or take an invitation back; nothing public shows it.

    A clause of the charter is named where one is given.
    """
    facts.by.must(Act.DECIDE, facts.project.slug)
    knock = facts.knock
    if knock is None or not knock.stage.open:
        return _not_waiting(knock)
    if _too_many(act.text):
        return _too_many_words()
    ours = knock.stage is Stage.INVITED
    stage = Stage.WITHDRAWN if ours else Stage.DECLINED
    charter = facts.shown or facts.charter
    clause = charter.clause(act.clause) if act.clause else None
    effects: list[Effect] = [SaveKnock(knock=replace(knock, stage=stage, changed_at=facts.now))]
    if knock.join is not None:
        effects.append(AnswerJoin(join=knock.join, to=knock.actor, accepts=False))
    tell = talk.invitation_withdrawn if ours else talk.declined
    said = endings.DECLINED_FOR_NOW if act.not_now and not act.text else act.text
    text = tell(facts.project.name, clause, said)
    reason = "invite-withdrawn" if ours else "declined"
    return admit(reason, *effects, _tell(text, facts), CloseThread(thread=knock.thread))


def on_say(act: Say, facts: Facts) -> Decision:
    """Write in a conversation, as the desk."""
    facts.by.must(Act.TALK, facts.project.slug)
    if unheard := not_heard(act.text, facts):
        return unheard
    if not act.text.strip():
        return refuse("no-words", "Please write what you would like to say.")
    if facts.tickets is not None and facts.tickets.capability is None:
        return refuse("no-capability", tickets.NO_GRANT_NOW)
    if facts.knock is not None and facts.knock.stage.open:
        return refuse(
            "not-admitted",
            "They have not been admitted yet. Ask them something, admit them or decline.",
        )
    return admit("said", _tell(act.text, facts))


def on_close(act: Close, facts: Facts) -> Decision:
    """Close a conversation and say so; what we offered elsewhere, their tracker is told of."""
    facts.by.must(Act.TALK, facts.project.slug)
    thread = _thread(facts)
    if thread.closed:
        return refuse("already-closed", "This conversation is closed already.")
    if facts.knock is not None and facts.knock.stage.open and facts.knock.thread == thread.id:
        return refuse("knock-open", "A knock is open here. Admit or decline it; that ends it.")
    if facts.tickets is not None:
        return admit("closed", CloseThread(thread=thread.id))
    tell = _tell(endings.CLOSING[act.ending](), facts)
    return admit("closed", CloseThread(thread=thread.id), tell)


def on_revoke(act: Revoke, facts: Facts) -> Decision:
    """Take a Grant back; it never comes back to life."""
    facts.by.must(Act.GRANT, facts.project.slug)
    if facts.grant is None:
        return _turn_away(facts)
    grant = facts.grant
    if grant.revoked_at is not None:
        return refuse("already-revoked", "This grant has been revoked already.")
    if grant.ends_at <= facts.now:
        return refuse("already-ended", "This grant has ended already, on its date.")
    if grant.role > facts.by.highest_grant(facts.project.slug):
        return _too_high(grant.role, facts.by.highest_grant(facts.project.slug))
    thread = facts.latest_thread
    tell = Tell(
        to=grant.target,
        text=talk.revoked(facts.project.name),
        thread=thread.id if thread else None,
        in_reply_to=thread.latest_theirs if thread else None,
    )
    return admit("revoked", EndGrant(grant=grant, fulfills=act.fulfills), tell)


def _turn_away(facts: Facts) -> Decision:
    """End somebody's way in through a team, for good: our own no counts for more than its word."""
    knock, ceiling = facts.knock, facts.by.highest_grant(facts.project.slug)
    if knock is None or not came_through(knock):
        return refuse(
            "not-in",
            "They have not come in by this Grant, so there is nothing to end. Whoever should not"
            " come in at all can be blocked.",
        )
    role = max((grant.role for grant in facts.shown_grants if grant.role), default=knock.role)
    if role > ceiling:
        return _too_high(role, ceiling)
    thread = facts.latest_thread
    tell = Tell(
        to=knock.actor,
        text=trust.turned_away(facts.project.name),
        thread=thread.id if thread else None,
        in_reply_to=thread.latest_theirs if thread else None,
    )
    buried = [Bury(grants=(grant.id,), issuer=grant.actor) for grant in facts.shown_grants]
    declined = replace(knock, stage=Stage.DECLINED, changed_at=facts.now)
    return admit("turned-away", *buried, SaveKnock(knock=declined), tell)


def on_invite(act: Invite, facts: Facts) -> Decision:
    """Invite somebody whom a maintainer knows; they are in when they agree."""
    facts.by.must(Act.GRANT, facts.project.slug)
    ceiling = facts.by.highest_grant(facts.project.slug)
    if act.role > ceiling:
        return _too_high(act.role, ceiling)
    if not 1 <= act.days <= LONGEST_GRANT:
        return _too_long()
    if facts.member:
        return refuse("already-in", "They are a member already.")
    if unheard := not_heard("", facts):
        return unheard
    if facts.knock is not None and facts.knock.stage in {Stage.HELD, Stage.RETURNED}:
        return refuse(
            "already-knocking", "They are knocking already. Admit them; that is quicker."
        )
    return admit("invited", *_invitation(act, facts))


def _invitation(act: Invite, facts: Facts) -> list[Effect]:
    project, invite = facts.project, act.sent or facts.fresh.invite
    thread = facts.latest_thread or new_thread(facts)
    opened = [] if facts.latest_thread else [OpenThread(thread=thread)]
    knock = replace(
        new_knock(facts, thread, stage=Stage.INVITED, role=act.role),
        days=act.days,
        invite=invite,
        invited_by=facts.by.name,
    )
    signs = signing.signs(project.signs_notes_since, thread)
    text = talk.invitation(project.name, facts.charter, project.page, act.role, signs=signs)
    return [
        *opened,
        *in_place_of_the_old(facts),
        SaveKnock(knock=knock),
        AnswerJoin(join=act.sent, to=ActorId(facts.by.name), accepts=True)
        if act.sent
        else SendInvite(invite=invite, who=act.who, role=act.role),
        Tell(to=act.who, text=text, thread=thread.id, in_reply_to=thread.latest_theirs),
    ]


def on_announce(act: Announce, facts: Facts) -> Decision:
    """Tell a project's followers something, publicly."""
    facts.by.must(Act.ANNOUNCE, facts.project.slug)
    if not act.text.strip():
        return refuse("no-words", "Please write what you would like to announce.")
    if _too_many(act.text):
        return _too_many_words()
    return admit("announced", PublishNews(project=act.project, text=act.text))


def _thread(facts: Facts) -> Thread:
    assert facts.thread is not None, "an act about a conversation is judged with it"
    return facts.thread


def _tell(text: str, facts: Facts) -> Tell:
    thread = _thread(facts)
    return Tell(
        to=thread.contributor,
        text=text,
        speaker=Speaker.PROJECT,
        thread=thread.id,
        in_reply_to=thread.latest_theirs,
    )


def _not_waiting(knock: Knock | None) -> Decision:
    stage = knock.stage.value if knock else "gone"
    return refuse("not-waiting", NOT_WAITING.format(stage=stage))


def not_heard(text: str, facts: Facts) -> Decision | None:
    """Refuse words that would not reach them."""
    if is_forgotten(facts.actor):
        return refuse("forgotten", forgetting.NOBODY_THERE)
    if facts.blocked:
        return _blocked()
    if facts.hushed:
        return _hushed()
    return _too_many_words() if _too_many(text) else None


def _too_many(text: str) -> bool:
    return len(text.encode()) > LONGEST_WORDS


def _too_many_words() -> Decision:
    return refuse(
        "too-many-words",
        f"These words are too many: at most {LONGEST_WORDS // 1024} KiB fit into one message."
        " Please send them in parts.",
    )


def _blocked() -> Decision:
    return refuse("blocked", "This person is blocked here. Unblock them first.")


def _hushed() -> Decision:
    return refuse(
        "hushed",
        "They have blocked this desk, so we write to them no more. If they write again, you can"
        " answer.",
    )


def _too_high(role: Role, ceiling: Role) -> Decision:
    return refuse(
        "role-too-high",
        f"“{role.word}” is more than you can give here: the most is “{ceiling.word}”.",
    )


def _too_long() -> Decision:
    return refuse("too-long", f"A grant lasts from 1 to {LONGEST_GRANT} days.")
