"""Two gates, one of which bears witness for the other: what was told cannot be untold."""

import json
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import databases
import pytest
from gates import House, open_house
from logbooks import do, take_away, tamper, told
from wire import Wire

from forgefed_gate.domain import tree
from forgefed_gate.domain.ids import DAY, MINUTE
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.protocol import checkpoint, httpsig, witnessing
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import auditor, checkpoints, local, witness
from forgefed_gate.store import audit, jobs

HERE, THERE = "https://gate.example", "https://witness.example"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A gate, and the other that bears witness for it."""

    gate: House
    other: House

    async def step(self) -> Checkpoint:
        """Sign what is new, and let it be told."""
        made = await checkpoints.step(self.gate.gate)
        await self.gate.work()
        return made

    async def held(self) -> list[tuple[str, int]]:
        """Say what the witness holds."""
        async with self.other.gate.database.snapshot() as tx:
            rows = await tx.rows("SELECT origin, size FROM witnessed")
        return [(row["origin"], row["size"]) for row in rows]

    async def dead(self) -> list[str]:
        """Say why reports were given up on."""
        async with self.gate.gate.database.snapshot() as tx:
            return [job.last_error for job in await jobs.listing(tx) if job.state == "dead"]


@pytest.fixture
async def pair(engine: str, tmp_path: Path) -> AsyncGenerator[Pair]:
    """Open both, on each engine in turn."""
    wire, (mine, theirs) = Wire(), (tmp_path / "mine", tmp_path / "theirs")
    mine.mkdir()
    theirs.mkdir()
    async with (
        databases.fresh(engine, mine) as first,
        databases.fresh(engine, theirs) as second,
        open_house(mine, first, wire=wire, witness=THERE) as gate,
        open_house(theirs, second, wire=wire, base_url=THERE, witness_for=(HERE,)) as other,
    ):
        yield Pair(gate=gate, other=other)


async def test_every_checkpoint_is_told_to_the_witness(pair):
    """And whoever asks the witness gets it, with our signature under it."""
    for number in range(5):
        await do(pair.gate.gate, *range(number * 9, number * 9 + number + 1))
        made = await pair.step()
        assert await pair.held() == [("gate.example/audit", made.size)]

    assert await witness.seen(pair.gate.gate) == made
    assert await pair.gate.rows("jobs") == 0
    assert (await auditor.verify(pair.gate.gate, elsewhere=[made])).finding is None


async def test_a_witness_that_was_away_is_told_all_at_once(pair):
    """It needs no more than the latest, and the proof from where it was."""
    first = await pair.step()
    app = pair.gate.wire.apps.pop("witness.example")
    for number in range(3):
        await do(pair.gate.gate, number)
        await pair.step()
    assert await pair.held() == [("gate.example/audit", first.size)]
    assert await pair.gate.rows("jobs") == 1

    pair.gate.wire.apps["witness.example"] = app
    pair.gate.clock.pass_by(10 * MINUTE)
    pair.other.clock.pass_by(10 * MINUTE)
    await pair.gate.work()

    assert await pair.held() == [("gate.example/audit", first.size + 3)]
    assert await pair.gate.rows("jobs") == 0


async def test_a_witness_that_was_given_up_on_is_told_again(pair):
    """After weeks a job is set aside, and the next checkpoint takes it up."""
    app = pair.gate.wire.apps.pop("witness.example")
    await pair.step()
    for _ in range(20):
        pair.gate.clock.pass_by(DAY)
        await pair.gate.work()
    assert await pair.dead() == ["not-connected"]

    pair.gate.wire.apps["witness.example"] = app
    pair.other.clock.pass_by(20 * DAY)
    await do(pair.gate.gate, 1)
    made = await pair.step()

    assert await pair.held() == [("gate.example/audit", made.size)]


async def test_a_cut_log_is_found_by_its_witness_alone(pair, caplog):
    """Even where the file was taken away as well; and the witness does not forget."""
    gate = pair.gate.gate
    await do(gate, *range(6))
    made = await pair.step()
    await tamper(gate, *take_away(4))
    gate.settings.checkpoints.unlink()
    assert (await auditor.verify(gate)).finding is None

    found = await auditor.verify(gate, elsewhere=[await witness.seen(gate)])
    assert (found.finding.span.begin, found.finding.span.end) == (4, 7)

    await pair.step()
    assert await pair.dead() == ["witness-disagrees"]
    assert "the witness holds another audit log of ours than we do" in caplog.text
    await do(gate, *range(10, 20))
    await pair.step()
    assert await pair.held() == [("gate.example/audit", made.size)]
    assert await pair.dead() == ["witness-disagrees"]


# What a witness takes


async def letter(pair):
    """Write a report of two more entries as the gate would, and give what it is made of."""
    gate = pair.gate.gate
    before = await pair.step()
    await do(gate, 1, 2)
    made = await checkpoints.step(gate)
    me = await local.own(gate, THE_GATE)
    async with gate.database.snapshot() as tx:
        note = (await audit.head(tx)).checkpoint
        proof = await audit.roots(tx, tree.consistency(before.size, size=made.size))
    return {"note": note, "old": before.size, "proof": proof, "key": me.ed25519, "made": made}


async def bring(pair, *, note, old, proof, key, made=None, body=None, path="/audit/witness"):
    body = witnessing.write(note, old=old, proof=proof) if body is None else body
    url = THERE + path
    lines = httpsig.sign(
        "POST", url, body=body, key=key, now=pair.gate.clock.now, dialect=Dialect.RFC9421
    )
    answer = await pair.gate.wire.post(url, lines, body)
    is_problem = answer.body.startswith(b"{")
    return answer.status, json.loads(answer.body)["code"] if is_problem else None


async def test_a_report_is_taken_once(pair):
    """A second one does not follow from what is held by then."""
    written = await letter(pair)

    assert await bring(pair, **written) == (200, None)
    assert await bring(pair, **written) == (409, "checkpoint-after-another")

    assert await pair.held() == [("gate.example/audit", written["made"].size)]


def another_root(written):
    made = written["made"]
    other = Checkpoint(origin=made.origin, size=made.size, root=bytes(32))
    return {"note": checkpoint.write(other, key=written["key"])}


def smaller(written):
    other = Checkpoint(origin="gate.example/audit", size=0, root=bytes(32))
    return {"note": checkpoint.write(other, key=written["key"]), "proof": []}


def of_another(written):
    other = replace(written["made"], origin="other.example/audit")
    return {"note": checkpoint.write(other, key=written["key"])}


def by_nobody(written):
    text, _, line = written["note"].partition("\n\n")
    head, _, last = line.rpartition(" ")
    return {"note": f"{text}\n\n{head} {'AAAA' + last[4:]}"}


def unknown_key(written):
    return {"key": replace(written["key"], id="https://gate.example/actor#another-key")}


def from_elsewhere(written):
    return {"key": replace(written["key"], id="https://stranger.example/actor#ed25519-key")}


CONTRADICTS = "checkpoint-contradicts"
REFUSED = {
    "no proof": (lambda _: {"proof": []}, 409, CONTRADICTS),
    "another proof": (lambda _: {"proof": [bytes(32)]}, 409, CONTRADICTS),
    "too much proof": (lambda w: {"proof": [*w["proof"], bytes(32)]}, 409, CONTRADICTS),
    "another root": (another_root, 409, CONTRADICTS),
    "fewer entries": (smaller, 409, CONTRADICTS),
    "from the beginning": (lambda _: {"old": 0, "proof": []}, 409, "checkpoint-after-another"),
    "of another log": (of_another, 401, "checkpoint-of-another"),
    "signed by nobody": (by_nobody, 401, "checkpoint-unproven"),
    "not a report": (lambda _: {"body": b"old 1\n"}, 400, "checkpoint-malformed"),
    "not UTF-8": (lambda _: {"body": b"old 1\n\n\xff"}, 400, "checkpoint-malformed"),
    "many hashes": (lambda _: {"proof": [bytes(32)] * 64}, 400, "checkpoint-malformed"),
    "too long": (lambda _: {"body": b"x" * 20_000}, 413, "too-large"),
    "an unknown key": (unknown_key, 401, "key-not-owned"),
    "from somebody unknown": (from_elsewhere, 404, None),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_does_not_follow_is_refused(pair, name, caplog):
    """And what the witness held, it holds."""
    change, status, code = REFUSED[name]
    written = await letter(pair)
    before = await pair.held()
    caplog.clear()

    answer = await bring(pair, **written | change(written))

    assert answer == (status, code)
    assert await pair.held() == before
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == (code == CONTRADICTS)
    assert await bring(pair, **written) == (200, None)


async def test_an_unsigned_report_is_refused(pair):
    """Whoever brings it has to be who it is from."""
    written = await letter(pair)
    before = await pair.held()
    body = witnessing.write(written["note"], old=written["old"], proof=written["proof"])

    answer = await pair.gate.wire.post(f"{THERE}/audit/witness", {}, body)

    assert answer.status == 401
    assert await pair.held() == before


@pytest.mark.parametrize("path", ["/audit/witnessed/gate.example", "/audit/checkpoint"])
async def test_before_anything_was_told_there_is_nothing(pair, path):
    """As with everything that is not there."""
    answer = await pair.gate.wire.get(THERE + path, {})

    assert answer.status == 404


async def test_everybody_may_read_the_latest_checkpoint(pair):
    """It says how much was done, and nothing of what."""
    made = await pair.step()

    answer = await pair.other.wire.get(f"{HERE}/audit/checkpoint", {})

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.read(answer.body.decode()).checkpoint == made == told(pair.gate.gate)[-1]
