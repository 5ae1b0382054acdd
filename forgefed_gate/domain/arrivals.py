"""The rules for what comes in over the wire."""

from dataclasses import replace

from forgefed_gate.domain.beginnings import (
    by_a_link,
    first_answer,
    in_place_of_the_old,
    moved,
    new_knock,
    new_thread,
)
from forgefed_gate.domain.charter import agrees, says_enough
from forgefed_gate.domain.effects import (
    AddFollower,
    AnswerJoin,
    Blank,
    Decision,
    DropFollower,
    DropOffices,
    Effect,
    EndGrant,
    Fulfil,
    Hush,
    IssueGrant,
    Keep,
    Notify,
    Obey,
    OpenThread,
    Remark,
    RememberCourtesy,
    Revise,
    SaveKnock,
    SaveReport,
    Tell,
    Verdict,
    admit,
    hold,
    refuse,
)
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, later
from forgefed_gate.domain.intents import (
    Departure,
    Follow,
    InviteAnswer,
    Join,
    Leave,
    Message,
    Move,
    Report,
    Revision,
    TakeBack,
    Unfollow,
    Withdrawal,
)
from forgefed_gate.domain.references import Show, presented
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.seating import on_word_of_party
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.wishes import may_wish, wish_of
from forgefed_gate.domain.words import talk


def on_message(message: Message, facts: Facts) -> Decision:
    """Judge a message to a desk; who wrote it decides which rule applies."""
    if not message.private:
        return _in_public(message, facts)
    decision = _in_private(message, facts)
    if not facts.hushed or decision.verdict is Verdict.REFUSE:
        return decision
    return replace(decision, effects=(Hush(quiet=False), *decision.effects))


def _in_private(message: Message, facts: Facts) -> Decision:
    """Whoever writes to us wants an answer, whatever they wanted before."""
    if facts.kept_for is not None:
        return _kept_already(message, facts)
    wish = wish_of(message.text, facts)
    if wish is not None and may_wish(wish, facts):
        return admit("wish", Fulfil(wish=wish))
    if facts.ours:
        return refuse("bot") if facts.bot else admit("command", Obey(text=message.text))
    if facts.seat is not None and facts.thread is not None:
        return on_word_of_party(message, facts.thread)
    if facts.member:
        return _from_member(message, facts)
    if facts.bot:
        return refuse("bot")
    return from_outside(message, facts)


def _in_public(message: Message, facts: Facts) -> Decision:
    if facts.bot or facts.ours or facts.courteous:
        return refuse("public")
    ask = Tell(
        to=facts.actor,
        text=talk.write_privately(facts.project.handle),
        in_reply_to=message.note,
    )
    return admit("asked-to-write-privately", ask, RememberCourtesy())


def _kept_already(message: Message, facts: Facts) -> Decision:
    """A message belongs to one conversation, even where several of our actors got it."""
    if facts.bot or facts.kept_for == facts.project.slug:
        return refuse("kept-already")
    text = talk.one_project_each(facts.project.name)
    return admit("one-each", Tell(to=facts.actor, text=text, in_reply_to=message.note))


def _from_member(message: Message, facts: Facts) -> Decision:
    if facts.thread is not None:
        keep = Keep(thread=facts.thread.id, note=message.note, text=message.text)
        return admit("member", keep, _notify(talk.THREAD_WAITS, facts.thread))
    thread = new_thread(facts)
    answer = talk.thread_opened(facts.project.name, facts.charter)
    effects: list[Effect] = [
        OpenThread(thread=thread),
        Keep(thread=thread.id, note=message.note, text=message.text),
        _notify(talk.THREAD_WAITS, thread),
    ]
    if not facts.bot:
        effects.append(_answer(answer, message, thread))
    return admit("member", *effects)


def from_outside(message: Message, facts: Facts) -> Decision:
    """Judge what somebody says who is no member: whose turn it is then, and our answer."""
    thread = facts.thread or facts.latest_thread or new_thread(facts)
    is_new = thread.id == facts.fresh.thread
    effects: list[Effect] = [OpenThread(thread=thread)] if is_new else []
    effects.append(Keep(thread=thread.id, note=message.note, text=message.text))
    reason, knock, text = _turn(message, facts, thread)
    if knock is not None and knock.id == facts.fresh.knock:
        effects += in_place_of_the_old(facts)
    if knock is not None:
        effects.append(SaveKnock(knock=knock))
    effects += _shown(presented(message.text), knock or facts.knock)
    if knock is not None and knock.stage is Stage.HELD:
        effects.append(_notify(talk.KNOCK_WAITS, thread))
    if knock is not None and knock.stage is Stage.ADMITTED:
        answer = _answer(text, message, thread)
        granted = admission(knock, facts) if knock.via is None else answered(knock)
        return admit(reason, *effects, *granted, answer)
    return hold(reason, *effects, _answer(text, message, thread))


def _shown(url: str | None, knock: Knock | None) -> list[Effect]:
    """Keep the Grant from elsewhere that somebody shows while a decision is still to come."""
    waits = knock is not None and knock.stage.open
    return [Show(knock=knock.id, url=url)] if url and knock and waits else []


def _turn(message: Message, facts: Facts, thread: Thread) -> tuple[str, Knock | None, str]:
    """Whose turn it is after a message from outside: why, the knock as it then is, our answer."""
    knock, name = facts.knock, facts.project.name
    stage = knock.stage if knock else Stage.WITHDRAWN
    let_in = by_a_link(message.text, facts, thread)
    if let_in is not None:
        return let_in
    if knock is None or not stage.open:
        fresh = new_knock(facts, thread, stage=Stage.ASKED)
        return "asked", fresh, first_answer(facts, thread)
    if stage is Stage.INVITED and knock.via is not None and not facts.vouched_for:
        fresh = new_knock(facts, thread, stage=Stage.ASKED)
        return "asked", fresh, first_answer(facts, thread)
    if knock.lapsed(now=facts.now):
        ended = moved(knock, Stage.WITHDRAWN, facts)
        return "invite-ended", ended, talk.invitation_ended(name)
    charter = facts.shown or facts.charter
    if stage is Stage.HELD:
        return "already-held", None, talk.already_held(charter)
    if stage is Stage.RETURNED:
        return "held", moved(knock, Stage.HELD, facts), talk.back_in_line(name, charter)
    if not agrees(charter, message.text):
        invited = stage is Stage.INVITED
        missing = talk.invitation_waits if invited else talk.agreement_missing
        return "agreement-missing", None, missing(charter)
    if stage is Stage.INVITED:
        welcome = talk.admitted(name, knock.role, knock.days, "")
        return "invite-accepted", moved(knock, Stage.ADMITTED, facts), welcome
    if not says_enough(charter, message.text):
        return "answers-missing", None, talk.answers_missing(charter)
    return "held", moved(knock, Stage.HELD, facts), talk.receipt(name, charter)


def admission(knock: Knock, facts: Facts) -> list[Effect]:
    """What follows when a knock is admitted: a Grant, and an Accept where there was a Join."""
    grant = Grant(
        id=facts.fresh.grant,
        project=facts.project.slug,
        target=knock.actor,
        role=knock.role,
        charter=knock.charter,
        starts_at=facts.now,
        ends_at=later(facts.now, knock.days * DAY),
        fulfills=knock.join or knock.invite,
    )
    return [*answered(knock), IssueGrant(grant=grant)]


def answered(knock: Knock) -> list[Effect]:
    """Accept the Join of whoever is admitted, where there was one."""
    if knock.join is None:
        return []
    return [AnswerJoin(join=knock.join, to=knock.actor, accepts=True)]


def on_join(join: Join, facts: Facts) -> Decision:
    """Judge a Join: the same questions as after a first message, or nothing new."""
    if facts.ours or facts.bot:
        return refuse("nothing-to-ask")
    if facts.member:
        return admit("already-in", AnswerJoin(join=join.activity, to=facts.actor, accepts=True))
    role = min(join.role, facts.charter.role)
    if facts.knock is not None and facts.knock.stage.open and not _lapsed(facts):
        lower = min(role, facts.knock.role)
        same = replace(facts.knock, join=join.activity, role=lower, changed_at=facts.now)
        return hold("already-knocking", SaveKnock(knock=same), *_shown(join.shows, same))
    thread = facts.latest_thread or new_thread(facts)
    opened = [OpenThread(thread=thread)] if thread.id == facts.fresh.thread else []
    knock = new_knock(facts, thread, stage=Stage.ASKED, role=role, join=join.activity)
    tell = _write(first_answer(facts, thread), facts, thread)
    begun = (SaveKnock(knock=knock), *_shown(join.shows, knock))
    return hold("asked", *opened, *in_place_of_the_old(facts), *begun, tell)


def on_take_back(undo: TakeBack, facts: Facts) -> Decision:
    """Let somebody take back a Join, or a Follow that they name by its id."""
    knock = facts.knock
    if knock is not None and knock.stage.open and knock.join == undo.what:
        return admit("withdrawn", SaveKnock(knock=moved(knock, Stage.WITHDRAWN, facts)))
    return admit("taken-back", DropFollower(follow=undo.what))


def on_invite_answer(answer: InviteAnswer, facts: Facts) -> Decision:
    """Admit whom we invited, or let them be."""
    knock = facts.knock
    if knock is None or knock.stage is not Stage.INVITED or knock.invite != answer.invite:
        return refuse("no-such-invite")
    if not answer.accepts:
        return admit("invite-declined", SaveKnock(knock=moved(knock, Stage.WITHDRAWN, facts)))
    if knock.lapsed(now=facts.now):
        ended = _write(talk.invitation_ended(facts.project.name), facts, facts.latest_thread)
        withdrawn = SaveKnock(knock=moved(knock, Stage.WITHDRAWN, facts))
        return hold("invite-ended", withdrawn, *_unless_bot(facts, ended))
    text = talk.admitted(facts.project.name, knock.role, knock.days, "")
    return admit(
        "invite-accepted",
        SaveKnock(knock=moved(knock, Stage.ADMITTED, facts)),
        *admission(knock, facts),
        *_unless_bot(facts, _write(text, facts, facts.latest_thread)),
    )


def on_leave(leave: Leave, facts: Facts) -> Decision:
    """Let somebody give their role back."""
    if facts.grant is None:
        return refuse("no-grant")
    goodbye = _write(talk.farewell(facts.project.name), facts, facts.latest_thread)
    ended = EndGrant(grant=facts.grant, fulfills=leave.activity)
    return admit("left", ended, *_unless_bot(facts, goodbye))


def on_revision(revision: Revision, facts: Facts) -> Decision:
    """Let somebody edit a message of their own."""
    if facts.author is None:
        return refuse("unknown-message")
    if facts.author != revision.actor:
        return refuse("not-owner")
    return admit("revised", Revise(note=revision.note, text=revision.text))


def on_withdrawal(withdrawal: Withdrawal, facts: Facts) -> Decision:
    """Let somebody delete a message of their own: the words go, the fact stays."""
    if facts.author is None:
        return refuse("unknown-message")
    if facts.author != withdrawal.actor:
        return refuse("not-owner")
    return admit("withdrawn", Blank(note=withdrawal.note))


def on_departure(_: Departure, facts: Facts) -> Decision:
    """
    Let go of somebody whose account is gone: no news, no open knock, no Grant, no office.

    Whoever gets their name next is somebody else.
    """
    effects: list[Effect] = [DropFollower(), Hush(quiet=True), DropOffices()]
    if facts.knock is not None and facts.knock.stage.open:
        effects.append(SaveKnock(knock=moved(facts.knock, Stage.WITHDRAWN, facts)))
    if facts.grant is not None:
        effects.append(EndGrant(grant=facts.grant))
    return admit("departed", *effects)


def on_follow(follow: Follow, facts: Facts) -> Decision:
    """Accept a Follow; following is not trust."""
    accept = AddFollower(target=follow.target, follow=follow.activity)
    if not facts.charter.greet_followers or facts.bot:
        return admit("follower", accept)
    text = talk.greeting(facts.project.name, facts.project.page)
    return admit("follower", accept, Tell(to=facts.actor, text=text))


def on_unfollow(unfollow: Unfollow, _: Facts) -> Decision:
    """Let somebody stop following."""
    return admit("unfollowed", DropFollower(target=unfollow.target))


def on_shut() -> Decision:
    """Respect a block: no news and no messages from us."""
    return admit("shut", DropFollower(), Hush(quiet=True))


def on_unshut() -> Decision:
    """Write to somebody again who lifted their block."""
    return admit("unshut", Hush(quiet=False))


def on_move(move: Move, facts: Facts) -> Decision:
    """
    Tell the people of the project about a move; no trust moves with it.

    While somebody is screened, where they moved to would tell who they are.
    """
    if facts.latest_thread is None:
        return refuse("nobody-here")
    text = talk.moved(move.target if facts.member else "")
    return admit("moved", Remark(thread=facts.latest_thread.id, text=text))


def on_report(report: Report, _: Facts) -> Decision:
    """Keep a report for the safety contacts, and tell them."""
    kept = SaveReport(about=report.about, text=report.text)
    return admit("reported", kept, Notify(what=talk.REPORT_WAITS))


def _lapsed(facts: Facts) -> bool:
    return facts.knock is not None and facts.knock.lapsed(now=facts.now)


def _write(text: str, facts: Facts, thread: Thread | None) -> Tell:
    """Write to them where no message of theirs asked for it; it replies to their latest."""
    if thread is None:
        return Tell(to=facts.actor, text=text)
    return Tell(to=facts.actor, text=text, thread=thread.id, in_reply_to=thread.latest_theirs)


def _unless_bot(facts: Facts, tell: Tell) -> list[Tell]:
    return [] if facts.bot else [tell]


def _answer(text: str, message: Message, thread: Thread) -> Tell:
    return Tell(to=message.actor, text=text, thread=thread.id, in_reply_to=message.note)


def _notify(what: str, thread: Thread) -> Notify:
    return Notify(what=what, thread=thread.id, code=thread.code)
