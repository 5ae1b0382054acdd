"""Every sentence that a person can meet: plain, kind, short, and saying what happens next."""

import inspect
import json
import re
from dataclasses import replace
from enum import Enum
from typing import get_args, get_origin

import pytest
from sentences import (
    FINDINGS,
    FORMS,
    HOUSE,
    MANY,
    PAGE,
    PARTS,
    flashes,
    modules,
    notes,
    page,
    refusals,
    sample,
)

from forgefed_gate.domain.charter import Charter, Clause, default_charter
from forgefed_gate.domain.errors import Malformed
from forgefed_gate.protocol import html
from forgefed_gate.web.problems import problem

UNKIND = re.compile(
    r"\b(error|invalid|denied|rejected|failed|must|illegal|forbidden|unauthorized|violation|abuse"
    r"|users?|submit|click|ticket|please note|unfortunately|regret|spam|guilty|punish\w*)\b",
    re.IGNORECASE,
)
SCOLDING = re.compile(
    r"\b(illegal|forbidden|unauthorized|violation|denied|please note|unfortunately|you failed"
    r"|your fault|stupid|bad request|invalid)\b(?<!not your fault)",
    re.IGNORECASE,
)
NEXT = re.compile(
    r"\b(repl\w+|writ\w+|welcome|answer\w*|reads?|opens?|signs?|wait\w*|again|until|keep|kept"
    r"|nothing|need not|renew\w*|hand|next|ask\w*|take part|send|from now on|look\w*|see)\b",
    re.IGNORECASE,
)
LONGEST_NOTE = 3_000
LONGEST_SENTENCE = 300
ENDS = (".", "?", "!", "…", ".”", "›", "”")

HARD = (
    "",
    " ",
    "x" * 1_000,
    "שלום לכולם \N{RIGHT-TO-LEFT OVERRIDE}dlrow",
    "🧑‍🚀 Größe naïve 冒険",
    "<script>alert(1)</script><b>&amp;\"'",
    "one\n\ntwo\r\nthree\n\n\n\nfour",
    "{name} {0} %s %(x)s",
    "9999-12-31",
    "https://gate.example/console/threads/1",
)
CLAUSES = tuple(Clause(id=f"c{number}", text="w " * 249 + "w.") for number in range(8))
CHARTERS = (
    default_charter("Anvil"),
    Charter(expects=(), offers=(), questions=()),
    Charter(expects=CLAUSES, offers=CLAUSES, questions=("Why? " * 99,) * 10, wait_days=365),
    replace(
        default_charter("<b>Anvil</b>"), agreement="<i>\N{RIGHT-TO-LEFT OVERRIDE}", wait_days=1
    ),
    replace(default_charter("{name}"), wait_days=None),
)


def hard(name, kind):
    """List values of *kind* at its edges."""
    if kind is str:
        return HARD
    if kind is int:
        return (0, 1, 2, 10**12)
    if kind is bool:
        return (True, False)
    if kind is Charter:
        return CHARTERS
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return tuple(kind)
    if get_origin(kind) in MANY:
        return (MANY[get_origin(kind)](), sample(name, kind))
    choices = get_args(kind)
    return tuple(each for choice in choices for each in (hard(name, choice) or (None,)))


def renderings(note):
    """Say a note with each of its parts at each of its edges, and with all of them at once."""
    edges = {name: hard(name, kind) or (sample(name, kind),) for name, kind in note.takes.items()}
    yield note.say()
    for name, values in edges.items():
        for value in values:
            yield note.say(**{name: value})
    for turn in range(max(map(len, edges.values()), default=0)):
        yield note.say(**{name: values[turn % len(values)] for name, values in edges.items()})


NOTES = pytest.mark.parametrize("note", notes(), ids=lambda note: f"{note.module}.{note.name}")


@NOTES
def test_whatever_is_filled_in_a_note_stays_a_note(note):
    """Nothing breaks it, nothing is filled in twice, and no markup of anybody becomes ours."""
    for said in renderings(note):
        sent = html.from_text(said)
        assert html.to_text(sent) == html.tidy(said)
        assert set(re.findall(r"</?(\w+)", sent)) <= {"p", "br", "a"}
        assert "<script" not in sent
        assert "\n\n\n" not in html.tidy(said)


@NOTES
def test_a_note_is_whole(note):
    """It begins and ends like a sentence, with every gap filled, and fits into one message."""
    said = note.say()

    assert said == said.strip()
    assert note.name == "PRIVACY" or "{" not in said
    assert not re.search(r"\bNone\b|\bWord\.|\bRole\.|<class", said)
    assert note.kind == "part" or said.endswith(ENDS)
    assert 0 < len(said) <= LONGEST_NOTE
    assert "!!" not in said


@NOTES
def test_a_note_is_kind(note):
    """Refusing never shames, and machines' words are not people's words."""
    assert UNKIND.findall(note.say()) == []


@NOTES
def test_a_note_says_what_happens_next(note):
    """Nobody is left standing at the door; whoever checks something knows what they wanted."""
    assert note.kind != "note" or NEXT.search(note.say())


@NOTES
def test_a_note_says_what_it_is_for(note):
    """Whoever changes or translates it has to know when it is said."""
    assert isinstance(note.said, str) or note.purpose.endswith(".")


def test_what_is_excused_is_there():
    """An exception for a sentence that is gone would excuse the next one of its name."""
    found = notes()

    assert {f"{each.module}.{each.name}" for each in found} >= PARTS
    assert {each.module for each in found} >= FINDINGS


def test_one_and_many_are_told_apart():
    """A number is not a form with “(s)” in it."""
    assert not [note.name for note in notes() if "(s)" in note.say()]


@pytest.mark.parametrize(("code", "said"), sorted(flashes().items()))
def test_what_the_console_says_is_a_short_sentence(code, said):
    """After every act, and beside every delivery that was given up on, in one line."""
    assert re.fullmatch(r"[a-z-]+( \(delivery\))?", code)
    assert said[0].isupper()
    assert said.endswith(".")
    assert len(said) < LONGEST_SENTENCE / 2
    assert not UNKIND.search(said)


@pytest.mark.parametrize("refused", refusals(), ids=lambda each: each.where)
def test_a_refusal_is_a_sentence_that_does_not_scold(refused):
    """It says what is so, and where somebody can do something, what."""
    said = refused.sentence

    assert said[0].isupper() or said[0] in "‹“("
    assert said.endswith(ENDS) or said.endswith("chmod 600 ‹path›")
    assert "{" not in said
    assert len(said) <= LONGEST_SENTENCE
    assert not SCOLDING.search(said)


GAP = re.compile("‹[^›]*›")


@pytest.mark.parametrize(
    "refused",
    [each for each in refusals() if GAP.search(each.sentence)],
    ids=lambda each: each.where,
)
@pytest.mark.parametrize("value", HARD)
def test_whatever_a_refusal_names_it_stays_what_it_is(refused, value):
    """As an answer in somebody's own account and as a problem on the wire, whatever fills it."""
    said = GAP.sub(lambda _: value, refused.sentence)

    sent = html.from_text(said)
    assert html.to_text(sent) == html.tidy(said)
    assert set(re.findall(r"</?(\w+)", sent)) <= {"p", "br", "a"}
    told = json.loads(problem(Malformed("some-code", said)).body)
    assert (told["detail"], told["code"]) == (said, "some-code")


def test_the_refusals_are_found():
    """A rule that finds nothing would hold for anything."""
    found = refusals()

    assert len(found) > 150
    assert {"already-closed", "not-waiting", "role-too-high"} <= {each.code for each in found}
    assert all(each.code for each in found)


def test_no_sentence_to_a_person_stands_outside_of_the_catalogue():
    """A note that is put together elsewhere is one that nobody renders here."""
    strays = [
        str(path.relative_to(HOUSE))
        for path in sorted(HOUSE.rglob("*.py"))
        if re.search(r"\b(Tell|Remark)\([^)]*text=f?[\"']", path.read_text(encoding="utf-8"))
    ]

    assert strays == []


def test_pages_escape_whatever_they_show():
    """A template that trusts a word once shows markup of a stranger."""
    templates = sorted((HOUSE / "web" / "templates").rglob("*.html"))

    assert len(templates) > 10
    for template in templates:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", text), template.name
        assert not re.search(r"<(script|style)\b|\son\w+=|javascript:", text), template.name


def test_the_page_of_sentences_is_up_to_date():
    """Run “make sentences” and look at what changed: that is what people will read."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_topic_is_in_the_catalogue():
    """A module that is not rendered here would be one that nobody reads."""
    found = {module.__name__.rpartition(".")[2] for module in modules()}
    there = {path.stem for path in (HOUSE / "domain" / "words").glob("*.py")}

    assert found == there - {"__init__", FORMS}
