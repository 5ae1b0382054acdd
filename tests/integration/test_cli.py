"""The command line, in this process and on a real folder."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import contracts
import pytest
from asked import ANSWERS, REFUSED
from homes import VILLAGE, Home, handle, moved_into

from forgefed_gate.cli.main import ALL, main

TEAM = f"http://{VILLAGE}/teams/friends"
KNOWN_TEAM = (
    "INSERT INTO people (actor, handle, inbox, kind, refreshed_at)"
    f" VALUES ('{TEAM}', '@friends-team@{VILLAGE}', '{TEAM}/inbox', 'Team', 0)"
)
"""A team that this gate has met, and whose server is away now."""
LISTS = ("project list", "maintainer list", "knocks list", "threads list", "grants list")


WRONG = (
    "",
    "knock",
    "knocks",
    "knocks show",
    "knocks ask {knock}",
    "knocks show {knock} more words",
    "knocks admit {knock} --day 3",
    "knocks admit {knock} --days soon",
    "init {new}",
    "maintainer add anvil {dora} --role king",
)


@dataclass
class Said:
    """What a call of the command line came to."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


Ask = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return moved_into(tmp_path / "data")


@pytest.fixture
def named(home: Home, tmp_path: Path) -> dict[str, str]:
    """Give the names that calls are full of."""
    people = {name: handle(name) for name in ("bob", "carol", "dora", "sam")}
    new, charter = str(tmp_path / "new"), str(tmp_path / "charter.toml")
    ids = {"knock": home.knock, "thread": home.thread, "grant": home.grant}
    return {**people, **ids, "new": new, "charter": charter}


@pytest.fixture
def ask(home: Home, named: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Ask:
    """Call the command line about this home, its words parted by spaces."""

    def asked(words: str, *more: str, **names: str) -> Said:
        config = [] if "--config" in words else ["--config", home.config]
        argv = [word.format(**named, **names) for word in words.split()]
        status = main([*config, *argv, *more])
        return Said(status, *capsys.readouterr())

    return asked


def prepare(verb: str, home: Home, named: dict[str, str], ask: Ask) -> dict[str, str]:
    """Bring about what *verb* is about."""
    if verb.startswith("charter"):
        Path(named["charter"]).write_text(ask("charter show anvil --toml").out, "utf-8")
    if verb in {"threads remove", "threads parties"}:
        ask("threads add {thread} {bob}")
    if verb == "team member":
        ask("team add mates --name Mates")
    if verb in {"team link", "team unlink", "team pause", "team list"}:
        home.change(KNOWN_TEAM)
    if verb in {"team unlink", "team pause", "team list"}:
        said = ask(f"{ANSWERS['team link']} --json", team=TEAM)
        return {"link": said.document["id"]}
    if verb == "unblock":
        ask("block {carol}")
    if verb == "verify":
        ask("threads export {thread} {new}.json")
        return {"export": f"{named['new']}.json"}
    if verb.startswith("safety"):
        ask("block {dora}")
        return {"kept": ask("safety list anvil --json").document["evidence"][0]["id"]}
    if verb in {"publish redact", "publish show", "publish withdraw"}:
        said = ask(f"{ANSWERS['publish propose']} --json")
        return {"piece": said.document["id"]}
    if verb == "team link":
        return {"team": TEAM}
    if verb.startswith("jobs"):
        home.change("UPDATE jobs SET state = 'dead', last_error = 'gone'")
        return {"dead": ask("jobs list --json").document["jobs"][0]["id"]}
    return {}


@pytest.mark.parametrize("verb", ANSWERS)
def test_every_verb_answers_with_the_one_document_it_promises(verb, home, named, ask):
    """A script reads it, and must not have to guess."""
    prepared = prepare(verb, home, named, ask)

    said = ask(f"{ANSWERS[verb]} --json", **prepared)

    assert (said.status, said.err) == (0, "")
    contracts.held(said.document, verb)


def test_every_verb_has_a_promise_and_a_test():
    """A verb that nobody asks here, or beside another gate, could answer anything."""
    elsewhere = {"serve", "restore", "ticket offer", "forge connect", "forge check"}
    assert {verb.words for verb in ALL} == ANSWERS.keys() | elsewhere


@pytest.mark.parametrize("words", LISTS)
def test_every_listed_row_has_an_id(words, ask):
    """What a list shows, the next command names."""
    project = "" if words == "project list" else " anvil"

    (rows,) = ask(f"{words}{project} --json").document.values()

    assert rows
    assert all(row["id"] for row in rows)


@pytest.mark.parametrize(("words", "code"), REFUSED.items())
def test_what_is_refused_is_refused_in_words_and_changes_nothing(words, code, home, named, ask):
    """The reason is for a person, the code for a script, and both are told."""
    Path(named["charter"]).write_text(ask("charter show anvil --toml").out, "utf-8")
    before = home.dump()

    said = ask(f"{words} --json")

    assert said.status == 1
    contracts.held(said.document, "refused")
    assert said.document["refused"] == code
    assert said.err == said.document["detail"] + "\n"
    assert home.dump() == before
    assert not Path(named["new"]).exists()


@pytest.mark.parametrize("words", WRONG)
def test_wrong_usage_leaves_with_two_and_changes_nothing(words, home, ask, capsys):
    """A script tells a mistake of its own from an answer of ours."""
    before = home.dump()

    with pytest.raises(SystemExit) as left:
        ask(words)

    assert left.value.code == 2
    assert "usage: forgefed-gate" in capsys.readouterr().err
    assert home.dump() == before


@pytest.mark.parametrize("verb", ALL, ids=lambda verb: verb.words)
def test_every_verb_shows_an_example(verb, capsys):
    """Help that shows nothing helps nobody."""
    with pytest.raises(SystemExit) as left:
        main([*verb.words.split(), "--help"])

    assert left.value.code == 0
    assert f"Example:\n  forgefed-gate {verb.example}" in capsys.readouterr().out


@pytest.mark.parametrize("words", ["knocks show {knock}", "knocks list anvil"])
@pytest.mark.parametrize("form", ["", " --json"])
def test_a_screener_never_learns_who_knocks(words, form, ask):
    """Whoever judges words should not have to unsee a name."""
    blind, open_eyed = ask(f"{words} --as {{sam}}{form}"), ask(f"{words}{form}")

    assert "bob" in open_eyed.out
    assert not any(name in blind.out for name in ("bob", "127.0.0.1:8999"))
    assert "▒▒▒" in blind.out or "show" not in words


def test_a_screener_may_ask(home, ask):
    """It is what screeners are there for."""
    said = ask("knocks ask {knock} Which bellows do you mean? --as {sam} --json")

    assert said.document == {"id": home.knock, "stage": "returned"}


@pytest.mark.parametrize(("speaker", "recorded"), [("operator", "operator"), ("{carol}", "carol")])
def test_the_record_says_who_acted(speaker, recorded, home, ask):
    """Working at the command line does not make somebody nobody."""
    ask(f"knocks admit {{knock}} --as {speaker}")

    ((principal,),) = home.rows(
        "SELECT principal FROM record WHERE act = 'Admit' AND at = (SELECT MAX(at) FROM record)"
    )
    assert str(principal).endswith(recorded)


def test_admitting_says_the_role_and_the_last_day(ask):
    """These two are what a maintainer tells people next."""
    said = ask("knocks admit {knock} --days 30")

    assert re.match(r"Admitted as report until \d{4}-\d\d-\d\d\.", said.out)


@pytest.mark.parametrize(
    "words",
    [
        "knocks admit {knock} --days 30 Glad to have you",
        "knocks admit {knock} Glad --days 30 to have you",
        "knocks admit --days 30 {knock} Glad to have you",
        "knocks admit {knock} Glad to have you --days 30",
    ],
)
def test_words_may_stand_anywhere(words, home, ask):
    """People do not think of the order of options while they write to somebody."""
    ask(words)

    thread = ask("threads list anvil --json").document["threads"][0]["id"]
    said = ask("threads show " + thread).out
    assert "Glad to have you" in said
    assert "for 30 days" in said


def test_words_may_come_from_standard_input(home, ask, monkeypatch):
    """Longer words are written in an editor."""
    monkeypatch.setattr("sys.stdin", io.StringIO("First line.\n\nSecond line.\n"))

    ask("threads say {thread} -")

    shown = ask("threads show {thread} --json").document["messages"][-1]
    assert shown["words"] == "First line.\n\nSecond line."


def test_words_cannot_move_the_cursor(home, ask):
    """A message must not be able to rewrite the terminal it is read in."""
    ask("threads say {thread}", "\x1b[2J Hello \N{RIGHT-TO-LEFT OVERRIDE}")

    assert not {"\x1b", "\N{RIGHT-TO-LEFT OVERRIDE}"} & set(ask("threads show {thread}").out)


def test_a_charter_comes_back_from_its_file_unchanged(named, ask):
    """What was published can be edited, and what was edited published."""
    before = ask("charter show anvil --json").document
    Path(named["charter"]).write_text(ask("charter show anvil --toml").out, "utf-8")

    assert ask("charter publish anvil {charter} --json").document == before


def test_a_wrong_charter_is_not_published(home, named, ask):
    """The reason names the file, the line and what is wrong."""
    toml = ask("charter show anvil --toml").out.replace("grant_days = 180", "grant_days = 181")
    Path(named["charter"]).write_text(toml, "utf-8")
    before = home.dump()

    said = ask("charter publish anvil {charter}")

    assert said.status == 1
    assert said.err.startswith("charter.toml, line 14: grant_days:")
    assert home.dump() == before


@pytest.mark.parametrize("place", ["gate.toml", "data/gate.toml", "GATE_CONFIG"])
def test_settings_are_found_where_people_keep_them(place, home, tmp_path, monkeypatch, capsys):
    """Typing a path each time is a reason to make mistakes."""
    monkeypatch.delenv("GATE_CONFIG", raising=False)
    monkeypatch.chdir(home.folder if place == "gate.toml" else tmp_path)
    if place == "GATE_CONFIG":
        home.folder.rename(tmp_path / "elsewhere")
        monkeypatch.setenv("GATE_CONFIG", str(tmp_path / "elsewhere" / "gate.toml"))

    assert main(["project", "list"]) == 0
    assert "Anvil" in capsys.readouterr().out


def test_an_ending_needs_no_words(ask):
    """Two options say it all, and the conversation shows what was said."""
    assert ask("knocks decline {knock} --not-now").status == 0
    assert "about our time" in ask("knocks show {knock}").out

    assert ask("threads close {thread} --ending done").status == 0
    assert "What you wrote about is done." in ask("threads show {thread}").out
