"""Folders with a gate in them, as `init` makes them and a little life fills them."""

import asyncio
import atexit
import io
import shutil
import sqlite3
import tempfile
from contextlib import closing, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from wire import Wire

from demo.village import Village, Villager
from forgefed_gate.app import open_gate
from forgefed_gate.cli.main import main
from forgefed_gate.config import read_settings
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Admit, Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import projects, review, views, worker
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.asgi import application

BASE_URL = "http://127.0.0.1:1"
"""Where nobody listens."""

VILLAGE = "127.0.0.1:8999"
ANSWER = "I agree. My name is bob, and I would like to mend the bellows of the forge."
ANVIL = Slug("anvil")


@dataclass(frozen=True, kw_only=True)
class Home:
    """
    A folder with a gate and one project, *anvil*.

    Carol maintains it and sam screens for it; bob's knock is held; dora is a member with
    a conversation, in which one answer still waits to be delivered.
    """

    folder: Path
    knock: str
    thread: str
    grant: str

    @property
    def config(self) -> str:
        """The path of the settings."""
        return str(self.folder / "gate.toml")

    def dump(self) -> str:
        """Write out everything that the database holds."""
        with closing(sqlite3.connect(self.folder / "gate.db")) as connection:
            return "\n".join(connection.iterdump())

    def change(self, sql: str) -> None:
        """Change the database behind the gate's back."""
        with closing(sqlite3.connect(self.folder / "gate.db")) as connection, connection:
            connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the database something."""
        with closing(sqlite3.connect(self.folder / "gate.db")) as connection:
            return connection.execute(sql).fetchall()


def moved_into(folder: Path) -> Home:
    """Copy the gate that everybody shares into *folder*, which is made."""
    home = _shared()
    shutil.copytree(home.folder, folder)
    return replace(home, folder=folder)


def handle(name: str) -> str:
    """Name somebody of the village."""
    return f"@{name}@{VILLAGE}"


@cache
def _shared() -> Home:
    """Make the gate once: drawing keys takes longer than all the rest."""
    made = Path(tempfile.mkdtemp(prefix="gate-home-"))
    atexit.register(shutil.rmtree, made)
    folder = made / "data"
    with redirect_stdout(io.StringIO()):
        assert main(["init", str(folder), "--base-url", BASE_URL]) == 0
    return asyncio.run(_live(folder))


async def _live(folder: Path) -> Home:
    wire = Wire()
    async with open_gate(read_settings(folder / "gate.toml"), outbound=wire) as gate:
        wire.apps[gate.places.authority] = application(gate)
        village = Village(f"http://{VILLAGE}", wire)
        wire.apps[VILLAGE] = village.app
        await projects.add(gate, ANVIL, "Anvil", by=OPERATOR)
        carol, sam = village.settle("carol"), village.settle("sam")
        await projects.appoint(gate, ANVIL, carol.id, Office.OWNER, by=OPERATOR)
        await projects.appoint(gate, ANVIL, sam.id, Office.SCREENER, by=OPERATOR)
        thread = await _admitted(gate, village, village.settle("dora"))
        await _knocks(gate, village, village.settle("bob"))
        await review.act(gate, Say(thread=thread, text="Well done."), by=OPERATOR, via="test")
        (first, *_) = await views.knock_list(gate, ANVIL, by=OPERATOR)
        (grant,) = await views.grant_list(gate, ANVIL, by=OPERATOR)
    return Home(folder=folder, knock=first.knock.id, thread=thread, grant=grant.grant.id)


async def _knocks(gate: Gate, village: Village, who: Villager) -> None:
    for text in ("Hello!", ANSWER):
        answer = await village.write(who, gate.places.desk(ANVIL), text)
        assert answer.status == 202, answer.body
        await worker.run_until_idle(gate)


async def _admitted(gate: Gate, village: Village, who: Villager) -> str:
    await _knocks(gate, village, who)
    (knock,) = await views.knock_list(gate, ANVIL, by=OPERATOR)
    await review.act(gate, Admit(knock=knock.knock.id), by=OPERATOR, via="test")
    await worker.run_until_idle(gate)
    (thread,) = await views.thread_list(gate, ANVIL, by=OPERATOR)
    return thread.thread.id
