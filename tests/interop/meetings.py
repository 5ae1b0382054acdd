"""A gate and a peer, each in its own process, and what they can be asked to do to each other."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import Peer
from programs import ADDRESS, PATIENCE, ask, free_port, running, tail, until

HELLO = "Hello! I have read your parser & think that I can make it faster. May I help?"
ANSWER = "I agree. My name is bob, and I would like to mend the bellows of the forge."
NO_QUOTA = "knocks_per_hour = 20\n", "knocks_per_hour = 1000\n"


@dataclass(frozen=True, kw_only=True)
class OurGate:
    """A gate that serves, and that is led by its own command line."""

    base_url: str
    config: str
    log: Path

    def do(self, *argv: str) -> dict[str, Any]:
        """Carry out one verb, and give the document that it answers."""
        done = _forgefed_gate(*argv, "--config", self.config, "--json")
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return json.loads(done.stdout)

    def jobs(self) -> set[str]:
        """Name what waits to be done, and what failed for good."""
        return {job["id"] for job in self.do("jobs", "list")["jobs"]}

    def refuses(self, *argv: str) -> str:
        """Ask for one verb that is refused, and give the reason."""
        done = _forgefed_gate(*argv, "--config", self.config)
        assert done.returncode == 1, done.stdout
        return done.stderr


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A peer that runs, with bob on it."""

    kind: Peer
    actor: str
    handle: str
    control: str
    log: Path

    def do(self, word: str, **more: str) -> dict[str, Any]:
        """Let bob do something, with the means that his server's library has."""
        status, answer = ask(f"{self.control}/control/{word}", more)
        assert status == 200, answer
        return answer

    def fails(self, word: str, **more: str) -> str:
        """Let bob try something that cannot be done, and give the reason."""
        status, answer = ask(f"{self.control}/control/{word}", more)
        assert status == 500, answer
        return answer["why"]

    def came(self) -> list[dict[str, Any]]:
        """List what reached bob and was proven by his server, oldest first."""
        return ask(f"{self.control}/control/came")[1]["came"]


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One project of the gate, which nobody has written to yet, and bob."""

    gate: OurGate
    bob: Neighbour
    slug: str

    @property
    def desk(self) -> str:
        """The actor that bob writes to."""
        return f"{self.gate.base_url}/desks/{self.slug}"

    @property
    def project(self) -> str:
        """The actor that Grants come from."""
        return f"{self.gate.base_url}/projects/{self.slug}"

    def write(self, text: str, *, in_reply_to: str | None = None) -> str:
        """Let bob write to the desk in private, and give the note; the gate must take it."""
        if in_reply_to is None:
            sent = self.bob.do("mention", to=self.desk, text=text)
        else:
            sent = self.bob.do("reply", to=self.desk, text=text, in_reply_to=in_reply_to)
        assert sent["status"] == 202
        return sent["id"]

    def came(self, kind: str) -> list[dict[str, Any]]:
        """List what came to bob from this project, of one type."""
        return [
            each
            for each in self.bob.came()
            if each["activity"]["type"] == kind
            and each["activity"]["actor"] in {self.desk, self.project}
        ]

    def comes(self, kind: str, count: int = 1) -> dict[str, Any]:
        """Wait until *count* of one type have come from this project, and give the latest."""
        return until(lambda: self.came(kind), lambda came: len(came) >= count)[-1]

    def note(self, count: int = 1) -> dict[str, Any]:
        """Wait for the note number *count* from this project."""
        return self.comes("Create", count)["activity"]["object"]

    def thread(self) -> dict[str, Any]:
        """Show the one conversation of this project, as its people read it."""
        [listed] = self.gate.do("threads", "list", self.slug)["threads"]
        return self.gate.do("threads", "show", listed["id"])

    def said(self, count: int) -> list[tuple[str, str | None]]:
        """Wait until *count* messages are in the conversation; give who said what."""
        thread = until(self.thread, lambda thread: len(thread["messages"]) >= count)
        return [(each["speaker"], each["words"]) for each in thread["messages"]]

    def latest(self, what: str) -> dict[str, Any]:
        """Wait until the latest message of the conversation is *edited* or *deleted*."""
        return until(lambda: self.thread()["messages"][-1], lambda message: message[what])

    def followers(self, count: int) -> None:
        """Wait until the desk says in public that it has *count* followers."""
        url = f"{self.desk}/followers"
        until(lambda: ask(url)[1]["totalItems"], lambda total: total == count)

    def decided(self) -> None:
        """Wait until the gate has decided about whatever came in."""
        until(
            lambda: self.gate.do("jobs", "list")["jobs"],
            lambda jobs: all(job["kind"] != "process" for job in jobs),
        )

    def knock(self) -> dict[str, Any]:
        """Show the one knock at this project."""
        [listed] = self.gate.do("knocks", "list", self.slug)["knocks"]
        return listed

    def knocks(self) -> dict[str, Any]:
        """Let bob write, read the answer, and answer the questions; give the knock."""
        self.write(HELLO)
        self.write(ANSWER, in_reply_to=self.note(1)["id"])
        self.note(2)
        return self.knock()

    def admits(self) -> None:
        """Let bob knock and be admitted; the welcome has come then, and the Grant."""
        self.gate.do("knocks", "admit", self.knocks()["id"], "We look forward to it.")
        self.comes("Grant")
        self.note(3)


@contextmanager
def open_gate(folder: Path) -> Generator[OurGate]:
    """Make a gate as its operator does, and let it serve."""
    base_url, log = f"http://{ADDRESS}:{free_port()}", folder / "gate.log"
    made = _forgefed_gate("init", str(folder / "data"), "--base-url", base_url)
    assert made.returncode == 0, made.stderr
    settings = folder / "data/gate.toml"
    settings.write_text(settings.read_text("utf-8").replace(*NO_QUOTA), "utf-8")
    serve = (*PROGRAM, "serve", "--config", str(settings), "--json")
    with running(serve, log=log) as said:
        yield OurGate(base_url=said["base_url"], config=str(settings), log=log)


@contextmanager
def open_peer(kind: Peer, folder: Path) -> Generator[Neighbour]:
    """Let a peer run."""
    assert kind.needs.exists(), f"{kind.name} is not installed: “make interop” does that."
    log = folder / f"{kind.name}.log"
    with running((*kind.command, ADDRESS), log=log) as said:
        yield Neighbour(kind=kind, log=log, **said)


PROGRAM = (sys.executable, "-m", "forgefed_gate")


def _forgefed_gate(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *argv], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def logs(meeting: Meeting) -> list[tuple[str, str]]:
    """Read what both sides said, for whoever reads about a failure."""
    return [
        (f"what {name} said", tail(log))
        for name, log in (("the gate", meeting.gate.log), (meeting.bob.kind.name, meeting.bob.log))
    ]
