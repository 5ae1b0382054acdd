"""What the doctor finds, and what it makes of it."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from gates import House
from homes import Home, moved_into

from forgefed_gate.cli.main import main
from forgefed_gate.domain.ids import DAY, MINUTE, SECOND
from forgefed_gate.services import doctor
from forgefed_gate.services.doctor import Health
from forgefed_gate.store.keyfile import write_key_file

SOMEBODY = json.dumps(
    {
        "links": [
            {
                "rel": "self",
                "type": "application/activity+json",
                "href": "https://gate.example/somebody",
            }
        ]
    }
).encode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return moved_into(tmp_path / "data")


@pytest.fixture
def examine(home: Home, capsys: pytest.CaptureFixture[str]):
    """Let the doctor look at this home, and give the status and what was found."""

    def examined() -> tuple[int, dict[str, str], dict[str, str]]:
        status = main(["--config", home.config, "doctor", "--json"])
        checks = json.loads(capsys.readouterr().out)["checks"]
        health = {each["id"]: each["health"] for each in checks}
        return status, health, {each["id"]: each["sentence"] for each in checks}

    return examined


async def findings(house: House) -> dict[str, tuple[Health, str]]:
    return {each.check: (each.health, each.sentence) for each in await doctor.examine(house.gate)}


async def test_a_gate_that_is_well_has_nothing_to_look_at(house):
    """Whoever is told to look each time stops looking."""
    found = await findings(house)

    assert {health for health, _ in found.values()} == {Health.OK}


async def test_examining_changes_nothing(house):
    """A check that repairs hides what was wrong."""
    tables = ("personas", "jobs", "record", "projects", "inbox")
    before = [await house.rows(table) for table in tables]

    await findings(house)

    assert [await house.rows(table) for table in tables] == before


async def test_a_clock_behind_our_own_past_is_broken(house):
    """Every signature and every end of a Grant hangs on it."""
    house.clock.pass_by(-DAY)

    assert (await findings(house))["clock"][0] is Health.BROKEN


async def test_a_clock_that_differs_from_what_others_see_is_looked_at(house):
    """A proxy on another machine shows the Date by which peers judge our signatures."""
    wrong = datetime.fromtimestamp((house.clock.now + 5 * MINUTE) / SECOND, tz=UTC)
    dated(house, format_datetime(wrong, usegmt=True))

    health, sentence = (await findings(house))["clock"]

    assert health is Health.LOOK
    assert "300 seconds" in sentence


def dated(house: House, date: str) -> None:
    """Let a proxy put a Date on every answer."""
    inner = house.wire.apps["gate.example"]

    async def outer(scope, receive, send):
        async def with_date(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"date", date.encode())]
            await send(message)

        await inner(scope, receive, with_date)

    house.wire.apps["gate.example"] = outer


async def test_when_nobody_answers_the_doctor_says_so_kindly(house):
    """Examining a gate whose server is stopped is the usual case, and no illness."""
    house.wire.apps.clear()

    found = await findings(house)

    assert found["discovery"][0] is Health.LOOK
    assert "not running" in found["discovery"][1]
    assert found["clock"][0] is Health.OK


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b""),
        (200, b"<!doctype html>"),
        (200, b'{"links":[]}'),
        (200, SOMEBODY),
    ],
)
async def test_somebody_else_at_our_address_is_broken(status, body, house):
    """Whoever answers there speaks in our name."""

    async def other(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    house.wire.apps["gate.example"] = other

    assert (await findings(house))["discovery"][0] is Health.BROKEN


async def test_work_that_waits_too_long_is_looked_at(house):
    """It usually means that no server is running."""
    async with house.gate.database.transaction() as tx:
        await tx.run(
            "INSERT INTO jobs (name, kind, lane, payload, state, run_at, put_at)"
            " VALUES ('a', 'deliver', '', :payload, 'ready', :now, :now)",
            payload=b"",
            now=house.clock.now,
        )
    house.clock.pass_by(11 * MINUTE)

    health, sentence = (await findings(house))["queue"]

    assert health is Health.LOOK
    assert "11 minutes" in sentence


def test_a_stopped_gate_is_examined_and_found_well(examine):
    """Looking is not failing: the status is for what is broken."""
    status, health, _ = examine()

    assert status == 0
    assert {name for name, each in health.items() if each != "ok"} == {"discovery"}


def test_dead_letters_are_looked_at(home, examine):
    """Somebody was promised an answer that did not arrive."""
    home.change("UPDATE jobs SET state = 'dead', last_error = 'gone'")

    status, health, sentences = examine()

    assert (status, health["queue"]) == (0, "look")
    assert "jobs list" in sentences["queue"]


def test_a_damaged_database_is_broken(home, examine):
    """A disk that forgets should be noticed before everything depends on it."""
    file = home.folder / "gate.db"
    file.write_bytes(file.read_bytes()[:4096] + bytes(file.stat().st_size - 4096))

    status, health, sentences = examine()

    assert (status, health["gate"]) == (1, "broken")
    assert "damaged" in sentences["gate"]


def test_a_key_file_that_others_can_read_is_broken(home, examine):
    """It opens everything that is private."""
    (home.folder / "gate.key").chmod(0o644)

    status, health, sentences = examine()

    assert (status, health["key file"]) == (1, "broken")
    assert "chmod 600" in sentences["key file"]


def test_another_gates_key_file_is_broken(home, examine):
    """The mistake is easily made after a restore, and quiet until somebody writes."""
    (home.folder / "gate.key").unlink()
    write_key_file(home.folder / "gate.key")
    before = home.dump()

    status, health, _ = examine()

    assert (status, health["key file"], health["keys"]) == (1, "ok", "broken")
    assert home.dump() == before


@pytest.mark.parametrize(
    ("free", "health"), [(50, Health.BROKEN), (500, Health.LOOK), (5_000, Health.OK)]
)
def test_a_full_disk_is_seen_coming(free, health):
    """What cannot be kept is refused, so the gate would fall silent."""
    assert doctor._disk(free * doctor.MEGABYTE)[0] is health
