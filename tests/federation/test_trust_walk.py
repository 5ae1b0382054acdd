"""The walk “Trust a team of another gate” of the manual, line by line, with two gates that run."""

import asyncio
import json
import re
import shlex
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from towns import HERE, _quiet_port

from demo.stage import _door, _served
from demo.village import Village
from forgefed_gate.net.fetch import Client
from forgefed_gate.net.guard import Reach

MANUAL = Path(__file__).parent.parent.parent / "docs" / "operations.md"
TITLE = "## Trust a team of another gate"
PATIENCE = 60
"""Seconds after which something that should have happened long ago did not."""


def walk() -> list[str]:
    """Read the lines that the manual tells people to type."""
    section = MANUAL.read_text("utf-8").partition(TITLE)[2].partition("\n## ")[0]
    blocks = re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A gate that runs in a process of its own, and the folder that it lives in."""

    folder: Path
    port: int

    async def says(self, *words: str) -> tuple[int, str]:
        """Ask its command line, and give the exit status and all that was said."""
        config = str(self.folder / "gate.toml")
        program = (sys.executable, "-m", "forgefed_gate", "--config", config)
        process = await asyncio.create_subprocess_exec(
            *program,
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def link(self, slug: str) -> dict[str, str]:
        """Give the one link of a house, or nothing."""
        status, said = await self.says("team", "list", slug, "--json")
        assert status == 0, said
        return next(iter(json.loads(said)["links"]), {})

    async def until(self, slug: str, state: str) -> dict[str, str]:
        """Wait until the link of a house stands as it should."""
        async with asyncio.timeout(PATIENCE):
            while (found := await self.link(slug)).get("state") != state:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.2)
        return found


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[Neighbour]:
    """Make a gate and let it serve, until it is asked to stop."""
    gate = Neighbour(folder=folder, port=_quiet_port())
    base = ("--base-url", f"http://{HERE}:{gate.port}")
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "forgefed_gate", "init", str(folder), *base,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await made.wait() == 0
    with (folder / "said").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "forgefed_gate", "serve",
            "--config", str(folder / "gate.toml"), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        await opened(gate.port)
        yield gate
    finally:
        process.terminate()
        await process.wait()


async def opened(port: int) -> None:
    """Wait until somebody answers at a port."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection(HERE, port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


@asynccontextmanager
async def neighbours(folder: Path) -> AsyncGenerator[tuple[Neighbour, Neighbour, str]]:
    """Let two gates run, and a village where somebody lives who will run the team."""
    async with AsyncExitStack() as stack:
        door = stack.enter_context(_door(0))
        reach = Reach(allow_http=True, allow_networks=())
        line = await stack.enter_async_context(Client(reach, user_agent="village"))
        village = Village(f"http://{HERE}:{door.getsockname()[1]}", line)
        village.settle("you")
        await stack.enter_async_context(_served(village.app, door))
        here = await stack.enter_async_context(running(folder / "a"))
        there = await stack.enter_async_context(running(folder / "b"))
        yield here, there, f"{HERE}:{door.getsockname()[1]}"


@dataclass(frozen=True, kw_only=True)
class Walker:
    """Somebody who types what the manual says, on the gate that it is about."""

    here: Neighbour
    there: Neighbour
    real: dict[str, str]
    """Where the hosts of the manual are."""

    async def type(self, line: str) -> tuple[int, str]:
        """Type one line, once what it is about has arrived."""
        words = [self._real(word) for word in shlex.split(line)[1:]]
        if words[:2] == ["team", "list"]:
            await (self.there if words[2] == "friends" else self.here).until(
                words[2], "asked" if words[2] == "friends" else "active"
            )
        if words[2] == "CODE":
            words[2] = (await self.here.link("anvil"))["id"]
        return await (self.there if words[2] == "friends" else self.here).says(*words)

    def _real(self, word: str) -> str:
        for host, real in self.real.items():
            word = word.replace(host, real)
        return word


async def test_the_walk_of_the_manual_works_as_it_is_written(tmp_path):
    """Whoever types what stands there gets what it says."""
    lines = walk()
    async with neighbours(tmp_path) as (here, there, village):
        assert (await here.says("project", "add", "anvil", "--name", "Anvil"))[0] == 0
        real = {
            "coop.example": f"{HERE}:{there.port}",
            "gate.example": f"{HERE}:{here.port}",
            "your.server": village,
        }
        walker = Walker(here=here, there=there, real=real)
        seen = [await walker.type(line) for line in lines]
        assert (await there.until("friends", "ended"))["state"] == "ended"

    told = next(at for at, line in enumerate(lines) if "link anvil" in line)
    assert [status for status, _ in seen] == [int(at == told) for at in range(len(lines))], seen
    said = [words for _, words in seen]
    assert "Nothing was done yet" in said[told]
    assert "is asked" in said[told + 1]
    assert "waits for you" in said[told + 2]
    assert "active" in said[told + 4]
    assert "Ended, for good" in said[-1]
