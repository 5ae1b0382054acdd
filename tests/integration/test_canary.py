"""Everything is run with secrets in it, on real sockets and files; only the parties see them."""

import asyncio
import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import databases
import psycopg
import pytest
from canaries import ANVIL, Hall, draw, files_with, holds, open_hall
from canary_turns import audited, taken_along, with_consent, with_somebody
from everything import every_value
from story import draw_rsa

from forgefed_gate.cli.main import main
from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.protocol import keys
from forgefed_gate.services import views
from forgefed_gate.store.inventory import COLUMNS

EVERYBODY = (
    *("/", "/@anvil", "/actor", "/desks/anvil", "/projects/anvil", "/ns", "/metrics", "/console"),
    *("/desks/anvil/outbox", "/desks/anvil/followers", "/projects/anvil/collaborators"),
    *("/nodeinfo/2.1", "/.well-known/nodeinfo", "/static/nothing", "/signin/nothing"),
    *("/console/projects/anvil", "/console/jobs", "/console/blocks"),
    *("/audit/checkpoint", "/audit/witnessed/other.example", "/export/nothing"),
)
PERSONAL = {f"{each.table}.{each.name}" for each in COLUMNS if each.personal and not each.sealed}


@dataclass(frozen=True, kw_only=True)
class Planted:
    """
    Six secrets: in what each of three said, in a name that is shown, and in a handle.

    What is *public* was said in private too, and is published by its author's consent.
    """

    theirs: str
    ours: str
    shown: str
    handle: str
    beside: str = field(default_factory=draw)
    public: str = field(default_factory=draw)

    @property
    def words(self) -> tuple[str, ...]:
        """What is kept sealed, or not at all."""
        return (self.theirs, self.ours, self.shown, self.beside)


@pytest.fixture
async def hall(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_hall(engine, tmp_path) as opened:
        yield opened


async def whole_story(hall: Hall, planted: Planted) -> None:
    """Let a newcomer become a member, and everybody use every verb on the way."""
    bob = hall.village.settle(f"bob{planted.handle}")
    bob.shown = f"Bob {planted.shown}"
    fan, dora = hall.village.settle("fan"), hall.village.settle("dora")
    await hall.village.send(fan, f"{hall.desk}/inbox", follow(fan, hall.desk))
    await hall.write(dora, "Hello, this is dora.")
    await hall.write(bob, f"Hello! {planted.theirs}")
    await hall.write(bob, f"I agree. I have read the parser for two weeks. {planted.theirs}")
    knock = next(
        row["id"] for row in await hall.listed("knocks", "list", "anvil") if row["stage"] == "held"
    )
    await hall.ask("knocks", "show", knock, shows=True)
    await hall.ask("knocks", "ask", knock, f"Which one? {planted.ours}")
    await hall.come(bob, 3)
    await hall.write(bob, f"The other one. {planted.theirs}")
    await hall.ask("knocks", "admit", knock, f"Welcome. {planted.ours}")
    await hall.come(bob, 5)
    thread = next(
        row["id"] for row in await hall.listed("threads", "list", "anvil") if row["grant"]
    )
    await hall.ask("threads", "say", thread, f"Thank you. {planted.ours}")
    await hall.come(bob, 6)
    answer = await hall.village.write(bob, hall.desk, f"Here is more. {planted.theirs}")
    assert answer.status == 202
    await hall.ask("announce", "anvil", "Version 2 is out.")
    shown = await hall.ask("threads", "show", thread, shows=True)
    assert planted.ours in shown
    assert planted.theirs in shown
    await with_somebody(hall, bob, thread, theirs=planted.theirs, beside=planted.beside)
    await taken_along(hall, bob, thread, theirs=planted.theirs)
    await with_consent(hall, bob, thread, public=planted.public)
    await audited(hall)
    await beside_it(hall)
    await tampered(hall, thread)


def follow(who, whom):
    return {"id": f"{who.id}/follow", "type": "Follow", "object": whom}


async def beside_it(hall: Hall) -> None:
    """Use whatever else there is that speaks; all of it is for the operator, none of it shows."""
    for words in (
        ("project", "list"),
        ("maintainer", "list", "anvil"),
        ("charter", "show", "anvil"),
        ("blocks",),
        ("jobs", "list"),
        ("privacy", "inventory"),
        ("block", "spam.example"),
        ("unblock", "spam.example"),
        ("migrate",),
    ):
        await hall.ask(*words, "--json")
        await hall.ask(*words, well=words[0] != "unblock")
    await hall.ask("doctor", "--json")
    await hall.ask("knocks", "show", "nothing", well=False)
    for path in EVERYBODY:
        await hall.get(path)


async def tampered(hall: Hall, thread: str) -> None:
    """Damage one row: whoever may read the conversation is told so, and nothing breaks."""
    first = f"SELECT id FROM messages WHERE thread = '{thread}' AND position = 0"
    await change(
        hall, f"UPDATE revisions SET words = evidence, evidence = words WHERE message = ({first})"
    )
    shown = await hall.ask("threads", "show", thread, shows=True)
    assert views.UNREADABLE in shown


async def change(hall: Hall, sql: str) -> None:
    """Change the database behind the gate's back."""
    if hall.settings.on_postgresql:
        with psycopg.connect(hall.where) as connection:
            connection.execute(sql)
    else:
        with closing(sqlite3.connect(hall.where, timeout=30)) as connection, connection:
            connection.execute(sql)


async def everything_goes_wrong(hall: Hall, planted: Planted) -> None:
    """Bring the same words in every wrong way that we know, and keep the answers."""
    bob = hall.village.people[f"bob{planted.handle}"]
    inbox, words = f"{hall.desk}/inbox", planted.theirs
    for wrong in (
        {"type": "Create", "id": words, "object": {"type": "Note", "content": words}},
        {"type": "Flag", "id": f"{bob.id}/flag", "object": [hall.desk], "content": words},
        {"type": "Follow", "id": f"{bob.id}/odd", "object": words},
        {"type": words, "id": f"{bob.id}/type", "object": words},
        {"type": "Like", "id": f"{bob.id}/large", "object": hall.desk, "content": words * 9_000},
        {"type": "Create", "id": f"https://elsewhere.example/{words}", "object": words},
    ):
        with suppress(Unreachable):  # one is too large to be read to its end
            hall.answers.append((await hall.village.send(bob, inbox, wrong)).body)
    for body in (words.encode(), f'{{"{words}": '.encode(), b"\xff" + words.encode()):
        headers = {"Content-Type": "application/activity+json", "Date": "never"}
        answer = await hall.client.post(inbox, headers, body)
        hall.answers.append(answer.body)
        assert answer.status >= 400
    for path in (f"/threads/{words}", f"/console/threads/{words}", f"/desks/{words}/inbox"):
        await hall.get(path)


async def crashes(hall: Hall, planted: Planted, gate) -> None:
    """Kill it while it works, start it again, and let it die by its own hand in the middle."""
    bob = hall.village.people[f"bob{planted.handle}"]
    gate.kill()
    assert await gate.status == -9
    gate = await hall.nursery.bear(hall.config, crash_at="decided")

    async def dead() -> bool:
        with suppress(Unreachable):  # it may have died of what it had begun already
            await hall.village.write(bob, hall.desk, f"Before the crash. {planted.theirs}")
        return gate.status.done()

    await hall.until(dead)
    assert await gate.status == -9


async def test_secrets_are_found_with_the_parties_and_nowhere_else(hall, engine, tmp_path):
    """Not on the disk, in a log, an answer, a backup, or any byte that went to anybody else."""
    planted = Planted(theirs=draw(), ours=draw(), shown=draw(), handle=draw()[:20])
    gate = await hall.start()
    await whole_story(hall, planted)
    await everything_goes_wrong(hall, planted)
    await crashes(hall, planted, gate)
    await hall.start()
    bob = hall.village.people[f"bob{planted.handle}"]
    await hall.write(bob, "status")
    await copies(hall, engine, tmp_path)

    for secret in planted.words:
        assert files_with(tmp_path, secret) == set()
        assert {
            place for place, value in await values(hall, engine) if holds(value, secret)
        } == set()
        assert not [each for each in hall.answers if holds(each, secret)]
        assert not holds("\n".join(hall.said).encode(), secret)
    assert not holds(hall.log.encode(), planted.handle)
    assert "delivery refused" in hall.log
    reached_its_readers_only(hall, bob, planted)
    in_clear = {p for p, value in await values(hall, engine) if holds(value, planted.public)}
    assert in_clear == {"excerpts.words"}
    kept = {place for place, value in await values(hall, engine) if holds(value, planted.handle)}
    assert {"people.actor", "threads.contributor"} <= kept <= PERSONAL
    assert not [
        page
        for page in [await hall.get(path) for path in EVERYBODY]
        if holds(page, planted.handle)
    ]
    await the_search_finds_what_is_there(hall, engine, tmp_path)


def reached_its_readers_only(hall, bob, planted):
    """Hold what was brought elsewhere against who was to read it."""
    inbox = f"/users/{bob.name}/inbox"
    assert hall.recorder.reached(planted.theirs) == {"/users/ann/inbox"}
    assert hall.recorder.reached(planted.beside) == {inbox}
    assert hall.recorder.reached(planted.shown) == set()
    assert hall.recorder.reached(planted.ours) == {inbox}
    assert {
        path for path in hall.recorder.reached(planted.handle) if bob.name not in path
    } == set()
    assert {"/users/carol/inbox", "/users/fan/inbox", "/users/dora/inbox"} <= {
        path for path, _ in hall.recorder.brought
    }
    assert hall.recorder.reached(planted.public) == {
        *(inbox, "/users/ann/inbox", "/users/fan/inbox")
    }


async def copies(hall: Hall, engine: str, folder: Path) -> None:
    """Make a backup, and a gate from it that has no key file."""
    if engine == "postgresql":
        await hall.ask("backup", str(folder / "backup.tar"), well=False)
        return
    await hall.ask("backup", str(folder / "backup.tar"))
    there = folder / "restored" / "gate.toml"
    status = await asyncio.to_thread(
        main, ["--config", str(there), "restore", str(folder / "backup.tar")]
    )
    assert status == 0
    doctor = await asyncio.to_thread(main, ["--config", str(there), "doctor"])
    assert doctor == 1


async def values(hall: Hall, engine: str) -> list[tuple[str, bytes]]:
    async with databases.opened(engine, hall.where) as database:
        return await every_value(database)


async def the_search_finds_what_is_there(hall: Hall, engine: str, folder: Path) -> None:
    """Leave one secret lying about, and look again: in tables, files, the log and a backup."""
    left = draw()
    await change(hall, f"UPDATE projects SET name = '{left}'")

    assert {place for place, value in await values(hall, engine) if holds(value, left)} == {
        "projects.name"
    }
    if engine == "sqlite":
        await hall.ask("backup", str(folder / "leaking.tar"))
        found = files_with(folder, left)
        assert "leaking.tar" in found
        assert found & {"gate.db", "gate.db-wal"}
    assert holds(left.upper().encode("utf-16-le"), left)
    assert holds(b"<" + re.sub(b"^", b"x", left.encode()) + b">", left)


async def test_a_name_is_nowhere_in_the_files_after_it_was_forgotten(hall, engine, tmp_path):
    """Deleted rows are overwritten, and the log is emptied: nobody is found in what is left."""
    planted = Planted(theirs=draw(), ours=draw(), shown=draw(), handle=draw()[:20])
    await hall.start()
    bob = hall.village.settle(f"bob{planted.handle}")
    await hall.write(bob, f"Hello! {planted.theirs}")
    await hall.write(bob, f"I agree. I have read the parser for two weeks. {planted.theirs}")
    if engine == "sqlite":
        assert files_with(tmp_path, planted.handle) & {"gate.db", "gate.db-wal"}

    await hall.write(bob, "forget me")
    (code,) = re.findall(r"“forget me (\w+)”", bob.notes()[-1]["content"])
    await hall.write(bob, f"forget me {code}")

    assert "You are forgotten" in bob.notes()[-1]["content"]

    async def gone() -> bool:
        kept = [place for place, value in await values(hall, engine) if holds(value, bob.name)]
        return not kept and not files_with(tmp_path, planted.handle)

    await hall.until(gone)
    assert str(ANVIL) in str(await hall.listed("project", "list"))
