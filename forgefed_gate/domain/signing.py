"""Which of our words anybody can check: decisions always, talk where the project chose so."""

from forgefed_gate.domain.effects import (
    AnswerJoin,
    CloseThread,
    Decision,
    Effect,
    EndGrant,
    IssueGrant,
    SaveKnock,
    SendInvite,
)
from forgefed_gate.domain.ids import Millis
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.threads import Thread

OF_A_KNOCK = {Stage.RETURNED, Stage.ADMITTED, Stage.DECLINED}
"""What people of the project make of a knock; all else is a turn of whoever knocks."""


def named(decision: Decision) -> str:
    """Name what was decided about somebody; what is only said decides nothing and has no name."""
    return decision.reason if any(map(_decides, decision.effects)) else ""


def signs(since: Millis | None, thread: Thread | None) -> bool:
    """
    Say whether a project signs what it says in *thread*.

    What holds is what held when the conversation began: nobody who was told that our words
    can be denied finds them signed later. Outside of any conversation nothing was told.
    """
    return since is not None and thread is not None and thread.opened_at > since


def _decides(effect: Effect) -> bool:
    match effect:
        case IssueGrant() | EndGrant() | AnswerJoin() | SendInvite() | CloseThread():
            return True
        case SaveKnock(knock=knock):
            return knock.stage in OF_A_KNOCK
        case _:
            return False
