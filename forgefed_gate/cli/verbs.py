"""What a verb of the command line is, what it is asked, and what it answers."""

import asyncio
import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from forgefed_gate.app import open_gate
from forgefed_gate.config import Settings, read_settings
from forgefed_gate.domain.errors import Forbidden, NotFound
from forgefed_gate.domain.ids import ActorId
from forgefed_gate.domain.roles import OPERATOR, Principal
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import access, people
from forgefed_gate.services.gate import Gate

PROGRAM = "forgefed-gate"
VIA = "cli"
USUAL_PLACES = (Path("gate.toml"), Path("data/gate.toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a verb says: a document for programs, lines for people, and whether all is well."""

    document: JsonObject | None
    """None where everything was said already."""
    lines: tuple[str, ...]
    well: bool = True


Takes = Callable[[ArgumentParser], object]
Run = Callable[[Namespace], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb: its words, what it does, an example, what it takes, and how it is done."""

    words: str
    does: str
    example: str
    run: Run
    takes: tuple[Takes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a verb on an open gate, by somebody."""

    gate: Gate
    by: Principal
    asked: Namespace

    def operator_only(self) -> None:
        """Refuse whoever speaks as a maintainer: this is about the whole gate."""
        if not self.by.operator:
            raise Forbidden(
                "operator-only", "This is about the whole gate: leave --as away to do it."
            )


def on_gate(work: Callable[[Call], Awaitable[Answer]]) -> Run:
    """Make a verb of *work* that needs an open gate, beside whatever else has it open."""

    async def opened(asked: Namespace) -> Answer:
        async with open_gate(settings_for(asked)) as gate:
            by = await _principal(gate, asked.speaker)
            return await work(Call(gate=gate, by=by, asked=asked))

    return lambda asked: asyncio.run(opened(asked))


async def _principal(gate: Gate, speaker: str) -> Principal:
    if speaker == OPERATOR.name:
        return OPERATOR
    return await access.maintainer(gate, await find_actor(gate, speaker))


async def find_actor(gate: Gate, who: str) -> ActorId:
    """Read *who*, a handle or an actor's URL, asking nobody about a URL."""
    return ActorId(who) if "://" in who else (await people.resolve(gate, who)).actor


def settings_for(asked: Namespace) -> Settings:
    """Read the settings that this call is about."""
    return read_settings(settings_file(asked))


def settings_file(asked: Namespace) -> Path:
    """Find the settings file: as asked, as GATE_CONFIG says, or in a usual place."""
    named = asked.config or os.environ.get("GATE_CONFIG")
    if named:
        return Path(named)
    return next((path for path in USUAL_PLACES if path.exists()), USUAL_PLACES[0])


def command(asked: Namespace) -> str:
    """Name the program so that a line copied from our output reaches the same gate."""
    return f"{program()} --config {asked.config}" if asked.config else program()


def program() -> str:
    """Name the program as this shell finds it: by its name, or by the path it was called by."""
    called = sys.argv[0]
    by_path = Path(called).name == PROGRAM and shutil.which(PROGRAM) is None
    return called if by_path else PROGRAM


def words_of(asked: Namespace) -> str:
    """Give the TEXT of a call: its words, or what stands on standard input for “-”."""
    if asked.text == ["-"]:
        return sys.stdin.read().strip()
    return " ".join(asked.text)


def slug(parser: ArgumentParser) -> None:
    """Take a project's short name."""
    parser.add_argument("slug", metavar="SLUG", help="the short name of a project")


def name(what: str) -> Takes:
    """Take the id of one of *what*, as the list shows it."""
    return lambda parser: parser.add_argument("id", metavar="ID", help=f"the id of a {what}")


def who(parser: ArgumentParser) -> None:
    """Take a person."""
    parser.add_argument("who", metavar="WHO", help="a handle (@user@host) or an actor's URL")


def text(parser: ArgumentParser) -> None:
    """Take words that have to be said."""
    parser.add_argument("text", metavar="TEXT", nargs="+", help="your words, or - for stdin")


def perhaps_text(parser: ArgumentParser) -> None:
    """Take words that may be left out."""
    parser.add_argument("text", metavar="TEXT", nargs="*", help="your words, or - for stdin")


def file(parser: ArgumentParser) -> None:
    """Take a file."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a file")


def read(path: Path) -> bytes:
    """Read a file that a call names."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound("file-missing", f"There is no file {path}.") from None


def days(usual: int | None = None) -> Takes:
    """Take a number of days, or *usual*."""
    return lambda parser: parser.add_argument(
        "--days", metavar="N", type=int, default=usual, help="for how many days, 180 at most"
    )
