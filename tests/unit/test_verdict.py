"""The rules as tables: every stage, every kind of message, and what no decision may ever do."""

from contextlib import suppress
from dataclasses import replace

import pytest
from cases import (
    AGREED,
    BASE,
    BOB,
    CHARTER,
    DESK,
    ENOUGH,
    GRANT,
    NOW,
    THREAD,
    facts,
    knocked,
    message,
    of,
    told,
)
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.charter import LONGEST_GRANT
from forgefed_gate.domain.effects import (
    AnswerJoin,
    EndGrant,
    Hush,
    IssueGrant,
    Keep,
    Notify,
    Obey,
    OpenThread,
    SaveKnock,
    SendInvite,
    Tell,
    Verdict,
)
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import (
    Admit,
    Announce,
    Ask,
    Close,
    Decline,
    Departure,
    Follow,
    Ignored,
    Invite,
    InviteAnswer,
    Join,
    Leave,
    Move,
    Refresh,
    Report,
    Revision,
    Revoke,
    Say,
    Shut,
    TakeBack,
    Unfollow,
    Unshut,
    Withdrawal,
)
from forgefed_gate.domain.roles import OPERATOR, Office, Role, person
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.verdict import decide, decide_act

ADMITTED = Stage.ADMITTED
ASKS = [OpenThread, Keep, SaveKnock, Tell]


@pytest.mark.parametrize(
    ("stage", "text", "reason", "becomes", "answer"),
    [
        (None, "Hello!", "asked", Stage.ASKED, "What we ask of you"),
        (None, AGREED, "asked", Stage.ASKED, "What we ask of you"),
        (Stage.ASKED, "Hello?", "agreement-missing", None, "One thing is missing"),
        (Stage.ASKED, ENOUGH, "agreement-missing", None, "One thing is missing"),
        (Stage.ASKED, "I agree", "answers-missing", None, "a few words of yours"),
        (Stage.ASKED, "i  AGREE to all", "answers-missing", None, "a few words of yours"),
        (Stage.ASKED, AGREED, "held", Stage.HELD, "with the people who screen"),
        (Stage.HELD, "And more.", "already-held", None, "We have added this"),
        (Stage.HELD, AGREED, "already-held", None, "We have added this"),
        (Stage.RETURNED, "Because.", "held", Stage.HELD, "back with the people"),
        (Stage.INVITED, "Who are you?", "agreement-missing", None, "there is nothing you have"),
        (Stage.INVITED, "I agree", "invite-accepted", ADMITTED, "Welcome to Anvil"),
        (Stage.DECLINED, "Hello!", "asked", Stage.ASKED, "What we ask of you"),
        (Stage.DECLINED, AGREED, "asked", Stage.ASKED, "What we ask of you"),
        (Stage.WITHDRAWN, "Hello!", "asked", Stage.ASKED, "What we ask of you"),
        (Stage.ADMITTED, "Hello!", "asked", Stage.ASKED, "Welcome back"),
    ],
)
def test_whose_turn_it_is_after_a_message_from_outside(stage, text, reason, becomes, answer):
    """Each stage has one answer to each kind of message, and it says what happens next."""
    decision = decide(message(text), facts(stage))

    assert decision.reason == reason
    assert [each.knock.stage for each in of(SaveKnock, decision)] == ([becomes] if becomes else [])
    assert answer in told(decision)
    assert [each.text for each in of(Keep, decision)] == [text]
    assert bool(of(IssueGrant, decision)) == (becomes is ADMITTED)
    assert bool(of(Notify, decision)) == (becomes is Stage.HELD)
    assert bool(of(OpenThread, decision)) == (stage is None)


@pytest.mark.parametrize(
    ("changed", "reason", "effects"),
    [
        ({"blocked": True}, "blocked", []),
        ({"bot": True}, "bot", []),
        ({"ours": True}, "command", [Obey]),
        ({"ours": True, "bot": True}, "bot", []),
        ({"kept_for": "anvil"}, "kept-already", []),
        ({"kept_for": "hammer"}, "one-each", [Tell]),
        ({"kept_for": "hammer", "bot": True}, "kept-already", []),
        ({"grant": GRANT}, "member", [OpenThread, Keep, Notify, Tell]),
        ({"grant": GRANT, "thread": THREAD}, "member", [Keep, Notify]),
        ({"grant": GRANT, "bot": True}, "member", [OpenThread, Keep, Notify]),
        ({"grant": replace(GRANT, ends_at=NOW)}, "asked", ASKS),
        ({"grant": replace(GRANT, revoked_at=NOW - 1)}, "asked", ASKS),
        ({"grant": replace(GRANT, role=Role.VISIT)}, "asked", ASKS),
        ({"hushed": True}, "asked", [Hush, *ASKS]),
    ],
)  # fmt: skip
def test_who_writes_decides_which_rule_applies(changed, reason, effects):
    """The precedence that the room's first lines promise."""
    decision = decide(message(), facts(**changed))

    assert decision.reason == reason
    assert [type(effect) for effect in decision.effects] == effects


@pytest.mark.parametrize(
    ("changed", "answered"),
    [({}, 1), ({"grant": GRANT}, 1), ({"courteous": True}, 0), ({"bot": True}, 0),
     ({"ours": True}, 0), ({"blocked": True}, 0)],
)  # fmt: skip
def test_a_public_message_is_asked_to_be_private_and_never_kept(changed, answered):
    """Whoever wrote it, and whatever stage they are in."""
    decision = decide(message(private=False), facts(**changed))

    assert len(of(Tell, decision)) == answered
    assert of(Keep, decision) == of(OpenThread, decision) == of(SaveKnock, decision) == []


def test_the_charter_that_was_shown_decides_what_agreeing_means():
    """A new charter changes nothing for who is answering the old one."""
    newer = replace(CHARTER, agreement="Yes, gladly")

    decision = decide(message(AGREED), facts(Stage.ASKED, charter=newer, shown=CHARTER))

    assert decision.reason == "held"


stages = st.sampled_from([None, *Stage])
flags = st.booleans()
texts = st.sampled_from(["", "Hello!", "I agree", AGREED, ENOUGH, "admit AAAAA"]) | st.text()
arrivals = st.one_of(
    st.builds(message, texts, private=flags),
    st.sampled_from(
        [
            Revision(**BASE, note="n", text="x"),
            Withdrawal(**BASE, note="n"),
            Departure(**BASE),
            Refresh(**BASE),
            Follow(**BASE, target=DESK),
            Unfollow(**BASE, target=DESK),
            *(Join(**BASE, target=DESK, role=role) for role in Role),
            TakeBack(**BASE, what=f"{BOB}/join/1"),
            InviteAnswer(**BASE, invite="i1", accepts=True),
            InviteAnswer(**BASE, invite="i1", accepts=False),
            Leave(**BASE, target=DESK),
            Shut(**BASE, target=DESK),
            Unshut(**BASE, target=DESK),
            Move(**BASE, target="https://elsewhere.example/bob"),
            Report(**BASE, about=(DESK,), text="They were rude."),
            Ignored(**BASE, why="unknown-type"),
        ]
    ),
)
grants = st.sampled_from(
    [None, GRANT, replace(GRANT, ends_at=NOW), replace(GRANT, role=Role.ADMIN)]
)


@st.composite
def any_facts(draw):
    stage = draw(stages)
    knock = stage and knocked(
        stage,
        role=draw(st.sampled_from(list(Role))),
        days=draw(st.integers(1, LONGEST_GRANT)),
        join=draw(st.sampled_from([None, f"{BOB}/join/1"])),
        invite="i1" if stage is Stage.INVITED else None,
    )
    return facts(
        charter=replace(
            CHARTER, role=draw(st.sampled_from(list(Role))), greet_followers=draw(flags)
        ),
        knock=knock,
        grant=draw(grants),
        thread=draw(st.sampled_from([None, THREAD])),
        latest_thread=draw(st.sampled_from([None, THREAD])),
        author=draw(st.sampled_from([None, BOB, DESK])),
        kept_for=draw(st.sampled_from([None, None, "anvil", "hammer"])),
        **{
            name: draw(flags)
            for name in ("blocked", "bot", "ours", "hushed", "courteous", "names_us")
        },
    )


@given(intent=arrivals, known=any_facts())
def test_no_arrival_ever_does_more_than_it_may(intent, known):
    """Over all facts: nothing raises, and these promises hold."""
    decision = decide(intent, known)

    tells, issued = of(Tell, decision), of(IssueGrant, decision)
    if known.blocked or not known.names_us:
        assert decision.effects == ()
    assert len(tells) <= 1
    if known.bot:
        assert tells == []
    for named in [*(tell.to for tell in tells), *(each.to for each in of(AnswerJoin, decision))]:
        assert named == BOB
    for each in issued:
        assert each.grant.target == BOB
        assert known.knock is not None
        assert known.knock.stage is Stage.INVITED
        assert (each.grant.role, each.grant.id) == (known.knock.role, "g9")
        assert 0 < each.grant.ends_at - NOW <= LONGEST_GRANT * DAY
    for saved in of(SaveKnock, decision):
        assert saved.knock.actor == BOB
        asked = known.knock.role if known.knock and known.knock.id == saved.knock.id else None
        assert saved.knock.role <= (asked or known.charter.role)
    if isinstance(intent, Join):
        assert all(saved.knock.role <= intent.role for saved in of(SaveKnock, decision))
    if decision.verdict is Verdict.REFUSE:
        assert decision.effects == ()


@given(known=any_facts(), stranger=st.sampled_from(["bob", "BOB", "village.example"]))
def test_notices_and_greetings_name_nobody(known, stranger):
    """What goes to others about somebody has no word of theirs in it."""
    decision = decide(message(f"I agree. {stranger} wrote this, in secret."), known)

    for notice in of(Notify, decision):
        assert stranger.casefold() not in (notice.what + notice.code).casefold()
        assert "secret" not in notice.what


OWNER = person("https://village.example/users/olga", {"anvil": frozenset({Office.OWNER})})
people = st.sampled_from(
    [OPERATOR, OWNER]
    + [person("https://v.example/p", {"anvil": frozenset({office})}) for office in Office]
    + [person("https://v.example/q", {"hammer": frozenset({Office.OWNER})})]
)
days = st.none() | st.integers(-5, 400)
roles = st.sampled_from([None, *Role])
acts = st.one_of(
    st.builds(Admit, knock=st.just("k1"), text=texts, role=roles, days=days),
    st.builds(Ask, knock=st.just("k1"), text=texts),
    st.builds(Decline, knock=st.just("k1"), clause=st.sampled_from([None, "kindness", "nope"])),
    st.builds(Say, thread=st.just("t1"), text=texts),
    st.just(Close(thread="t1")),
    st.just(Revoke(grant=GRANT.id)),
    st.builds(
        Invite,
        project=st.just("anvil"),
        who=st.just(BOB),
        role=st.sampled_from(list(Role)),
        days=st.integers(-5, 400),
    ),
    st.builds(Announce, project=st.just("anvil"), text=texts),
)


@given(act=acts, known=any_facts(), by=people)
def test_no_act_ever_does_more_than_it_may(act, known, by):
    """Over all facts and all offices: a refusal in words, or what these lines promise."""
    known = replace(known, thread=THREAD, by=by)
    with suppress(Refusal):
        require_bounds(decide_act(act, known), known, by)


def require_bounds(decision, known, by):
    if decision.verdict is Verdict.REFUSE:
        assert decision.effects == ()
        assert decision.sentence
    assert len(of(Tell, decision)) <= 1
    assert all(tell.to == BOB for tell in of(Tell, decision))
    for each in of(IssueGrant, decision):
        assert each.grant.role <= min(known.knock.role, by.highest_grant("anvil"))
        assert DAY <= each.grant.ends_at - NOW <= LONGEST_GRANT * DAY
    for each in of(SendInvite, decision):
        assert each.role <= by.highest_grant("anvil")
    for ended in of(EndGrant, decision):
        assert ended.grant.role <= by.highest_grant("anvil")
