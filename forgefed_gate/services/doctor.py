"""How the gate is doing: one finding a check, each saying what to do about it."""

import json
import platform
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from pathlib import Path
from urllib.parse import quote

from forgefed_gate import __version__
from forgefed_gate.config import Settings
from forgefed_gate.domain.errors import Refusal, Unreachable
from forgefed_gate.domain.ids import MINUTE, SECOND, Millis, later
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.net.fetch import Answer, read_document
from forgefed_gate.protocol import discovery, fields, frontdoor
from forgefed_gate.services import local
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import health, jobs, personas, record
from forgefed_gate.store.keyfile import following, read_key_file

MEGABYTE = 1_000_000
SPARE = 1_000 * MEGABYTE
LEAST = 100 * MEGABYTE
SKEW = 30 * SECOND
SLOW = 10 * MINUTE
NOBODY = {"not-connected", "timed-out"}


class Health(Enum):
    """How serious a finding is."""

    OK = "ok"
    LOOK = "look"
    """Somebody should look at it; the gate works."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, in a sentence."""

    check: str
    health: Health
    sentence: str


Verdict = tuple[Health, str]


def examine_files(settings: Settings, folder: Path) -> list[Finding]:
    """Examine what can be seen while the gate is closed: the key file and the disk."""
    return [
        _finding("key file", _key_file(settings)),
        _finding("disk", _disk(shutil.disk_usage(folder).free)),
        _finding("versions", (Health.OK, f"forgefed-gate {__version__}, {_python()}.")),
    ]


async def examine(gate: Gate) -> list[Finding]:
    """Examine an open gate, from its database to how it looks from outside."""
    checks: dict[str, Callable[[Gate], Awaitable[Verdict]]] = {
        "keys": _keys,
        "clock": _clock,
        "database": _database,
        "discovery": _discovery,
        "queue": _queue,
    }
    return [await _checked(gate, name, check) for name, check in checks.items()]


async def _checked(gate: Gate, name: str, check: Callable[[Gate], Awaitable[Verdict]]) -> Finding:
    try:
        return _finding(name, await check(gate))
    except Refusal as refusal:
        return _finding(name, _trouble(gate, refusal))


def _finding(name: str, verdict: Verdict) -> Finding:
    return Finding(check=name, health=verdict[0], sentence=verdict[1])


def _trouble(gate: Gate, refusal: Refusal) -> Verdict:
    """Say what a check that could not finish means."""
    if refusal.code in NOBODY:
        return Health.LOOK, (
            f"Nobody answers at {gate.places.base_url}. If the server is not running, that is"
            " why: start it with “forgefed-gate serve” and look again. If it is, look at the"
            " reverse proxy and the DNS."
        )
    if refusal.code == "address-refused":
        return Health.LOOK, (
            f"From here, {gate.places.authority} leads to a private address, which the gate does"
            " not dial. Please look at it from another network."
        )
    return Health.BROKEN, refusal.sentence


def _python() -> str:
    return f"Python {platform.python_version()}"


def _key_file(settings: Settings) -> Verdict:
    try:
        read_key_file(settings.key_file)
    except Refusal as refusal:
        return Health.BROKEN, f"{refusal.sentence} Without it, private words cannot be read."
    if following(settings.key_file).exists():
        return Health.LOOK, (
            f"{following(settings.key_file)} waits to take its place: a change of keys is not"
            " finished. Both files are needed until “forgefed-gate privacy rotate-key” has run"
            " again."
        )
    return Health.OK, f"{settings.key_file} can be read by its owner only. Keep a copy elsewhere."


def _disk(free: int) -> Verdict:
    words = f"{free // MEGABYTE} MB are free."
    if free < LEAST:
        return Health.BROKEN, f"{words} Make room soon, or nothing more can be kept."
    return (Health.LOOK, f"{words} Make room.") if free < SPARE else (Health.OK, words)


async def _keys(gate: Gate) -> Verdict:
    gate.memory.own.pop(THE_GATE, None)
    try:
        await local.own(gate, THE_GATE)
    except Refusal:
        return Health.BROKEN, (
            f"{gate.settings.key_file} does not open what this database keeps sealed. Put the key"
            " file back that belongs to it."
        )
    return Health.OK, "The key file opens what the database keeps sealed."


async def _clock(gate: Gate) -> Verdict:
    async with gate.database.snapshot() as tx:
        latest = await record.latest(tx)
        born = await personas.find(tx, THE_GATE)
    past = max(latest or 0, born.created_at if born else 0)
    if past > later(gate.clock(), SKEW):
        return Health.BROKEN, (
            f"The clock is {(past - gate.clock()) // SECOND} seconds behind what this gate has"
            " done already. Set it right. A Grant that ended before then stays ended meanwhile."
        )
    try:
        answer = await gate.outbound.get(gate.places.base_url + "/", {})
    except Unreachable:
        return Health.OK, "The clock is not behind our own past; nobody else could be asked."
    skew = _skew(answer, gate.clock())
    if skew > SKEW:
        return Health.LOOK, (
            f"The clock and the Date of our own answer are {skew // SECOND} seconds apart. Signed"
            " requests need clocks that agree: switch time synchronisation on."
        )
    return Health.OK, "The clock agrees with the Date of our own answer."


def _skew(answer: Answer, now: Millis) -> int:
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return 0
    return abs(int(said.timestamp() * SECOND) - now)


async def _database(gate: Gate) -> Verdict:
    await gate.database.ping()
    damage = await health.damage(gate.database)
    if damage is not None:
        return Health.BROKEN, f"The database is damaged ({damage}). Restore the latest backup."
    engine = await health.engine_version(gate.database)
    return Health.OK, f"{engine}, whole, schema {await health.schema(gate.database)}."


async def _discovery(gate: Gate) -> Verdict:
    """Look at ourselves as others do, and stop at the first thing that they would stumble over."""
    for look in (_webfinger, _nodeinfo, _actor):
        health_, sentence = await look(gate)
        if health_ is not Health.OK:
            return health_, sentence
    return Health.OK, f"Others find {gate.places.handle(THE_GATE)}, its NodeInfo and its key."


async def _webfinger(gate: Gate) -> Verdict:
    account = quote(f"acct:{THE_GATE.user}@{gate.places.authority}", safe=":@")
    jrd = await _read(gate, f"/.well-known/webfinger?resource={account}")
    if discovery.read_jrd(frontdoor.read_json(jrd)) != gate.places.gate:
        return _somebody_else(gate)
    return Health.OK, "WebFinger leads to the gate's actor."


async def _nodeinfo(gate: Gate) -> Verdict:
    found = frontdoor.read_json(await _read(gate, "/nodeinfo/2.1"))
    software = fields.inline(found, "software")
    if software is None or software.get("name") != discovery.SOFTWARE:
        return _somebody_else(gate)
    if software.get("version") != __version__:
        version = json.dumps(software.get("version"))
        return (
            Health.LOOK,
            f"The server runs version {version}, this is {__version__}: restart it.",
        )
    return Health.OK, "NodeInfo describes this gate."


async def _actor(gate: Gate) -> Verdict:
    answer = await gate.outbound.get(gate.places.gate, {"Accept": "application/activity+json"})
    found = frontdoor.read_json(read_document(answer, asked=gate.places.gate))
    me = await local.own(gate, THE_GATE)
    key = fields.inline(found, "publicKey")
    if key is None or key.get("publicKeyPem") != me.persona.rsa_pem:
        return _somebody_else(gate)
    return Health.OK, "The gate's actor is public, with the key that we sign with."


async def _read(gate: Gate, path: str) -> bytes:
    answer = await gate.outbound.get(gate.places.base_url + path, {})
    if answer.status != 200:  # noqa: PLR2004 - HTTP says so
        raise Refusal("discovery", f"{path} answers {answer.status}: does the proxy pass it on?")
    return answer.body


def _somebody_else(gate: Gate) -> Verdict:
    return Health.BROKEN, (
        f"Another service, or another gate, answers at {gate.places.base_url}. Look at the reverse"
        " proxy."
    )


async def _queue(gate: Gate) -> Verdict:
    async with gate.database.snapshot() as tx:
        age = await jobs.age_of_oldest(tx, now=gate.clock())
        dead = await jobs.count_dead(tx)
    if age > SLOW:
        return Health.LOOK, (
            f"Work has been waiting for {age // MINUTE} minutes. Is the server running?"
        )
    if dead:
        return Health.LOOK, (
            f"{dead} jobs have failed for good. See them with “forgefed-gate jobs list”, then try"
            " each again with “forgefed-gate jobs retry ID”, or forget it with “jobs drop ID”."
        )
    return Health.OK, "Nothing waits that should have been done."
