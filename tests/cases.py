"""Facts and intents for tests of the rules: whole ones, to be changed in one point."""

from forgefed_gate.domain.charter import default_charter
from forgefed_gate.domain.effects import Tell
from forgefed_gate.domain.facts import Facts, Fresh, Project
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Message
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.screening import Knock
from forgefed_gate.domain.threads import Thread

NOW = 1_795_348_800_000
BOB = "https://village.example/users/bob"
DESK = "https://gate.example/desks/anvil"
BASE = {"activity": f"{BOB}/x/1", "actor": BOB}
CHARTER = default_charter("Anvil")
AGREED = "I agree, and I would like to fix the parser."
ENOUGH = "I would like to fix the parser, and have read it."
THREAD = Thread(
    id="t1",
    code="AAAAA",
    project="anvil",
    contributor=BOB,
    closed=False,
    latest_theirs=f"{BOB}/notes/0",
    opened_at=NOW - DAY,
    changed_at=NOW - DAY,
)
GRANT = Grant(
    id="https://gate.example/projects/anvil/grants/g1",
    project="anvil",
    target=BOB,
    role=Role.REPORT,
    charter=CHARTER.hash,
    starts_at=NOW - DAY,
    ends_at=NOW + DAY,
)


def knocked(stage, **overrides):
    fields = {
        "id": "k1",
        "project": "anvil",
        "actor": BOB,
        "thread": "t1",
        "stage": stage,
        "charter": CHARTER.hash,
        "role": Role.REPORT,
        "days": 180,
        "join": None,
        "invite": None,
        "opened_at": NOW - DAY,
        "changed_at": NOW - DAY,
    }
    return Knock(**(fields | overrides))


def facts(stage=None, **overrides):
    fields = {
        "now": NOW,
        "project": Project(
            slug="anvil",
            name="Anvil",
            handle="@anvil@gate.example",
            page="https://gate.example/@a",
            actor="https://gate.example/projects/anvil",
        ),
        "charter": CHARTER,
        "fresh": Fresh(thread="t9", code="ZZZZZ", knock="k9", grant="g9", invite="i9"),
        "actor": BOB,
        "knock": knocked(stage) if stage else None,
        "latest_thread": THREAD if stage else None,
    }
    return Facts(**(fields | overrides))


def message(text="Hello!", **overrides):
    fields = {
        "activity": f"{BOB}/notes/1/activity",
        "actor": BOB,
        "note": f"{BOB}/notes/1",
        "text": text,
        "private": True,
    }
    return Message(**(fields | overrides))


def of(kind, decision):
    return [effect for effect in decision.effects if isinstance(effect, kind)]


def told(decision):
    [tell] = of(Tell, decision)
    return tell.text
