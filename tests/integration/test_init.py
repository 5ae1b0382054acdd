"""Making a gate: what `init` chooses, what it refuses, and who can read what it made."""

import stat
from pathlib import Path

import pytest

from forgefed_gate.cli.main import main
from forgefed_gate.config import read_settings


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return tmp_path / "made"


def init(made: Path, url: str) -> int:
    return main(["init", str(made), "--base-url", url])


@pytest.mark.parametrize("there", ["gate.toml", "gate.key", "gate.db"])
def test_init_leaves_what_is_there(there, made, capsys):
    """Overwriting a key file would make everything unreadable."""
    made.mkdir()
    (made / there).write_text("mine", "utf-8")

    assert init(made, "https://gate.example") == 1
    assert f"There is a {there}" in capsys.readouterr().err
    assert {path.name: path.read_text("utf-8") for path in made.iterdir()} == {there: "mine"}


@pytest.mark.parametrize(
    "url",
    ["gate.example", "https://gate.example/x", "http://gate.example", "https://gate.example:443"],
)
def test_init_refuses_an_address_that_cannot_work(url, made):
    """It is part of every name, and cannot change later."""
    assert init(made, url) == 1
    assert list(made.glob("*")) == []


@pytest.mark.parametrize(
    ("url", "port", "http"),
    [
        ("https://gate.example", 8420, False),
        ("https://gate.example:8443", 8443, False),
        ("http://127.0.0.1:8421", 8421, True),
        ("http://localhost:8421", 8421, True),
        ("http://[::1]:8421", 8421, True),
    ],
)
def test_init_chooses_what_follows_from_the_address(url, port, http, made, capsys):
    """A closed test works at once, and says that it is one; nothing else is opened."""
    assert init(made, url) == 0

    settings = read_settings(made / "gate.toml")
    assert (settings.base_url, settings.port, settings.allow_http) == (url, port, http)
    assert [str(each) for each in settings.allow_networks] == (
        ["127.0.0.0/8", "::1/128"] if http else []
    )
    assert ("allow_http is on" in capsys.readouterr().out) is http


def test_only_the_owner_can_read_what_init_made(made):
    """Keys, settings and words are on the same disk as other people's programs."""
    init(made, "https://gate.example")

    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {
        "gate.toml": 0o600,
        "gate.key": 0o600,
        "gate.db": 0o600,
    }
