"""The rules for the verbs that come in."""

from dataclasses import replace

import pytest
from cases import (
    AGREED,
    BASE,
    BOB,
    CHARTER,
    DESK,
    GRANT,
    NOW,
    THREAD,
    facts,
    knocked,
    message,
    of,
    told,
)

from forgefed_gate.domain.effects import (
    AddFollower,
    AnswerJoin,
    Blank,
    DropFollower,
    DropOffices,
    EndGrant,
    Hush,
    IssueGrant,
    Notify,
    OpenThread,
    Remark,
    Revise,
    SaveKnock,
    SaveReport,
    Tell,
)
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import (
    Departure,
    Follow,
    InviteAnswer,
    Join,
    Leave,
    Move,
    Report,
    Revision,
    Shut,
    TakeBack,
    Unfollow,
    Unshut,
    Withdrawal,
)
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.verdict import decide

JOIN = Join(**BASE, target=DESK, role=Role.TRIAGE)
JOINED = f"{BOB}/x/1"
YES = InviteAnswer(**BASE, invite="i1", accepts=True)
NO = InviteAnswer(**BASE, invite="i1", accepts=False)
LEAVE = Leave(**BASE, target=DESK)


def kinds(decision):
    return [type(effect) for effect in decision.effects]


@pytest.mark.parametrize(
    ("stage", "changed", "reason", "effects"),
    [
        (None, {}, "asked", [OpenThread, SaveKnock, Tell]),
        (Stage.DECLINED, {}, "asked", [SaveKnock, Tell]),
        (Stage.ASKED, {}, "already-knocking", [SaveKnock]),
        (Stage.HELD, {}, "already-knocking", [SaveKnock]),
        (Stage.INVITED, {}, "already-knocking", [SaveKnock]),
        (None, {"grant": GRANT}, "already-in", [AnswerJoin]),
        (None, {"bot": True}, "nothing-to-ask", []),
        (None, {"ours": True}, "nothing-to-ask", []),
    ],
)
def test_a_join_asks_the_same_questions_or_nothing_new(stage, changed, reason, effects):
    """Two ways in, one set of questions."""
    decision = decide(JOIN, facts(stage, **changed))

    assert (decision.reason, kinds(decision)) == (reason, effects)
    for saved in of(SaveKnock, decision):
        assert saved.knock.join == JOINED


@pytest.mark.parametrize(
    ("offered", "asked", "given"),
    [
        (Role.REPORT, Role.ADMIN, Role.REPORT),
        (Role.TRIAGE, Role.REPORT, Role.REPORT),
        (Role.TRIAGE, Role.TRIAGE, Role.TRIAGE),
        (Role.REPORT, Role.VISIT, Role.VISIT),
    ],
)
@pytest.mark.parametrize("stage", [None, Stage.HELD])
def test_a_join_gets_the_lower_of_what_is_asked_and_offered(stage, offered, asked, given):
    """Even where they knocked by a message before."""
    known = facts(stage, charter=replace(CHARTER, role=offered))
    if known.knock is not None:
        known = replace(known, knock=knocked(stage, role=offered))

    [saved] = of(SaveKnock, decide(replace(JOIN, role=asked), known))

    assert saved.knock.role is given


@pytest.mark.parametrize(
    ("stage", "join", "reason", "effects"),
    [
        (Stage.HELD, JOINED, "withdrawn", [SaveKnock]),
        (Stage.ASKED, JOINED, "withdrawn", [SaveKnock]),
        (Stage.ADMITTED, JOINED, "taken-back", [DropFollower]),
        (Stage.HELD, f"{BOB}/other", "taken-back", [DropFollower]),
        (None, None, "taken-back", [DropFollower]),
    ],
)
def test_what_is_taken_back_is_what_was_sent(stage, join, reason, effects):
    """An open Join, or else a Follow; nothing that was decided."""
    known = facts(stage)
    if stage:
        known = replace(known, knock=knocked(stage, join=join))

    decision = decide(TakeBack(**BASE, what=JOINED), known)

    assert (decision.reason, kinds(decision)) == (reason, effects)


@pytest.mark.parametrize(
    ("answer", "stage", "invite", "reason", "effects"),
    [
        (YES, Stage.INVITED, "i1", "invite-accepted", [SaveKnock, IssueGrant, Tell]),
        (NO, Stage.INVITED, "i1", "invite-declined", [SaveKnock]),
        (YES, Stage.INVITED, "i2", "no-such-invite", []),
        (YES, Stage.WITHDRAWN, "i1", "no-such-invite", []),
        (YES, Stage.ADMITTED, "i1", "no-such-invite", []),
        (YES, Stage.HELD, None, "no-such-invite", []),
    ],
)
def test_an_invite_is_answered_once(answer, stage, invite, reason, effects):
    """By whom it names, while it is open."""
    known = replace(facts(stage), knock=knocked(stage, invite=invite))

    decision = decide(answer, known)

    assert (decision.reason, kinds(decision)) == (reason, effects)


def invited(ago, **changed):
    return replace(
        facts(Stage.INVITED, **changed),
        knock=knocked(Stage.INVITED, invite="i1", opened_at=NOW - ago),
    )


@pytest.mark.parametrize("answer", [YES, message(AGREED)])
def test_an_invitation_is_open_for_thirty_days(answer):
    """To the last moment of them."""
    decision = decide(answer, invited(30 * DAY))

    assert decision.reason == "invite-accepted"
    assert len(of(IssueGrant, decision)) == 1


@pytest.mark.parametrize("answer", [YES, message(AGREED), message("What is this?")])
def test_an_invitation_ends_kindly(answer):
    """It opens nothing any more, and whoever comes late is told how to ask."""
    decision = decide(answer, invited(30 * DAY + 1))

    [saved] = of(SaveKnock, decision)
    assert (decision.reason, saved.knock.stage) == ("invite-ended", Stage.WITHDRAWN)
    assert of(IssueGrant, decision) == of(OpenThread, decision) == []
    assert "reply to this message" in told(decision)


def test_an_invitation_that_ended_says_nothing_to_a_machine():
    """It could not read it."""
    assert kinds(decide(YES, invited(31 * DAY, bot=True))) == [SaveKnock]


def test_a_join_after_an_invitation_ended_begins_anew():
    """The old one is withdrawn, and the questions are asked."""
    decision = decide(JOIN, invited(31 * DAY))

    old, new = [saved.knock for saved in of(SaveKnock, decision)]
    assert (old.stage, new.stage) == (Stage.WITHDRAWN, Stage.ASKED)
    assert (old.join, new.join) == (None, JOINED)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.INVITED])
def test_only_invitations_end_by_themselves(stage):
    """What waits for us waits for as long as we take."""
    assert not knocked(stage, opened_at=NOW - 400 * DAY).lapsed(now=NOW)


def test_a_machine_that_was_invited_is_not_greeted():
    """It gets its Grant, and no words."""
    known = replace(facts(Stage.INVITED, bot=True), knock=knocked(Stage.INVITED, invite="i1"))

    assert kinds(decide(YES, known)) == [SaveKnock, IssueGrant]
    assert kinds(decide(LEAVE, replace(known, grant=GRANT))) == [EndGrant]


def test_an_admission_begins_now_and_ends_when_it_was_said_to():
    """With the hash of the charter that was shown."""
    known = replace(facts(Stage.INVITED), knock=knocked(Stage.INVITED, invite="i1", days=30))

    [issued] = of(IssueGrant, decide(YES, known))

    assert (issued.grant.starts_at, issued.grant.ends_at) == (NOW, NOW + 30 * DAY)
    assert (issued.grant.charter, issued.grant.fulfills) == (CHARTER.hash, "i1")


@pytest.mark.parametrize(("thread", "reply"), [(THREAD, THREAD.latest_theirs), (None, None)])
def test_who_leaves_is_thanked_in_the_same_conversation(thread, reply):
    """As a reply to their latest words, so that their server shows it."""
    decision = decide(LEAVE, facts(grant=GRANT, latest_thread=thread))

    [ended], [tell] = of(EndGrant, decision), of(Tell, decision)
    assert ended.fulfills == LEAVE.activity
    assert (tell.in_reply_to, tell.thread) == (reply, thread and thread.id)
    assert decide(LEAVE, facts()).reason == "no-grant"


@pytest.mark.parametrize(
    ("intent", "effect"),
    [
        (Revision(**BASE, note="n", text="New"), Revise(note="n", text="New")),
        (Withdrawal(**BASE, note="n"), Blank(note="n")),
    ],
)
@pytest.mark.parametrize(
    ("author", "reason"), [(BOB, None), (DESK, "not-owner"), (None, "unknown-message")]
)
def test_words_belong_to_who_wrote_them(intent, effect, author, reason):
    """Nobody edits or deletes for another."""
    decision = decide(intent, facts(author=author))

    assert list(decision.effects) == ([effect] if author == BOB else [])
    assert reason is None or decision.reason == reason


@pytest.mark.parametrize(
    ("stage", "grant", "effects"),
    [
        (None, None, [DropFollower, Hush, DropOffices]),
        (Stage.HELD, None, [DropFollower, Hush, DropOffices, SaveKnock]),
        (Stage.ADMITTED, GRANT, [DropFollower, Hush, DropOffices, EndGrant]),
        (Stage.DECLINED, None, [DropFollower, Hush, DropOffices]),
    ],
)
def test_an_account_that_is_gone_is_let_go_in_silence(stage, grant, effects):
    """Nothing is sent to nobody."""
    assert kinds(decide(Departure(**BASE), facts(stage, grant=grant))) == effects


@pytest.mark.parametrize(
    ("greets", "bot", "tells"), [(False, False, 0), (True, False, 1), (True, True, 0)]
)
def test_following_is_silent_unless_the_charter_greets(greets, bot, tells):
    """And machines are not greeted."""
    known = facts(charter=replace(CHARTER, greet_followers=greets), bot=bot)

    decision = decide(Follow(**BASE, target=DESK), known)

    assert of(AddFollower, decision) == [AddFollower(target=DESK, follow=JOINED)]
    assert len(of(Tell, decision)) == tells


@pytest.mark.parametrize(
    ("intent", "effects"),
    [
        (Unfollow(**BASE, target=DESK), [DropFollower]),
        (Shut(**BASE, target=DESK), [DropFollower, Hush]),
        (Unshut(**BASE, target=DESK), [Hush]),
        (Move(**BASE, target="https://elsewhere.example/bob"), [Remark]),
        (Report(**BASE, about=(DESK,), text="Rude"), [SaveReport, Notify]),
    ],
)
def test_each_other_verb_has_its_one_meaning(intent, effects):
    """And is about this project's own actors, or has none."""
    assert kinds(decide(intent, facts(Stage.HELD))) == effects
    assert decide(intent, facts(Stage.HELD, names_us=False)).effects == ()
    assert decide(intent, facts(Stage.HELD, blocked=True)).effects == ()


def test_a_move_moves_no_trust():
    """It is a remark for people, and says so."""
    [remark] = of(Remark, decide(Move(**BASE, target="https://e.example/b"), facts(Stage.HELD)))

    assert "No role moved" in remark.text
    assert decide(Move(**BASE, target="https://e.example/b"), facts()).reason == "nobody-here"


def test_the_first_answer_says_where_everything_is():
    """One link to the page with all of it."""
    assert facts().project.page in told(decide(JOIN, facts()))
