"""Which of our words anybody can check."""

import pytest
from cases import GRANT, NOW, THREAD, facts, message

from forgefed_gate.domain import signing
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Admit, Ask, Close, Decline, Invite, Leave, Revoke, Say
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.verdict import decide, decide_act

HELD = facts(Stage.HELD, thread=THREAD)
MEMBER = facts(Stage.ADMITTED, thread=THREAD, grant=GRANT)


@pytest.mark.parametrize(
    ("act", "known", "decided"),
    [
        (Admit(knock="k1"), HELD, "admitted"),
        (Ask(knock="k1", text="Why?"), HELD, "asked-back"),
        (Decline(knock="k1"), HELD, "declined"),
        (Decline(knock="k1"), facts(Stage.INVITED, thread=THREAD), "invite-withdrawn"),
        (Close(thread="t1"), MEMBER, "closed"),
        (Revoke(grant=GRANT.id), MEMBER, "revoked"),
        (Invite(project="anvil", who="x", role=Role.REPORT, days=9), facts(), "invited"),
        (Say(thread="t1", text="Hello"), MEMBER, ""),
    ],
)
def test_what_people_of_the_project_decide_has_a_name_and_talk_has_none(act, known, decided):
    """Whom a decision concerns can show it; nobody is held to what they merely said."""
    assert signing.named(decide_act(act, known)) == decided


@pytest.mark.parametrize(
    ("arrived", "known", "decided"),
    [
        (message("I agree"), facts(Stage.INVITED, thread=THREAD), "invite-accepted"),
        (Leave(activity="l", actor=GRANT.target, target="p"), MEMBER, "left"),
        (message("Hello"), facts(), ""),
        (message("I agree, and have read it all."), facts(Stage.ASKED, thread=THREAD), ""),
        (message("Hello again"), MEMBER, ""),
    ],
)
def test_what_the_gate_decides_by_itself_has_a_name_and_a_receipt_has_none(
    arrived, known, decided
):
    """A role begins and ends in writing, whoever ends it."""
    assert signing.named(decide(arrived, known)) == decided


@pytest.mark.parametrize(
    ("since", "thread", "signs"),
    [
        (None, THREAD, False),
        (NOW - 2 * DAY, THREAD, True),
        (THREAD.opened_at, THREAD, False),
        (NOW, THREAD, False),
        (NOW - 2 * DAY, None, False),
    ],
)
def test_talk_is_signed_where_that_was_said_first(since, thread, signs):
    """In conversations that began after the project chose so, and in no others."""
    assert signing.signs(since, thread) is signs
