"""The rules for what the people of a project do."""

from dataclasses import replace

import pytest
from cases import BOB, CHARTER, GRANT, NOW, THREAD, facts, knocked, of, told

from forgefed_gate.domain.effects import (
    AnswerJoin,
    CloseThread,
    EndGrant,
    IssueGrant,
    OpenThread,
    PublishNews,
    SaveKnock,
    SendInvite,
    Tell,
    Verdict,
)
from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.ids import DAY
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
from forgefed_gate.domain.reviews import LONGEST_WORDS
from forgefed_gate.domain.roles import OPERATOR, Office, Role, person
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.verdict import decide_act

ADMIT, ASK = Admit(knock="k1"), Ask(knock="k1", text="Why?")
DECLINE, SAY = Decline(knock="k1"), Say(thread="t1", text="Hi.")
CLOSE, REVOKE = Close(thread="t1"), Revoke(grant=GRANT.id)
INVITE = Invite(project="anvil", who=BOB, role=Role.TRIAGE, days=30)
NEWS = Announce(project="anvil", text="1.0 is out.")
EVERYTHING = (ADMIT, ASK, DECLINE, SAY, CLOSE, REVOKE, INVITE, NEWS)


def known(stage=None, **changed):
    return facts(stage, **({"thread": THREAD} | changed))


def by(office):
    return person(f"https://v.example/{office.value}", {"anvil": frozenset({office})})


def kinds(decision):
    return [type(effect) for effect in decision.effects]


@pytest.mark.parametrize(
    ("act", "stages"),
    [
        (ADMIT, {Stage.HELD, Stage.RETURNED}),
        (ASK, {Stage.HELD}),
        (DECLINE, {Stage.ASKED, Stage.HELD, Stage.RETURNED, Stage.INVITED}),
    ],
)
@pytest.mark.parametrize("stage", [None, *Stage])
def test_a_knock_can_be_answered_while_it_waits(act, stages, stage):
    """And whoever is too late is told what it is by now."""
    decision = decide_act(act, known(stage))

    assert (decision.verdict is Verdict.ADMIT) == (stage in stages)
    if stage not in stages:
        assert decision.reason == "not-waiting"
        assert (stage.value if stage else "gone") in decision.sentence


@pytest.mark.parametrize(
    ("act", "join", "effects"),
    [
        (ADMIT, None, [SaveKnock, IssueGrant, Tell]),
        (ADMIT, "j1", [SaveKnock, AnswerJoin, IssueGrant, Tell]),
        (ASK, "j1", [SaveKnock, Tell]),
        (DECLINE, None, [SaveKnock, Tell, CloseThread]),
        (DECLINE, "j1", [SaveKnock, AnswerJoin, Tell, CloseThread]),
    ],
)
def test_a_join_is_answered_as_a_machine_wants_it(act, join, effects):
    """And a note is never answered by an Accept."""
    decision = decide_act(act, replace(known(Stage.HELD), knock=knocked(Stage.HELD, join=join)))

    assert kinds(decision) == effects


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (Admit(knock="k1", role=Role.TRIAGE), "role-too-high"),
        (Admit(knock="k1", days=0), "too-long"),
        (Admit(knock="k1", days=181), "too-long"),
        (Ask(knock="k1", text="  "), "no-words"),
        (Say(thread="t1", text="Hi."), "not-admitted"),
        (CLOSE, "knock-open"),
        (INVITE, "already-knocking"),
        (Announce(project="anvil", text=""), "no-words"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(act, reason):
    """With nothing changed, and the way on."""
    decision = decide_act(act, known(Stage.HELD))

    assert (decision.reason, decision.effects) == (reason, ())
    assert decision.sentence.endswith(".")


@pytest.mark.parametrize(
    ("act", "stage", "changed", "reason"),
    [
        (ADMIT, Stage.HELD, {"blocked": True}, "blocked"),
        (ADMIT, Stage.HELD, {"hushed": True}, "hushed"),
        (ASK, Stage.HELD, {"blocked": True}, "blocked"),
        (ASK, Stage.HELD, {"hushed": True}, "hushed"),
        (SAY, None, {"blocked": True}, "blocked"),
        (SAY, None, {"hushed": True}, "hushed"),
        (INVITE, None, {"blocked": True}, "blocked"),
        (INVITE, None, {"hushed": True}, "hushed"),
        (INVITE, None, {"grant": GRANT}, "already-in"),
        (CLOSE, None, {"thread": replace(THREAD, closed=True)}, "already-closed"),
        (REVOKE, None, {}, "not-in"),
        (REVOKE, None, {"grant": replace(GRANT, revoked_at=NOW)}, "already-revoked"),
        (REVOKE, None, {"grant": replace(GRANT, ends_at=NOW)}, "already-ended"),
    ],
)
def test_nobody_is_told_that_something_was_done_that_was_not(act, stage, changed, reason):
    """Words that nobody would get are not sent into the air."""
    decision = decide_act(act, known(stage, **changed))

    assert (decision.reason, decision.effects) == (reason, ())


@pytest.mark.parametrize(
    ("office", "permitted"),
    [
        (Office.OWNER, EVERYTHING),
        (Office.MAINTAINER, EVERYTHING),
        (Office.SCREENER, (ASK,)),
        (Office.SAFETY, ()),
    ],
)
@pytest.mark.parametrize("act", EVERYTHING)
def test_the_office_comes_first(office, permitted, act):
    """It is asked before anything else is looked at, so a refusal tells nothing."""
    looked_at = known(Stage.HELD, by=by(office), grant=GRANT)
    if act in permitted:
        decide_act(act, looked_at)
    else:
        with pytest.raises(Forbidden) as refusal:
            decide_act(act, looked_at)
        assert refusal.value.code == "not-your-office"


@pytest.mark.parametrize(
    ("who", "role", "may"),
    [
        (by(Office.MAINTAINER), Role.TRIAGE, True),
        (by(Office.MAINTAINER), Role.WRITE, False),
        (by(Office.OWNER), Role.ADMIN, True),
        (OPERATOR, Role.ADMIN, True),
    ],
)
def test_nobody_gives_or_takes_more_than_their_office_may(who, role, may):
    """Inviting and revoking have the same ceiling."""
    invited = decide_act(replace(INVITE, role=role), known(by=who))
    revoked = decide_act(REVOKE, known(by=who, grant=replace(GRANT, role=role)))

    assert (invited.verdict is Verdict.ADMIT) is may
    assert (revoked.verdict is Verdict.ADMIT) is may


def test_declining_names_the_clause_that_they_were_shown():
    """Not one that was written since."""
    newer = replace(CHARTER, expects=())
    shown = known(Stage.HELD, charter=newer, shown=CHARTER)

    text = told(decide_act(replace(DECLINE, clause="kindness"), shown))

    assert "Be kind, and assume that others mean well." in text
    with pytest.raises(Malformed) as refusal:
        decide_act(replace(DECLINE, clause="height"), shown)
    assert "kindness" in refusal.value.sentence


@pytest.mark.parametrize(
    ("stage", "thread", "effects"),
    [
        (None, None, [OpenThread, SaveKnock, SendInvite, Tell]),
        (Stage.DECLINED, THREAD, [SaveKnock, SendInvite, Tell]),
        (Stage.ASKED, THREAD, [SaveKnock, SaveKnock, SendInvite, Tell]),
        (Stage.INVITED, THREAD, [SaveKnock, SaveKnock, SendInvite, Tell]),
    ],
)
def test_an_invitation_takes_the_place_of_what_was_open(stage, thread, effects):
    """So that one answer counts once."""
    decision = decide_act(INVITE, known(stage, latest_thread=thread))

    assert kinds(decision) == effects
    *older, new = [saved.knock for saved in of(SaveKnock, decision)]
    assert all(knock.stage is Stage.WITHDRAWN for knock in older)
    assert (new.stage, new.role, new.days) == (Stage.INVITED, Role.TRIAGE, 30)


def test_an_invitation_says_whose_it_is():
    """So that it can go when they go."""
    by_mara = known(by=by(Office.MAINTAINER))

    [saved] = of(SaveKnock, decide_act(INVITE, by_mara))

    assert saved.knock.invited_by == by_mara.by.name


@pytest.mark.parametrize(
    ("join", "effects"),
    [(None, [SaveKnock, Tell, CloseThread]), ("j1", [SaveKnock, AnswerJoin, Tell, CloseThread])],
)
def test_an_invitation_can_be_taken_back(join, effects):
    """It was ours, so nobody is declined."""
    offered = replace(known(Stage.INVITED), knock=knocked(Stage.INVITED, invite="i1", join=join))

    decision = decide_act(replace(DECLINE, text="We were too quick."), offered)

    assert (decision.reason, kinds(decision)) == ("invite-withdrawn", effects)
    assert of(SaveKnock, decision)[0].knock.stage is Stage.WITHDRAWN
    assert "We were too quick." in told(decision)
    assert "welcome to write here" in told(decision)


@pytest.mark.parametrize(
    ("act", "stage"),
    [
        (ADMIT, Stage.HELD),
        (ASK, Stage.HELD),
        (DECLINE, Stage.HELD),
        (DECLINE, Stage.INVITED),
        (SAY, None),
        (NEWS, None),
    ],
)
def test_what_we_write_fits_into_one_message(act, stage):
    """In bytes, as it is sent; one more is refused in words."""
    longest = "é" * (LONGEST_WORDS // 2)

    sent = decide_act(replace(act, text=longest), known(stage))
    refused = decide_act(replace(act, text=f"{longest}!"), known(stage))

    assert sent.verdict is Verdict.ADMIT
    assert (refused.reason, refused.effects) == ("too-many-words", ())
    assert "20 KiB" in refused.sentence


@pytest.mark.parametrize(
    ("act", "stage"), [(DECLINE, Stage.HELD), (CLOSE, None), (REVOKE, Stage.ADMITTED)]
)
def test_what_ends_something_needs_nobody_s_ear(act, stage):
    """Whoever blocked us can still be let go; that nothing is sent is for the queue to see to."""
    decision = decide_act(act, known(stage, grant=GRANT, hushed=True))

    assert decision.verdict is Verdict.ADMIT


def test_words_go_into_the_conversation_as_a_reply():
    """To the contributor's latest own message, which is what lets them through filters."""
    for act, stage in ((SAY, None), (ASK, Stage.HELD), (ADMIT, Stage.HELD), (CLOSE, None)):
        [tell] = of(Tell, decide_act(act, known(stage)))
        assert (tell.thread, tell.in_reply_to, tell.to) == ("t1", THREAD.latest_theirs, BOB)


def test_a_revoked_grant_is_ended_and_its_holder_told():
    """Kindly, and in private."""
    decision = decide_act(REVOKE, known(grant=GRANT, latest_thread=THREAD))

    assert of(EndGrant, decision) == [EndGrant(grant=GRANT)]
    assert "between you and us" in told(decision)


def test_an_announcement_is_published_as_it_was_written():
    """Nothing is added to it."""
    assert decide_act(NEWS, known()).effects == (PublishNews(project="anvil", text=NEWS.text),)


def test_an_admission_lasts_as_long_as_was_said():
    """From now on."""
    [issued] = of(IssueGrant, decide_act(replace(ADMIT, days=1), known(Stage.HELD)))

    assert (issued.grant.starts_at, issued.grant.ends_at) == (NOW, NOW + DAY)
