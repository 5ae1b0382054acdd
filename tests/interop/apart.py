"""Gates in processes of their own that can be away for a while, and a village in this one."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import databases
from meetings import NO_QUOTA, PROGRAM, OurGate, _forgefed_gate
from programs import ADDRESS, free_port, running, until
from towns import _url

from demo.stage import _door, _served
from demo.village import Village, Villager
from forgefed_gate.net.fetch import Client
from forgefed_gate.net.guard import Reach


@dataclass(kw_only=True)
class Apart:
    """A gate with one house, led by its command line, and by nothing else."""

    gate: OurGate
    slug: str
    kind: str
    """The part of an address that says what the house is."""
    serving: ExitStack = field(default_factory=ExitStack)

    @property
    def house(self) -> str:
        """The actor that Grants are about."""
        return f"{self.gate.base_url}/{self.kind}/{self.slug}"

    @property
    def desk(self) -> str:
        """The actor that people write to."""
        return f"{self.gate.base_url}/desks/{self.slug}"

    def up(self) -> None:
        """Let it serve."""
        serve = (*PROGRAM, "serve", "--config", self.gate.config, "--json")
        self.serving.enter_context(running(serve, log=self.gate.log))

    def down(self) -> None:
        """Let it be away."""
        self.serving.close()

    def link(self, other: "Apart") -> None:
        """Offer a link with the house of another gate, or agree to one."""
        terms = ("--days", "90", "--cap", "5", "--yes")
        self.gate.do("team", "link", self.slug, other.house, *terms)

    def links(self) -> list[dict[str, Any]]:
        """List the links of the house, the open ones first."""
        return self.gate.do("team", "list", self.slug)["links"]

    def unlink(self) -> None:
        """End the link."""
        self.gate.do("team", "unlink", self.links()[0]["id"])

    def linked(self, state: str) -> None:
        """Wait until the latest link has come so far."""
        until(self.links, lambda found: bool(found) and found[0]["state"] == state)

    def quiet(self) -> None:
        """Wait until there is nothing left to do."""
        until(self.gate.jobs, lambda jobs: not jobs)

    def threads(self) -> list[str]:
        """Name all conversations."""
        return [each["id"] for each in self.gate.do("threads", "list", self.slug)["threads"]]

    def said(self, thread: str) -> list[str | None]:
        """List what was said in a conversation, the oldest first."""
        shown = self.gate.do("threads", "show", thread)
        return [said["words"] for said in shown["messages"]]

    def words(self) -> list[str | None]:
        """List what was said in all conversations, the oldest first."""
        return [words for thread in self.threads() for words in self.said(thread)]


@contextmanager
def open_apart(folder: Path, engine: str, slug: str, *, kind: str) -> Generator[Apart]:
    """Make a gate as its operator does, with one project or team, and let it serve."""
    base_url = f"http://{ADDRESS}:{free_port()}"
    made = _forgefed_gate("init", str(folder), "--base-url", base_url)
    assert made.returncode == 0, made.stderr
    settings = folder / "gate.toml"
    with ExitStack() as stack:
        written = settings.read_text("utf-8").replace(*NO_QUOTA)
        if engine == "postgresql":
            where = _url(stack.enter_context(databases.address(engine, folder)))
            assert written.count('\ndatabase = "gate.db"\n') == 1
            written = written.replace('"gate.db"', f'"{where}"')
        settings.write_text(written, "utf-8")
        gate = OurGate(base_url=base_url, config=str(settings), log=folder / "gate.log")
        gate.do("migrate")
        word = "team" if kind == "teams" else "project"
        gate.do(word, "add", slug, "--name", slug.title())
        apart = Apart(gate=gate, slug=slug, kind=kind)
        stack.callback(apart.down)
        apart.up()
        yield apart


@dataclass(frozen=True, kw_only=True)
class Neighbourhood:
    """A village that is served while the test waits for something else."""

    village: Village
    loop: asyncio.AbstractEventLoop

    def settle(self, name: str) -> Villager:
        """Let somebody live there."""
        return self.village.settle(name)

    def write(self, who: Villager, desk: str, text: str) -> str:
        """Let somebody write to a desk, in reply to its last word, and give what it answers."""
        before = self.heard(who, desk)
        answered = before[-1]["id"] if before else None
        answer = self._do(self.village.write(who, desk, text, in_reply_to=answered))
        assert answer.status == 202
        came = until(lambda: self.heard(who, desk), lambda notes: len(notes) > len(before))
        return came[-1]["content"]

    def say(self, who: Villager, desk: str, text: str) -> None:
        """Let somebody say something in a conversation, where nothing need be answered."""
        answered = self.heard(who, desk)[-1]["id"]
        assert self._do(self.village.write(who, desk, text, in_reply_to=answered)).status == 202

    def does(self, who: Villager, actor: str, activity: dict[str, Any]) -> None:
        """Let somebody do something at an actor, as forges do."""
        assert self._do(self.village.send(who, f"{actor}/inbox", activity)).status == 202

    def answer(self, who: Villager, what: str) -> dict[str, Any]:
        """Wait for what answers one of somebody's activities."""
        return until(lambda: [each for each in who.came if each["object"] == what], bool)[-1]

    def hears(self, who: Villager, desk: str, count: int) -> str:
        """Wait until somebody has so many notes of a desk, and give the latest."""
        return until(lambda: self.heard(who, desk), lambda came: len(came) >= count)[-1]["content"]

    def heard(self, who: Villager, desk: str) -> list[dict[str, Any]]:
        """List the notes that somebody has from a desk."""
        return [note for note in who.notes() if note["attributedTo"] == desk]

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result()


@contextmanager
def open_neighbourhood() -> Generator[Neighbourhood]:
    """Let a village live in a thread of its own."""
    ready, over = threading.Event(), threading.Event()
    found = list[Neighbourhood]()

    async def live() -> None:
        async with _village() as village:
            found.append(Neighbourhood(village=village, loop=asyncio.get_running_loop()))
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        ready.wait()
        yield found[0]
    finally:
        over.set()
        thread.join()


@asynccontextmanager
async def _village() -> AsyncGenerator[Village]:
    reach = Reach(allow_http=True, allow_networks=(ip_network("127.0.0.0/8"),))
    with _door(0) as door:
        async with Client(reach, user_agent="village/1") as outbound:
            village = Village(f"http://{ADDRESS}:{door.getsockname()[1]}", outbound)
            async with _served(village.app, door):
                yield village
