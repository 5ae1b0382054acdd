"""The audit log at the command line: by its exit status a script knows whether all is well."""

import json
from pathlib import Path

import contracts
import pytest
from homes import Home, moved_into

from forgefed_gate.cli.main import main


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return moved_into(tmp_path / "data")


@pytest.fixture
def ask(home, capsys):
    """Ask something of the gate in a folder, and give the status and the document."""

    def asked(words: str, folder: Path = home.folder) -> tuple[int, dict]:
        status = main(["--config", str(folder / "gate.toml"), *words.split(), "--json"])
        return status, json.loads(capsys.readouterr().out)

    return asked


def test_a_log_that_is_whole_is_said_to_be(ask):
    """Before the first checkpoint, and after."""
    assert ask("audit verify")[0] == 0
    _, made = ask("audit checkpoint")

    status, said = ask("audit verify")

    assert status == 0
    contracts.held(said, "audit verify")
    assert (said["entries"], said["checkpoints"], said["waiting"]) == (made["size"], 1, 0)
    assert made["size"] > 5
    assert made["note"].startswith(f"127.0.0.1:1/audit\n{made['size']}\n{made['root']}\n\n— ")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("entry = CAST(entry || x'20' AS BLOB)", "is not what it was when it was written."),
        ("entry = CAST(entry AS TEXT)", "is not what it was when it was written."),
        ("position = 'somewhere'", "is missing."),
    ],
)
def test_an_entry_that_was_changed_is_named(change, found, ask, home):
    """With a status that a timer notices."""
    ask("audit checkpoint")
    home.change("DROP TRIGGER audit_log_is_not_changed")
    home.change(f"UPDATE audit_log SET {change} WHERE position = 3")

    status, said = ask("audit verify")

    assert status == 1
    contracts.held(said, "audit verify")
    assert (said["well"], said["first"], said["last"]) == (False, 3, 3)
    assert said["found"].startswith(f"Entry 3 {found}")


def test_a_backup_that_was_restored_is_a_log_that_was_cut(ask, home, tmp_path):
    """The file of checkpoints tells what is missing, and such a gate signs nothing more."""
    _, before = ask("audit checkpoint")
    ask(f"backup {tmp_path / 'kept.tar'}")
    ask(f"threads say {home.thread} Thank-you")
    _, after = ask("audit checkpoint")
    anew = tmp_path / "anew"
    assert ask(f"restore {tmp_path / 'kept.tar'}", anew)[0] == 0
    for name in ("gate.key", "gate.checkpoints"):
        (anew / name).write_bytes((home.folder / name).read_bytes())
        (anew / name).chmod(0o600)

    status, said = ask("audit verify", anew)

    assert (status, said["first"], said["last"]) == (1, before["size"], after["size"] - 1)
    assert said["found"].startswith(f"Entry {before['size']} is missing. If a backup was restored")
    ask(f"threads say {home.thread} Hello", anew)
    assert ask("audit checkpoint", anew) == (
        1,
        {
            "refused": "audit-cut",
            "detail": f"The audit log holds {before['size']} entries, and we told of"
            f" {after['size']}: “audit verify” says which are missing.",
        },
    )

    (anew / "gate.checkpoints").rename(anew / "gate.checkpoints.until-today")

    assert ask("audit checkpoint", anew)[0] == 0
    assert ask("audit verify", anew)[0] == 0


def test_owners_see_who_did_what(ask):
    """Until the record of names is forgotten."""
    ask("audit checkpoint")

    _, said = ask("audit list anvil --limit 3")

    entries = said["entries"]
    first, *_ = entries
    assert (first["act"], first["role"], first["who"]) == ("Say", "operator", "operator")
    assert [each["entry"] for each in entries] == [first["entry"] - back for back in range(3)]


def test_a_name_that_was_forgotten_is_forgotten(ask, home):
    """The log itself never had it."""
    ask("audit checkpoint")
    home.change("DELETE FROM record")

    _, said = ask("audit list anvil")

    assert {each["who"] for each in said["entries"]} == {None}
    assert ask("audit verify")[0] == 0


def test_reading_at_the_command_line_is_reading(ask, home):
    """Whoever has a shell on the server reads as its operator."""
    ask(f"threads show {home.thread}")
    ask("audit checkpoint")

    _, said = ask("audit list anvil --limit 1")

    [entry] = said["entries"]
    assert (entry["act"], entry["role"], entry["who"]) == ("Open", "operator", "operator")


def test_a_witness_that_does_not_answer_is_said_to_be_silent(ask, home):
    """It is no proof of anything, and nobody should take it for one."""
    ask("audit checkpoint")
    settings = home.folder / "gate.toml"
    words = settings.read_text("utf-8")
    settings.write_text(words.replace('witness = ""', 'witness = "http://127.0.0.1:2"'), "utf-8")

    status, said = ask("audit verify")

    assert (status, said["witness"]) == (0, "silent")
