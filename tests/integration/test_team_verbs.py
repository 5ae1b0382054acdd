"""Teams and links from the command line: what is only told, and who may do what."""

import json

import pytest
from homes import VILLAGE, Home, handle, moved_into

from forgefed_gate.cli.main import main

TEAM = f"http://{VILLAGE}/teams/friends"
KNOWN_TEAM = (
    "INSERT INTO people (actor, handle, inbox, kind, refreshed_at)"
    f" VALUES ('{TEAM}', '@friends-team@{VILLAGE}', '{TEAM}/inbox', 'Team', 0)"
)
"""A team that this gate has met, and whose server is away now."""


@pytest.fixture
def home(tmp_path) -> Home:
    made = moved_into(tmp_path / "data")
    made.change(KNOWN_TEAM)
    return made


@pytest.fixture
def ask(home, capsys):
    """Call the command line about this home."""

    def asked(*words: str) -> tuple[int, str]:
        status = main(["--config", home.config, *words])
        return status, capsys.readouterr().out

    return asked


def linked(ask) -> str:
    """Link the project with the team, and give the code."""
    return json.loads(ask("team", "link", "anvil", TEAM, "--yes", "--json")[1])["id"]


def test_without_a_yes_a_link_is_only_told(home, ask):
    """Nothing is written, not even that somebody asked; a script sees it by the status."""
    before = home.dump()

    status, said = ask("team", "link", "anvil", TEAM, "--role", "triage", "--cap", "2")
    also, document = ask("team", "link", "anvil", TEAM, "--json")

    assert (status, also) == (1, 1)
    assert "does not tell how many people are in it" in said
    assert "“triage”" in said
    assert "At most 2 new people" in said
    assert said.endswith("Nothing was done yet. Add --yes to do it.\n")
    found = json.loads(document)
    assert (found["id"], found["done"], found["admits"]) == (None, False, None)
    assert (found["role"], found["cap"], found["kind"]) == ("report", 5, "team")
    assert home.dump() == before


def test_with_a_yes_it_is_offered_as_it_was_told(home, ask):
    """One link, one message to the team, one line in the record."""
    jobs = home.rows("SELECT COUNT(*) FROM jobs WHERE kind = 'deliver'")[0][0]

    told = json.loads(ask("team", "link", "anvil", TEAM, "--json")[1])
    code = linked(ask)

    [row] = json.loads(ask("team", "list", "anvil", "--json")[1])["links"]
    assert row["id"] == code
    for name in ("role", "cap", "kind", "peer", "house"):
        assert row[name] == told[name]
    assert (row["state"], row["came"], row["paused"]) == ("offered", 0, False)
    assert home.rows("SELECT COUNT(*) FROM jobs WHERE kind = 'deliver'")[0][0] == jobs + 1
    assert home.rows("SELECT act, reason FROM record ORDER BY at DESC LIMIT 1") == [
        ("LinkUp", "link-offered")
    ]


def test_codes_are_read_in_any_case(home, ask):
    """They are typed from a telephone as well."""
    code = linked(ask)
    assert ask("team", "pause", code.lower())[0] == 0
    assert home.rows("SELECT paused FROM links") == [(1,)]
    assert ask("team", "pause", code.lower(), "--off")[0] == 0
    assert home.rows("SELECT paused FROM links") == [(0,)]
    assert ask("team", "unlink", code.lower())[0] == 0
    assert home.rows("SELECT state FROM links") == [("ended",)]


@pytest.mark.parametrize("words", ["link anvil {team} --yes", "unlink {code}", "list anvil"])
def test_a_screener_begins_ends_and_sees_no_link(home, ask, words):
    """It is for owners; letting one rest is for maintainers too."""
    code = linked(ask)
    before = home.dump()

    for verb in (words, "pause {code}"):
        typed = [word.format(team=TEAM, code=code) for word in verb.split()]
        assert ask("team", *typed, "--as", handle("sam"))[0] == 1
        assert home.dump() == before


@pytest.mark.parametrize("verb", ["unlink", "pause"])
def test_what_has_ended_neither_ends_again_nor_rests(home, ask, verb):
    """An end is for good."""
    code = linked(ask)
    ask("team", "unlink", code)
    before = home.dump()

    assert ask("team", verb, code)[0] == 1
    assert home.dump() == before


def test_a_team_is_a_house_like_any_other(home, ask):
    """Charter, people who run it, members: by the verbs that projects have."""
    assert ask("team", "add", "mates", "--name", "Mates")[0] == 0
    assert ask("maintainer", "add", "mates", handle("carol"), "--role", "owner")[0] == 0
    assert "linked-projects" in ask("charter", "show", "mates")[1]
    status, said = ask("team", "member", "mates", handle("dora"))
    assert status == 0
    assert "grants revoke" in said
    assert home.rows("SELECT stage FROM knocks WHERE project = 'mates'") == [("invited",)]
    listed = json.loads(ask("project", "list", "--json")[1])["projects"]
    assert {row["id"]: row["kind"] for row in listed} == {"anvil": "project", "mates": "team"}
    assert ask("grants", "list", "mates")[0] == 0
