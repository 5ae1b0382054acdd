"""Exports of earlier versions: whoever kept one can check it for ever."""

import hashlib
import json
from pathlib import Path

import pytest
from contracts import schema
from deliveries import NOW
from exported import whole
from jsonschema import Draft202012Validator

from forgefed_gate.cli.main import main
from forgefed_gate.domain.errors import Malformed, TooLarge
from forgefed_gate.protocol import exports, keys, verifying
from forgefed_gate.protocol.keys import SigningKey

DESK = "https://gate.example/desks/anvil"
VECTORS = Path(__file__).parent.parent / "vectors" / "exports"
KEPT = {
    "1-contributor.json": "c4d2bf01ee5ce43d9db1c7694cd7e39c7af4545452fdcf6f8489b89a37370bca",
    "1-project.json": "89987eda8454a5a84a6f76b3a455de3bfde3009231e9e54c9a3495f610e3d719",
}
"""Never to be made anew: these are the bytes that somebody was given."""


@pytest.mark.parametrize("name", KEPT)
def test_an_export_of_then_is_whole_today(name):
    """With edits, a deletion, both ways of signing a request, decisions and talk."""
    data = (VECTORS / name).read_bytes()

    report = verifying.examine(data)

    assert hashlib.sha256(data).hexdigest() == KEPT[name]
    assert report.fault is None
    assert report.proofs == {"request": 3, "attestation": 7, "gone": 1}
    assert [*Draft202012Validator(schema("export.schema")).iter_errors(json.loads(data))] == []


def test_it_is_checked_without_a_gate(tmp_path, monkeypatch, capsys):
    """Whoever has the file and the program needs nothing else: no settings, no database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GATE_CONFIG", raising=False)

    status = main(["verify", str(VECTORS / "1-contributor.json")])

    said = capsys.readouterr()
    assert (status, said.err) == (0, "")
    assert "All 11 messages are as they were." in said.out
    assert "3 proven by what their author's own server signed" in said.out
    assert "compares it with what https://gate.example/desks/anvil shows" in said.out
    assert list(tmp_path.iterdir()) == []


def test_the_first_altered_message_is_named(tmp_path, capsys):
    """In words for people, and as a number for programs."""
    spoiled = tmp_path / "spoiled.json"
    data = (VECTORS / "1-contributor.json").read_bytes()
    spoiled.write_bytes(data.replace(b"Which part?", b"Which point?"))

    assert main(["verify", str(spoiled)]) == 1
    assert capsys.readouterr().out.startswith("Message 5 is not as it was")
    assert main(["verify", "--json", str(spoiled)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["well"], told["fault"]["message"]) == (False, 5)


def test_no_file_moves_the_cursor(tmp_path, capsys):
    """Whoever sends it may have signed it themselves, and written anything into it."""
    document = whole((VECTORS / "1-contributor.json").read_bytes())
    own = SigningKey(id="https://evil.example/d#k", owner=DESK, private=keys.new_ed25519())
    conversation = {**document["conversation"], "keys": [named(own)], "grants": []}
    del conversation["format"]
    conversation["thread"]["name"] = "Anvil\x1b[2J"
    forged = tmp_path / "forged.json"
    forged.write_bytes(exports.write(conversation, [], key=own, now=NOW))

    assert main(["verify", str(forged)]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert f"signed with the key {named(own)['publicKeyMultibase']}" in said


def named(own):
    public = keys.write_multibase(own.private.public_key())
    return {"id": own.id, "owner": own.owner, "publicKeyMultibase": public}


def test_wrong_usage_is_said_as_everywhere(capsys):
    """Exit status 2 belongs to whoever calls it, and never to a file."""
    with pytest.raises(SystemExit) as left:
        main(["verify"])

    assert left.value.code == 2
    assert "FILE" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"", b"\n", b"{}", b"[]\n[]", b"\0" * 100, b'{"messages":[]}'])
def test_what_was_never_an_export_is_refused(data):
    """A sentence, and no verdict about messages that there are not."""
    with pytest.raises(Malformed):
        verifying.examine(data)


def test_what_is_far_too_large_is_not_read():
    """Nobody exports that much, and somebody could send it."""
    with pytest.raises(TooLarge):
        exports.take_apart(b"x" * (exports.LARGEST + 1))
