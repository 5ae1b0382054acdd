"""What a gate has promised, held against what it keeps and what it has said."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from crowd import Resident
from towns import ANVIL, Town

from forgefed_gate.app import open_gate
from forgefed_gate.domain.ids import ActivityId
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.threads import Speaker
from forgefed_gate.net.fetch import Closed
from forgefed_gate.services import views
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.views import ThreadView
from forgefed_gate.store import inbox

WAITING = "SELECT name FROM jobs WHERE state <> 'dead' LIMIT 1"
GLANCE = 0.03
PATIENCE = 150.0
"""Seconds until a queue must be empty: longer than the longest lease."""


async def complaints(town: Town) -> list[str]:
    """Wait until the gate has nothing more to do, and say what is wrong with what it did."""
    async with open_gate(town.settings, outbound=Closed()) as gate:
        await _idle(gate)
        threads = [
            await views.thread(gate, view.thread.id, by=OPERATOR)
            for view in await views.thread_list(gate, ANVIL, by=OPERATOR)
        ]
        return [
            *await _deliveries(gate, town),
            *await _damage(gate),
            *_conversations(town, threads),
            *await _knocks(gate, town),
            *await _followers(gate, town),
            *_answers(town, threads),
            *_notices(town, threads),
            *_repetitions(town),
        ]


async def _rows(gate: Gate, sql: str, **values: Any) -> list[dict[str, Any]]:
    async with gate.database.snapshot() as tx:
        return [dict(row) for row in await tx.rows(sql, **values)]


async def _idle(gate: Gate) -> None:
    async with asyncio.timeout(PATIENCE):
        while await _rows(gate, WAITING):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(GLANCE)


def _differ(what: str, is_: Any, should: Any) -> Iterator[str]:
    if is_ != should:
        yield f"{what}: {is_!r}, and not {should!r}"


def _said(town: Town) -> Iterator[tuple[Resident, str, dict[str, Any]]]:
    for resident in town.came:
        yield from ((resident, to, activity) for to, activity in resident.says)


async def _deliveries(gate: Gate, town: Town) -> list[str]:
    """Each activity was taken, settled, decided on once, and its request forgotten."""
    rows = await _rows(gate, "SELECT id, settled_at, request FROM inbox")
    settled = {row["id"] for row in rows if row["settled_at"] and row["request"] is None}
    record = await _rows(gate, "SELECT principal, subject, verdict FROM record")
    decided = Counter((row["principal"], row["subject"]) for row in record)
    said = [*_said(town)]
    names = {
        inbox.name(resident.who.id, ActivityId(activity["id"]), to)
        for resident, to, activity in said
    }
    once = {(resident.who.id, activity["id"]): 1 for resident, _, activity in said}
    ours = {key: number for key, number in decided.items() if key[0].startswith(_base(town))}
    verdicts = {row["verdict"] for row in record if row["principal"].startswith(_base(town))}
    dead = await _rows(gate, "SELECT name, last_error FROM jobs")
    return [
        *_differ("deliveries", len(rows), len(names)),
        *_differ("not settled", names - settled, set()),
        *_differ("decisions", Counter(ours) - Counter(once), Counter()),
        *_differ("undecided", Counter(once) - Counter(ours), Counter()),
        *_differ("refused", "refuse" in verdicts, False),
        *_differ("dead letters", dead, []),
    ]


def _base(town: Town) -> str:
    return town.crowd.village.base_url


async def _damage(gate: Gate) -> list[str]:
    """The file itself is whole."""
    if gate.database.engine == "postgresql":
        return []
    found = await _rows(gate, "SELECT integrity_check AS found FROM pragma_integrity_check")
    stray = await _rows(gate, "SELECT * FROM pragma_foreign_key_check")
    return [
        *_differ("integrity", [row["found"] for row in found], ["ok"]),
        *_differ("strays", stray, []),
    ]


def _conversations(town: Town, threads: list[ThreadView]) -> list[str]:
    """Every message stands once, in its author's one conversation, with its final words."""
    opened = Counter(view.thread.contributor for view in threads)
    due = Counter({each.who.id: each.threads for each in town.came if each.threads})
    kept = [
        (message.id, message.words)
        for view in threads
        for message in view.messages
        if message.speaker is Speaker.CONTRIBUTOR
    ]
    words = [item for resident in town.came for item in resident.words.items()]
    return [
        *_differ("conversations", opened, due),
        *_differ("kept twice or for nobody", Counter(kept) - Counter(words), Counter()),
        *_differ("lost", Counter(words) - Counter(kept), Counter()),
    ]


async def _knocks(gate: Gate, town: Town) -> list[str]:
    listed = await views.knock_list(gate, ANVIL, by=OPERATOR)
    stand = Counter((view.knock.actor, view.knock.stage) for view in listed)
    due = Counter((each.who.id, each.stage) for each in town.came if each.stage)
    return [*_differ("knocks", stand, due)]


async def _followers(gate: Gate, town: Town) -> list[str]:
    rows = await _rows(gate, "SELECT actor FROM followers")
    due = sorted(each.who.id for each in town.came if each.follows)
    return [*_differ("followers", sorted(row["actor"] for row in rows), due)]


def _answers(town: Town, threads: list[ThreadView]) -> list[str]:
    """Everybody got one answer to each thing, and what stands as said to them was said."""
    wrong: list[str] = []
    spoken = {
        (view.thread.contributor, message.id)
        for view in threads
        for message in view.messages
        if message.speaker is Speaker.GATE
    }
    told = set[tuple[str, str]]()
    for resident in town.came:
        came = _distinct(resident.who.came)
        answers = sorted(map(_answer, came), key=repr)
        wrong += _differ(
            f"answers to {resident.who.id}", answers, sorted(resident.answers, key=repr)
        )
        told |= {(resident.who.id, each["object"]["id"]) for each in came if _is_note(each)}
    return [*wrong, *_differ("said here and not there", spoken ^ told, set())]


def _distinct(came: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count the same activity once, and one that says something else as another."""
    return [
        json.loads(each) for each in sorted({json.dumps(each, sort_keys=True) for each in came})
    ]


def _is_note(activity: dict[str, Any]) -> bool:
    return activity["type"] == "Create"


def _answer(activity: dict[str, Any]) -> tuple[str, str | None]:
    about = activity["object"]
    to = about.get("inReplyTo") if _is_note(activity) else about["id"]
    return activity["type"], to


def _notices(town: Town, threads: list[ThreadView]) -> list[str]:
    """The people of the project are told once of each conversation that waits for them."""
    notices = [each["object"]["content"] for each in _distinct(town.carol.came)]
    found = Counter(
        view.thread.contributor
        for view in threads
        for notice in notices
        if view.thread.id in notice
    )
    due = Counter({each.who.id: each.noticed for each in town.came if each.noticed})
    return [*_differ("notices", found, due), *_differ("all notices", len(notices), due.total())]


def _repetitions(town: Town) -> list[str]:
    """What came more than once was under way when the gate died, as often as that."""
    came = Counter(
        f"deliver {activity['id']} {who.id}"
        for who in town.crowd.village.people.values()
        for activity in who.came
    )
    return [
        f"{name} came {number} times, and was under way at {town.under_way[name]} crashes"
        for name, number in came.items()
        if number > 1 + town.under_way[name]
    ]
