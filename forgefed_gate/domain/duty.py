"""Who looks after a conversation: anybody who may, or one person until they hand it on."""

from forgefed_gate.domain.effects import Assign, Decision, admit, refuse
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.intents import HandOver
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.domain.threads import Thread


def on_hand_over(act: HandOver, facts: Facts) -> Decision:
    """
    Hand a conversation to somebody who may read it, or to everybody.

    Nobody is asked why, and the contributor is not told.
    """
    needed = _needed(facts)
    facts.by.must(needed, facts.project.slug)
    if act.to is not None and not _may(facts.heir, needed, facts):
        return refuse(
            "not-theirs",
            "They could not read this conversation here. Choose somebody who can, or everybody.",
        )
    return admit("handed-over", Assign(thread=_thread(facts).id, to=act.to))


def _needed(facts: Facts) -> Act:
    """Name what lets somebody read it: screening while a knock is open in it, then talking."""
    knock = facts.knock
    screened = knock is not None and knock.stage.open and knock.thread == _thread(facts).id
    return Act.SEE_KNOCKS if screened else Act.TALK


def _thread(facts: Facts) -> Thread:
    assert facts.thread is not None, "a conversation is handed over with it"
    return facts.thread


def _may(heir: Principal | None, needed: Act, facts: Facts) -> bool:
    return heir is not None and heir.may(needed, facts.project.slug)
