"""Secrets that nobody could guess, a gate in a process of its own, and everything it lets out."""

import asyncio
import base64
import contextlib
import io
import json
import re
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import databases
from mortal import Mortal, Nursery, nursery
from starlette.types import Receive, Scope, Send
from towns import HERE, _line, _settings_file

from demo.stage import _door, _served
from demo.village import Village, Villager
from forgefed_gate.app import open_gate
from forgefed_gate.cli.main import main
from forgefed_gate.config import Settings, read_settings
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.domain.places import Places
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.net.fetch import Client
from forgefed_gate.services import projects

ANVIL = Slug("anvil")


def draw() -> str:
    """Draw a secret, written so that every format keeps it as it is."""
    return f"canary{secrets.token_hex(16)}"


def forms(secret: str) -> list[bytes]:
    """List the forms in which bytes may hold *secret*: as it is, in UTF-16, or in base64."""
    plain = secret.encode()
    coded = [base64.b64encode(b"\0" * shift + plain) for shift in range(3)]
    inner = [each[4:-4].lower() for each in coded]  # the ends depend on what stands around it
    return [plain.lower(), secret.lower().encode("utf-16-le"), *inner]


def holds(found: bytes, secret: str) -> bool:
    """Say whether *found* holds *secret* in any form and any case."""
    low = found.lower()
    return any(form in low for form in forms(secret))


def files_with(folder: Path, secret: str) -> set[str]:
    """Name the files below *folder* that hold *secret*, read as they lie on the disk."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and holds(path.read_bytes(), secret)
    }


@dataclass
class Recorder:
    """What stands before a server elsewhere: it keeps every byte that is brought there."""

    app: Callable[[Scope, Receive, Send], Awaitable[None]]
    brought: list[tuple[str, bytes]] = field(default_factory=list)
    """The path, and the request line, headers and body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep it, and pass it on."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        lines = [name + b": " + value for name, value in scope["headers"]]
        head = b"\n".join([scope["path"].encode(), scope["query_string"], *lines])
        self.brought.append((scope["path"], head + b"\n\n" + body))

        async def again() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)

    def reached(self, secret: str) -> set[str]:
        """Name the paths that *secret* was brought to."""
        return {path for path, what in self.brought if holds(what, secret)}


@dataclass(kw_only=True)
class Hall:
    """A gate that serves in a process of its own, and a village on real sockets."""

    settings: Settings
    config: Path
    where: str
    nursery: Nursery
    village: Village
    recorder: Recorder
    client: Client
    said: list[str] = field(default_factory=list)
    """All that the command line said, but for what it was asked to show."""
    answers: list[bytes] = field(default_factory=list)
    """All that the gate answered to anybody."""

    @property
    def desk(self) -> ActorId:
        """Name the desk that people write to."""
        return Places(base_url=self.settings.base_url).desk(ANVIL)

    async def start(self) -> Mortal:
        """Let the gate serve, and wait until it does."""
        gate = await self.nursery.bear(self.config)
        await self.until(self._answers)
        return gate

    async def _answers(self) -> bool:
        with contextlib.suppress(Exception):
            return (await self.client.get(self.settings.base_url + "/", {})).status == 200
        return False

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(60):
            while not await true():  # noqa: ASYNC110 - another process sets no event of ours
                await asyncio.sleep(0.05)

    async def come(self, who: Villager, number: int) -> None:
        """Wait until so many notes came to somebody."""

        async def there() -> bool:
            return len(who.notes()) >= number

        await self.until(there)

    async def write(self, who: Villager, text: str) -> None:
        """Send a private message, and wait for one more note of an answer."""
        before = len(who.notes())
        answer = await self.village.write(who, self.desk, text)
        self.answers.append(answer.body)
        assert answer.status == 202, answer.body
        await self.come(who, before + 1)

    async def ask(self, *words: str, shows: bool = False, well: bool = True) -> str:
        """Call the command line in this process, beside the gate that serves."""
        out, err = io.StringIO(), io.StringIO()

        def call() -> int:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                return main(["--config", str(self.config), *words])

        status = await asyncio.to_thread(call)
        assert (status == 0) is well, (words, err.getvalue())
        self.said += [err.getvalue(), *([] if shows else [out.getvalue()])]
        return out.getvalue()

    async def listed(self, *words: str) -> list[dict[str, object]]:
        """Ask for a list of the command line, as a program does."""
        document = json.loads(await self.ask(*words, "--json", shows=True))
        (rows,) = [value for value in document.values() if isinstance(value, list)]
        return rows

    async def get(self, path: str) -> bytes:
        """Ask the gate for a page as anybody."""
        answer = await self.client.get(self.settings.base_url + path, {"Accept": "*/*"})
        self.answers.append(answer.body + repr(answer.headers).encode())
        return answer.body

    @property
    def log(self) -> str:
        """Everything that the gate logged in all its lives."""
        return Path(f"{self.config}.log").read_text("utf-8")


@asynccontextmanager
async def open_hall(engine: str, folder: Path) -> AsyncGenerator[Hall]:
    """Open a hall whose gate does not run yet; carol maintains its one project."""
    async with AsyncExitStack() as stack:
        where = str(folder / "gate.db")
        if engine == "postgresql":
            where = stack.enter_context(databases.address(engine, folder))
        client = await stack.enter_async_context(_line())
        door = stack.enter_context(_door(0))
        village = Village(f"http://{HERE}:{door.getsockname()[1]}", client)
        recorder = Recorder(village.app)
        await stack.enter_async_context(_served(recorder, door))
        config = _settings_file(folder, where)
        file = config.read_text("utf-8")
        told = re.sub(r'(?m)^witness = ""', f'witness = "{village.base_url}"', file)
        assert told != file
        config.write_text(told, encoding="utf-8")
        settings = read_settings(config)
        async with open_gate(settings) as gate:
            await projects.add(gate, ANVIL, "Anvil", by=OPERATOR)
            carol = village.settle("carol")
            await projects.appoint(gate, ANVIL, carol.id, Office.MAINTAINER, by=OPERATOR)
        yield Hall(
            settings=settings,
            config=config,
            where=where,
            nursery=await stack.enter_async_context(nursery()),
            village=village,
            recorder=recorder,
            client=client,
        )
