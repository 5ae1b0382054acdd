"""Changing the key file: while the gate is at work, and whatever moment it is interrupted at."""

import asyncio
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from exported import fault
from homes import moved_into
from pieces import code_for, propose
from story import ANVIL, HELLO

from forgefed_gate.app import open_gate
from forgefed_gate.cli.main import main
from forgefed_gate.config import read_settings
from forgefed_gate.domain.errors import Conflict, NotFound, TryLater
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.places import THE_GATE, Kind
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import (
    blocking,
    doctor,
    erasure,
    exporting,
    local,
    projects,
    rotation,
    safety,
    views,
)
from forgefed_gate.services import pieces as pieces_service
from forgefed_gate.services.doctor import Health
from forgefed_gate.store import personas
from forgefed_gate.store.keyfile import following, read_key_file
from forgefed_gate.store.seal import Vault

OURS = "Our answer about the bellows."


class Dying:
    """A database that lets so many transactions begin, and then the process dies."""

    def __init__(self, database, *, after):
        self._database = database
        self.left = after

    def __getattr__(self, name):
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(self):
        self.left -= 1
        if self.left < 0:
            raise TryLater("dead", "This process died here.")
        async with self._database.transaction() as tx:
            yield tx


@asynccontextmanager
async def restarted(story, *, database=None):
    """Open the gate as a new process finds it: the key files on disk, and nothing in memory."""
    old = story.house.gate
    async with open_gate(
        old.settings,
        outbound=story.house.wire,
        clock=story.house.clock,
        database=database or old.database,
    ) as gate:
        yield gate


async def lived(story):
    """Let there be words of both sides, somebody forgotten, and sealed secrets of our own."""
    await story.admit()
    [view] = await story.threads()
    await story.act(Say(thread=view.thread.id, text=OURS))
    eve = story.village.settle("eve")
    await story.write(HELLO, by=eve)
    await erasure.erase_now(story.house.gate, eve.id, by=OPERATOR)
    await story.house.work()


async def whole(gate):
    """Say whether *gate* reads every word there is and can sign as each of its actors."""
    listed = await views.thread_list(gate, ANVIL, by=OPERATOR)
    read = [await views.thread(gate, each.thread.id, by=OPERATOR) for each in listed]
    alive = [view for view in read if not view.thread.contributor.startswith("forgotten:")]
    words = [message.words for view in alive for message in view.messages]
    async with gate.database.snapshot() as tx:
        actors = [row.local for row in await personas.listing(tx)]
    for actor in actors:
        gate.memory.own.pop(actor, None)
        await local.own(gate, actor)
    return OURS in words and not {None, views.UNREADABLE} & set(words) and len(actors) == 5


async def wrapped_by(database):
    async with database.snapshot() as tx:
        rows = await tx.rows("SELECT DISTINCT kek_id FROM data_keys WHERE destroyed_at IS NULL")
        files = await tx.rows("SELECT id FROM key_files")
    return {row["kek_id"] for row in rows}, {row["id"] for row in files}


async def test_the_key_changes_while_the_gate_is_at_work(story):
    """It reads and writes on as if nothing had happened; the old key opens nothing any more."""
    await lived(story)
    path = story.house.gate.settings.key_file
    old = read_key_file(path)

    async with restarted(story) as other:
        rotated = await rotation.rotate(other)

    assert rotated.data_keys > 2
    assert rotated.own == 6
    assert await whole(story.house.gate)
    await story.write("Something new after the change.")
    assert "Something new after the change." in await story.said()
    async with restarted(story) as gate:
        assert await whole(gate)
    assert read_key_file(path) != old
    assert not following(path).exists()
    keks, files = await wrapped_by(story.house.gate.database)
    assert keks == files
    assert len(files) == 1
    async with story.house.gate.database.snapshot() as tx:
        (row, *_) = await tx.rows("SELECT * FROM revisions WHERE number = 1")
        me = await personas.find(tx, THE_GATE)
        place = f"revisions|{row['message']}|1|words"
        with pytest.raises(NotFound):
            await Vault(old).open_sealed(tx, row["words"], place=place)
    with pytest.raises(NotFound):
        Vault(old).open_own(me.rsa_private, place="personas|gate|rsa")


async def test_a_change_that_dies_at_any_step_loses_nothing_and_is_finished_later(
    story, monkeypatch
):
    """One row a transaction: before each of them everything can be read, and afterwards too."""
    monkeypatch.setattr(rotation, "AT_ONCE", 2)
    await lived(story)
    gate = story.house.gate
    before, steps, done = read_key_file(gate.settings.key_file), 0, False

    while not done:
        dying = Dying(gate.database, after=steps)
        async with restarted(story) as again:
            try:
                await rotation.rotate(replace(again, database=dying))
                done = True
            except TryLater:
                assert following(gate.settings.key_file).exists()
        async with restarted(story) as fresh:
            assert await whole(fresh)
        assert await whole(gate)
        steps += 1 if steps < 3 else 2

    assert steps > 3
    assert read_key_file(gate.settings.key_file) != before
    assert not following(gate.settings.key_file).exists()
    assert len((await wrapped_by(gate.database))[1]) == 1


async def test_both_keys_are_needed_until_the_change_is_finished(story):
    """The old file is not thrown away while a row needs it, and `doctor` says what to do."""
    await lived(story)
    gate = story.house.gate
    async with restarted(story) as again:
        with pytest.raises(TryLater):
            await rotation.rotate(replace(again, database=Dying(gate.database, after=1)))

    [found] = [
        each
        for each in doctor.examine_files(gate.settings, gate.settings.key_file.parent)
        if each.check == "key file"
    ]

    assert found.health is Health.LOOK
    assert "privacy rotate-key" in found.sentence
    assert len((await wrapped_by(gate.database))[1]) == 2


async def test_what_came_with_other_tables_opens_after_a_change_too(story):
    """Evidence, a piece, an export, and the hashes of the audit log: each by its own key."""
    gate = story.house.gate
    await lived(story)
    made = await propose(story)
    await story.write(f"consent {code_for(story.bob)} as Robin")
    waits = await propose(story, title="Another one")
    thread = made.piece.thread
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    [kept] = await safety.listing(gate, ANVIL, by=OPERATOR)
    before = await commits_of(gate, story.bob.id)

    async with restarted(story) as other:
        await rotation.rotate(other)

    async with restarted(story) as fresh:
        assert await commits_of(fresh, story.bob.id) == before
        found = await safety.show(fresh, kept.id, by=OPERATOR)
        assert HELLO in {said["words"] for said in found.said}
        exported = await exporting.export(fresh, thread, by=OPERATOR)
        async with fresh.database.snapshot() as tx:
            asked = await pieces_service.find(fresh, tx, waits.piece.id)
    assert fault(exported.data) is None
    assert HELLO.encode() in exported.data
    assert asked.piece.title == "Another one"
    assert asked.piece.excerpts == waits.piece.excerpts


async def commits_of(gate, owner):
    """Give what hides somebody's name in the audit log."""
    async with gate.database.transaction() as tx:
        return (await gate.vault.key_for(tx, owner=owner, thread="", now=gate.clock())).commits


async def test_who_writes_during_a_change_is_read_after_it(story):
    """New words are sealed by the new key at once, by a process that began with the old one."""
    await lived(story)
    gate = story.house.gate
    async with restarted(story) as again:
        with pytest.raises(TryLater):
            await rotation.rotate(replace(again, database=Dying(gate.database, after=1)))
        newcomer = story.village.settle("newcomer")
        await story.write("Written in between.", by=newcomer)
        await rotation.rotate(again)

    async with restarted(story) as fresh:
        assert await whole(fresh)
    assert "Written in between." in await story.said()


async def test_what_a_backup_still_held_is_out_of_reach_when_the_key_has_changed(story):
    """The old row is put back: with the old key it opens, and with the new one it does not."""
    await story.knock()
    gate, database = story.house.gate, story.house.gate.database
    old = read_key_file(gate.settings.key_file)
    async with database.snapshot() as tx:
        kept = await tx.rows("SELECT * FROM data_keys WHERE owner = :bob", bob=story.bob.id)
        words = await tx.rows("SELECT * FROM revisions JOIN messages ON messages.id = message")
    await erasure.erase_now(gate, story.bob.id, by=OPERATOR)
    async with restarted(story) as other:
        await rotation.rotate(other)
    async with database.transaction() as tx:
        await tx.run("DELETE FROM data_keys WHERE destroyed_at IS NOT NULL")
        await tx.many(
            "INSERT INTO key_files (id, turn) VALUES (:id, 0)", [{"id": kept[0]["kek_id"]}]
        )
        await tx.many(
            "INSERT INTO data_keys (id, owner, thread, wrapped, kek_id, created_at)"
            " VALUES (:id, :owner, :thread, :wrapped, :kek_id, :created_at)",
            kept,
        )

    sealed = [
        (row["words"], f"revisions|{row['message']}|{row['number']}|words")
        for row in words
        if row["author"] == story.bob.id
    ]
    async with restarted(story) as fresh, database.snapshot() as tx:
        assert await fresh.vault.open_many(tx, sealed) == [None] * len(sealed)
        assert HELLO.encode() in await Vault(old).open_many(tx, sealed)


async def test_a_project_opened_by_a_key_that_is_gone_is_refused(story, monkeypatch):
    """Its private keys would be noise from the start."""
    gate = story.house.gate
    await lived(story)
    drawn = await local.fresh_house(gate, "bellows", "Bellows", kind=Kind.PROJECT)
    async with restarted(story) as again:
        await rotation.rotate(again)

    async def drawn_before(*_, **__):
        return drawn

    monkeypatch.setattr(local, "fresh_house", drawn_before)

    with pytest.raises(Conflict, match="try again"):
        await projects.add(gate, "bellows", "Bellows", by=OPERATOR)

    assert await story.house.rows("projects") == 1
    assert await whole(gate)


def test_no_backup_is_made_in_the_middle_of_a_change(tmp_path, capsys):
    """It would need two key files, and nobody would remember."""
    home = moved_into(tmp_path / "data")
    (home.folder / "gate.key.next").write_bytes((home.folder / "gate.key").read_bytes())

    assert main(["--config", home.config, "backup", str(tmp_path / "b.tar")]) == 1

    assert "rotate-key" in capsys.readouterr().err
    assert not (tmp_path / "b.tar").exists()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_change_that_is_killed_is_finished_by_the_next(tmp_path, share):
    """A real process, a real SIGKILL, somewhere among thousands of rows."""
    home = moved_into(tmp_path / "data")
    settings = read_settings(home.folder / "gate.toml")
    total = asyncio.run(fill(settings, 4_000))

    assert any(killed_midway(home, total * (1 - share)) for _ in range(5))

    assert following(settings.key_file).exists()
    asyncio.run(readable(home, total))
    assert main(["--config", home.config, "privacy", "rotate-key"]) == 0
    assert not following(settings.key_file).exists()
    assert home.rows("SELECT COUNT(*) FROM key_files") == [(1,)]
    asyncio.run(readable(home, total))


def killed_midway(home, left):
    """Kill a change of keys when so many rows are left, and say whether it was still at it."""
    asked = ["--config", home.config, "privacy", "rotate-key"]
    process = subprocess.Popen(
        [sys.executable, "-m", "forgefed_gate", *asked], stdout=subprocess.DEVNULL
    )
    while process.poll() is None and old_keys(home) > left:
        time.sleep(0.001)
    process.kill()
    return process.wait() == -signal.SIGKILL


def old_keys(home):
    """Count the keys that no newer key file has wrapped; all of them before there is one."""
    ((count,),) = home.rows(
        "SELECT COUNT(*) FROM data_keys WHERE kek_id IN"
        " (SELECT id FROM key_files WHERE turn < (SELECT MAX(turn) FROM key_files))"
        " OR (SELECT COUNT(*) FROM key_files) = 1"
    )
    return count


async def fill(settings, number):
    """Let many people have a key, and say how many keys there are."""
    async with open_gate(settings) as gate, gate.database.transaction() as tx:
        places = [(f"https://crowd.example/{each}", "") for each in range(number)]
        await gate.vault.keys_for(tx, places, now=gate.clock())
        (row,) = await tx.rows("SELECT COUNT(*) AS n FROM data_keys")
    return row["n"]


async def readable(home, total):
    """Unwrap every key there is, as a process that starts now."""
    async with open_gate(read_settings(home.folder / "gate.toml")) as gate:
        async with gate.database.transaction() as tx:
            rows = await tx.rows("SELECT owner, thread FROM data_keys WHERE wrapped IS NOT NULL")
            places = [(row["owner"], row["thread"]) for row in rows]
            keys = await gate.vault.keys_for(tx, places, now=gate.clock())
        view = await views.thread(gate, home.thread, by=OPERATOR)
    assert len(keys) == total
    assert views.UNREADABLE not in [message.words for message in view.messages]
