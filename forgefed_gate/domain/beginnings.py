"""What a conversation and a knock begin with, and the first answer that somebody gets."""

from dataclasses import replace

from forgefed_gate.domain import renewal, signing
from forgefed_gate.domain.effects import Effect, SaveKnock
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActivityId
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.words import renewals, talk, trust


def new_thread(facts: Facts) -> Thread:
    """Begin a conversation with the person in question."""
    return Thread(
        id=facts.fresh.thread,
        code=facts.fresh.code,
        project=facts.project.slug,
        contributor=facts.actor,
        closed=False,
        latest_theirs=None,
        opened_at=facts.now,
        changed_at=facts.now,
    )


def new_knock(
    facts: Facts,
    thread: Thread,
    *,
    stage: Stage,
    role: Role | None = None,
    join: ActivityId | None = None,
) -> Knock:
    """Begin a knock of the person in question, under the charter in force."""
    return Knock(
        id=facts.fresh.knock,
        project=facts.project.slug,
        actor=facts.actor,
        thread=thread.id,
        stage=stage,
        charter=facts.charter.hash,
        role=role or facts.charter.role,
        days=facts.charter.grant_days,
        join=join,
        invite=None,
        opened_at=facts.now,
        changed_at=facts.now,
    )


def trusted(facts: Facts, thread: Thread) -> Knock:
    """Begin what ends when they agree: nobody has to decide, since a team stands for them."""
    standing = facts.standing
    role = standing.role if standing else None
    assert role is not None, "a link lets in along a chain that holds"
    knock = new_knock(facts, thread, stage=Stage.INVITED, role=role)
    return replace(knock, via=facts.via)


def in_place_of_the_old(facts: Facts) -> list[Effect]:
    """Withdraw what is still open when something new takes its place: one answer counts once."""
    if facts.knock is None or not facts.knock.stage.open:
        return []
    return [SaveKnock(knock=moved(facts.knock, Stage.WITHDRAWN, facts))]


def first_answer_to_trusted(facts: Facts, thread: Thread) -> str:
    """Greet somebody for whom a team stands: there is nothing to ask but whether they agree."""
    project = facts.project
    signs = signing.signs(project.signs_notes_since, thread)
    return trust.first_answer(project.name, facts.charter, project.page, signs=signs)


def first_answer(facts: Facts, thread: Thread) -> str:
    """Greet a stranger, or somebody who was a member before; the questions are the same."""
    back = facts.knock is not None and facts.knock.stage is Stage.ADMITTED
    hello = talk.welcome_back if back else talk.hello
    if renewal.comes_back(facts.renewable, now=facts.now):
        hello = renewals.welcome_back
    project = facts.project
    signs = signing.signs(project.signs_notes_since, thread)
    greeted = hello(project.name)
    return talk.first_answer(greeted, project.name, facts.charter, project.page, signs=signs)


def moved(knock: Knock, stage: Stage, facts: Facts) -> Knock:
    """Let a knock go on to another stage."""
    return replace(knock, stage=stage, changed_at=facts.now)
