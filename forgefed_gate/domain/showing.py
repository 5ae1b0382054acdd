"""The rules for whoever shows a Grant: to come in by it, or to say who else may."""

from dataclasses import replace

from forgefed_gate.domain import arrivals
from forgefed_gate.domain.beginnings import (
    first_answer_to_trusted,
    in_place_of_the_old,
    new_thread,
    trusted,
)
from forgefed_gate.domain.capabilities import Flaw
from forgefed_gate.domain.effects import (
    Decision,
    Do,
    OpenThread,
    SaveKnock,
    Tell,
    admit,
    hold,
    refuse,
)
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.domain.intents import Join
from forgefed_gate.domain.mandates import LIKE, Mandate
from forgefed_gate.domain.roles import Principal
from forgefed_gate.domain.screening import Stage


def on_join(join: Join, facts: Facts) -> Decision:
    """
    Judge a Join, by the Grant that it names if it names one: one that does not hold opens nothing.

    Whoever comes by a link is asked only whether they agree. Whom it does not let in
    today, because our people said no or so many came, knocks as everybody does.
    """
    if join.capability is None:
        return arrivals.on_join(join, facts)
    standing = facts.standing
    if standing is None or not standing.granted:
        flaw = (standing.flaw if standing else None) or Flaw.NONE_NAMED
        return refuse(flaw.value)
    if facts.member or facts.ours or facts.bot or facts.via is None:
        return arrivals.on_join(join, facts)
    if facts.knock is not None and facts.knock.stage is Stage.INVITED and facts.knock.via:
        same = replace(facts.knock, join=join.activity, changed_at=facts.now)
        return hold("already-knocking", SaveKnock(knock=same))
    thread = facts.latest_thread or new_thread(facts)
    opened = [] if facts.latest_thread else [OpenThread(thread=thread)]
    knock = replace(trusted(facts, thread), join=join.activity)
    text = first_answer_to_trusted(facts, thread)
    said = Tell(to=facts.actor, text=text, thread=thread.id, in_reply_to=thread.latest_theirs)
    return hold("vouched-for", *opened, *in_place_of_the_old(facts), SaveKnock(knock=knock), said)


def on_mandate(mandate: Mandate, who: ActorId, house: Slug) -> Decision:
    """
    Judge an act that names its capability: there is no authority but that of the Grant.

    It has to be one that we gave ourselves. What passes through a team lets people work
    here and not decide who else may: what they gave would outlive the link.
    """
    judged = mandate.judgement
    if judged is None:
        return refuse("no-capability")
    if judged.flaw is not None:
        return refuse(judged.flaw.value)
    if len(judged.chain) > 1:
        return refuse("grant-not-direct")
    if not mandate.acts:
        return refuse("nothing-there")
    offices = {house: mandate.offices | {LIKE}}
    by = Principal(name=who, offices=offices, by_role=judged.role)
    return admit("by-capability", Do(acts=mandate.acts, by=by))
