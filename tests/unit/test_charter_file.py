"""Charter files: what is written reads back, and what is wrong is named with its line."""

import tomllib
from bisect import bisect_left
from dataclasses import replace

import pytest
from contracts import charter_errors
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain import places
from forgefed_gate.domain.charter import Charter, Clause, default_charter
from forgefed_gate.domain.errors import Malformed, Refusal, TooLarge
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.words import renewals, talk
from forgefed_gate.protocol import charter_file, html
from forgefed_gate.protocol.charter_file import (
    LONGEST_AGREEMENT,
    LONGEST_TEXT,
    MOST_CLAUSES,
    MOST_QUESTIONS,
    OFFERED,
    read_charter,
    write_charter,
)
from forgefed_gate.protocol.render import PrivateNote, private_note

USUAL = write_charter(default_charter("Anvil"))

lines = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60
).filter(lambda text: text.strip())
names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
promises = st.lists(
    st.builds(Clause, id=names, text=lines),
    min_size=2,
    max_size=12,
    unique_by=lambda each: each.id,
)


@st.composite
def charters(draw):
    """Draw any charter that a file may hold."""
    clauses = tuple(draw(promises))
    half = draw(st.integers(1, len(clauses) - 1))
    return Charter(
        expects=clauses[:half],
        offers=clauses[half:],
        questions=tuple(draw(st.lists(lines, min_size=1, max_size=10))),
        agreement=draw(lines),
        wait_days=draw(st.none() | st.integers(1, 365)),
        role=draw(st.sampled_from(OFFERED)),
        grant_days=draw(st.integers(1, 180)),
        greet_followers=draw(st.booleans()),
        renew_active=draw(st.booleans()),
    )


@given(charters())
def test_a_charter_reads_back_from_its_file(charter):
    """Agreeing means agreeing to a hash, so not a letter may change on the way."""
    assert read_charter(write_charter(charter).encode(), name="charter.toml") == charter


@given(charters())
def test_what_is_written_is_what_the_schema_promises(charter):
    """Whoever edits with the schema at hand is not surprised by the gate."""
    document = tomllib.loads(write_charter(charter))

    assert document == charter_file.document(charter)
    assert charter_errors(document) == []


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_arbitrary_bytes_are_refused_in_words(source):
    """Somebody will publish the wrong file."""
    with pytest.raises(Refusal, match=r"charter\.toml"):
        read_charter(source, name="charter.toml")


def test_what_is_left_out_has_its_default():
    """A short file is a good file."""
    short = '[[expects]]\nid = "a"\ntext = "A"\n[[offers]]\nid = "b"\ntext = "B"\n'

    charter = read_charter(f'questions = ["Why?"]\n{short}'.encode(), name="charter.toml")

    assert (charter.agreement, charter.wait_days, charter.grant_days) == ("I agree", 7, 180)


def test_nothing_may_be_promised_about_waiting():
    """An honest zero is better than a number that nobody keeps."""
    silent = replace(default_charter("Anvil"), wait_days=None)

    assert "wait_days = 0\n" in write_charter(silent)


WRONG = [
    ("role = ", "roles = ", 11, "perhaps “role” was meant"),
    ("agreement = ", "xyz = ", 5, "nothing of that name"),
    ('"I agree"', '""', 5, "from 1 to 60 characters"),
    ('"I agree"', '" "', 5, "from 1 to 60 characters"),
    ('"I agree"', "3", 5, "text in quotes"),
    ('"I agree"', '"I\\nagree"', 5, "one line"),
    ('"I agree"', f'"{"x" * 61}"', 5, "from 1 to 60 characters"),
    ("wait_days = 7", "wait_days = 366", 8, "from 0 to 365"),
    ("wait_days = 7", "wait_days = -1", 8, "from 0 to 365"),
    ("wait_days = 7", "wait_days = true", 8, "from 0 to 365"),
    ('"report"', '"admin"', 11, "one of: report, triage, write"),
    ('"report"', "2", 11, "one of: report, triage, write"),
    ("grant_days = 180", "grant_days = 181", 14, "from 1 to 180"),
    ("grant_days = 180", "grant_days = 0", 14, "from 1 to 180"),
    ("greet_followers = false", 'greet_followers = "no"', 17, "true or false"),
    ('"What brought you here', '3, "What brought you here', 23, "text in quotes"),
    ('id = "kindness"', 'id = "Kindness"', 31, "expects 1, id: “Kindness”"),
    ('id = "kindness"', "", 30, "expects 1, id: it is missing"),
    ('id = "patience"', 'id = "patience"\nwhy = "so"', 40, "expects 3, why: there is nothing"),
    ('id = "privacy"', 'id = "answer"', 43, "two promises are called “answer”"),
    ('text = "Every kind', 'txt = "Every kind', 53, "offers 3, txt: there is nothing"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "why"), WRONG)
def test_what_is_wrong_is_named_with_its_line(right, wrong, line, why):
    """The person who reads this has the file open in front of them."""
    assert USUAL.count(right) == 1

    with pytest.raises(Malformed) as refusal:
        read_charter(USUAL.replace(right, wrong).encode(), name="charter.toml")

    assert refusal.value.code == "charter-wrong"
    assert refusal.value.sentence.startswith(f"charter.toml, line {line}: ")
    assert why in refusal.value.sentence


@pytest.mark.parametrize(
    "source",
    [
        'questions = ["Why?"]\nexpects = 3\n',
        'questions = ["Why?"]\nexpects = ["Be kind."]\n',
        'questions = ["Why?"]\nexpects = []\n',
        "questions = []\n",
        "questions = 3\n",
        "",
    ],
)
def test_lists_that_are_no_lists_are_named(source):
    """A file may be wrong in shape as well as in words."""
    with pytest.raises(Malformed, match=r"^charter\.toml, line \d+: (questions|expects): "):
        read_charter(source.encode(), name="charter.toml")


def test_a_broken_file_says_where_it_breaks():
    """TOML's own reader knows the line; we pass it on."""
    with pytest.raises(Malformed, match=r"charter\.toml cannot be read: .*line 2"):
        read_charter(b'agreement = "I agree"\nrole = \n', name="charter.toml")


def test_a_number_of_thousands_of_digits_is_refused():
    """Python itself would not read it, and says so in its own way."""
    with pytest.raises(Malformed, match=r"charter\.toml cannot be read"):
        read_charter(b"days = " + b"9" * 8_000, name="charter.toml")


@pytest.mark.parametrize(
    "source",
    ["a" + ".a" * 16_000 + "=1", "x = {" + "'a'." * 200 + "a=1}", "[" + "a." * 200 + "a]"],
)
def test_a_name_of_names_is_not_followed(source):
    """TOML's own reader takes seconds for thousands, and a charter has no such names."""
    with pytest.raises(Malformed, match="deeper than any charter"):
        read_charter(source.encode(), name="charter.toml")


@pytest.mark.parametrize(
    "text", ["." * 300, "a.b" * 100, "it's" + "." * 300, "#" + "." * 300, '\\"' + "." * 300]
)
def test_dots_in_a_text_are_no_names(text):
    """People may write as many as they like."""
    source = USUAL.replace('agreement = "', f'# {text}\nagreement = "')
    charter = replace(read_charter(source.encode(), name="charter.toml"), questions=(text, text))

    assert read_charter(write_charter(charter).encode(), name="charter.toml") == charter


def test_a_huge_file_is_not_read():
    """Nobody agrees to what nobody can read."""
    with pytest.raises(TooLarge):
        read_charter(b"#" * (charter_file.LONGEST_FILE + 1), name="charter.toml")


def full(letter: str, length: int) -> Charter:
    """Write as many promises and questions as a charter has, all of one length."""
    text = letter * length
    clauses = [Clause(id=f"n{number}", text=text) for number in range(2 * MOST_CLAUSES)]
    return Charter(
        expects=tuple(clauses[:MOST_CLAUSES]),
        offers=tuple(clauses[MOST_CLAUSES:]),
        questions=(text,) * MOST_QUESTIONS,
        agreement=letter * LONGEST_AGREEMENT,
    )


def refused(charter: Charter) -> bool:
    """Say whether a charter is too long, by its texts or by its file."""
    try:
        read_charter(write_charter(charter).encode(), name="charter.toml")
    except Refusal:
        return True
    return False


def test_what_no_note_can_show_is_refused_with_what_to_do():
    """It says how much it is, and on which line it begins."""
    with pytest.raises(Malformed) as refusal:
        read_charter(write_charter(full("a", LONGEST_TEXT)).encode(), name="charter.toml")

    assert "have 25267 bytes" in refusal.value.sentence
    assert "please make some shorter" in refusal.value.sentence


@pytest.mark.parametrize("letter", ["a", "&", "'", "\N{GRINNING FACE}"])
def test_every_charter_fits_into_the_notes_that_show_it(letter):
    """A server that measures as we do would refuse the first answer, and nobody would know why."""
    lengths = range(1, LONGEST_TEXT + 1)
    longest = bisect_left(lengths, True, key=lambda length: refused(full(letter, length)))
    assert longest < LONGEST_TEXT
    charter, name = full(letter, longest), "&" * places.LONGEST_NAME
    page = f"https://{'g' * 253}/@{'s' * 40}"
    shown = [
        talk.first_answer(talk.welcome_back(name), name, charter, page, signs=True),
        talk.invitation(name, charter, page, Role.TRIAGE, signs=True),
        renewals.agree_again(name, charter, page, "2026-11-22"),
    ]

    for text in shown:
        written = PrivateNote(
            id="https://gate.example/notes/1",
            desk="https://gate.example/desks/anvil",
            to=f"https://{'h' * 253}/users/{'b' * 250}",
            handle=f"@{'b' * 250}@{'h' * 253}",
            text=text,
            at=0,
            in_reply_to=None,
            conversation=None,
        )
        content = private_note(written)["object"]["content"]
        assert len(content.encode()) <= html.LONGEST_TEXT
        assert html.to_text(content).endswith(text[-20:])


@given(st.text())
def test_any_project_name_makes_a_default_charter_that_can_be_written(name):
    """The first charter of a project is not written by anybody, and has to be editable."""
    charter = default_charter(name)

    assert tomllib.loads(write_charter(charter))["questions"] == list(charter.questions)
