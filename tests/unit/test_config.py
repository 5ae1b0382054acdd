"""Settings: every one explained once, and a wrong one named with its line."""

import re
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.config import SETTINGS, read_settings, write_example
from forgefed_gate.domain.errors import Malformed, Refusal


@pytest.fixture
def written(tmp_path: Path):
    """Write a settings file."""

    def write(source: str) -> Path:
        path = tmp_path / "gate.toml"
        path.write_text(source, "utf-8")
        return path

    return write


def test_the_example_reads_as_the_defaults(written):
    """What the comments call the default is the default."""
    example = written(write_example())
    read = read_settings(example)

    assert read == read_settings(written(""))
    assert read.database == str(example.parent / "gate.db")
    assert read.key_file == example.parent / "gate.key"


def test_every_setting_stands_on_a_line_of_its_own_with_its_meaning_above():
    """A self-hoster reads this file and nothing else."""
    lines = write_example().splitlines()

    for setting in SETTINGS:
        (number,) = [n for n, line in enumerate(lines) if line.startswith(f"{setting.name} = ")]
        above = " ".join(line.strip("# ") for line in _comment_at_the_end(lines[:number]))
        assert above == f"{setting.meaning} Default: {lines[number].partition(' = ')[2]}"


def _comment_at_the_end(lines: list[str]) -> list[str]:
    found: list[str] = []
    while lines and lines[-1].startswith("#"):
        found.insert(0, lines.pop())
    return found


def test_a_comment_never_looks_like_a_setting():
    """A line edited in a comment changes nothing, and looks as if it did."""
    comments = [line for line in write_example().splitlines() if line.startswith("#")]

    assert not any(re.search(r"\w\s*=", line) for line in comments)
    assert all(len(line) <= 99 for line in comments)


def test_what_is_chosen_is_filled_in(written):
    """`init` writes what follows from the address."""
    source = write_example(
        base_url="http://127.0.0.1:8420", allow_http=True, allow_networks=["127.0.0.0/8"]
    )

    read = read_settings(written(source))

    assert read.allow_http
    assert read.allow_networks == (ip_network("127.0.0.0/8"),)


def test_a_database_elsewhere_is_left_as_it_is(written):
    """PostgreSQL's address is no path, and an absolute path is where it says."""
    for database in ("postgresql://gate@db/gate", "/var/lib/gate/gate.db"):
        read = read_settings(written(f'database = "{database}"\n'))
        assert read.database == database
        assert read.on_postgresql is database.startswith("postgresql")


def test_a_token_is_named_by_its_place(written):
    """A file stands beside the settings, and a variable is read when it is needed."""
    path = written('[forge]\ntokens = ["https://a.example/ a.token", "https://b.example $B"]\n')

    assert read_settings(path).tokens == (
        ("https://a.example", str(path.parent / "a.token")),
        ("https://b.example", "$B"),
    )


WRONG = [
    ('base_url = "gate.example"', 1, "base_url is wrong"),
    ('base_url = "https://gate.example/"', 1, "nothing after the host"),
    ('base_url = "https://Gate.example"', 1, "base_url is wrong"),
    ('base_url = "https://me@gate.example"', 1, "base_url is wrong"),
    ('base_url = "https://gate.example:443"', 1, "leave “:443” out"),
    ('base_url = "https://gate.example:99999"', 1, "base_url is wrong"),
    ('base_url = "ftp://gate.example"', 1, "base_url is wrong"),
    ('base_url = "https://"', 1, "base_url is wrong"),
    ('base_url = "http://127.0.0.1:8420"', 1, "a closed test sets allow_http"),
    ("base_url = 3", 1, "a text in quotes"),
    ('\n[listen]\nport = "8420"', 3, "a number from 1 to 65535"),
    ("[listen]\nport = 0", 2, "a number from 1 to 65535"),
    ("[listen]\nport = true", 2, "a number from 1 to 65535"),
    ('[net]\nallow_http = "yes"', 2, "true or false"),
    ('[net]\nallow_networks = "10.0.0.0/8"', 2, "a list of networks"),
    ('[net]\nallow_networks = ["10.0.0.1/8"]', 2, "host bits set"),
    ("[net]\nallow_networks = [3]", 2, "a text in quotes"),
    ('[net]\ntrusted_proxies = ["proxy"]', 2, "trusted_proxies is wrong"),
    ("[limits]\nmessages_per_minute = 59", 2, "a number from 60"),
    ("[limits]\n\n# why\nmessages_per_minute_host = 299", 4, "a number from 300"),
    ("[retention]\ndeliveries_days = 0", 2, "a number from 1"),
    ('[forge]\ntokens = "forge.token"', 2, "a list of texts"),
    ('[forge]\ntokens = ["https://forge.example"]', 2, "each must look like"),
    ('[forge]\ntokens = ["forge.example forge.token"]', 2, "each must look like"),
    ('[forge]\ntokens = ["0123456789abcdef"]', 2, "each must look like"),
    ("[listen]\nprot = 1", 2, "no setting “[listen] prot”. Did you mean “[listen] port”?"),
    ("port = 1", 1, "no setting “port”. Did you mean “[listen] port”?"),
    ("[nets]\nallow_http = true", 2, "no setting “[nets] allow_http”"),
    ("colour = 1", 1, "no setting “colour”. There are: base_url,"),
    ("listen = 3", 1, "no setting “listen”"),
]


@pytest.mark.parametrize(("source", "line", "why"), WRONG)
def test_a_wrong_setting_stops_with_its_line(source, line, why, written):
    """A setting that is silently ignored is one that somebody relies on."""
    path = written(source + "\n")

    with pytest.raises(Malformed) as refusal:
        read_settings(path)

    assert refusal.value.sentence.startswith(f"{path}, line {line}: ")
    assert why in refusal.value.sentence


@pytest.mark.parametrize("source", ['base_url = "', "[listen", "a = 1\na = 2"])
def test_a_file_that_is_no_toml_says_where(source, written):
    """TOML's own reader knows the line; we pass it on."""
    with pytest.raises(Malformed, match=r"cannot be read: .*(line|end of document)"):
        read_settings(written(source))


def test_a_missing_file_says_how_to_make_one(tmp_path):
    """This is the first thing that goes wrong."""
    with pytest.raises(Malformed, match="init DIR --base-url URL"):
        read_settings(tmp_path / "gate.toml")


@given(st.text(max_size=200))
def test_arbitrary_text_is_read_or_refused(source):
    """Whatever stands there, the answer is settings or a sentence."""
    with TemporaryDirectory() as folder, suppress(Refusal):
        path = Path(folder) / "gate.toml"
        path.write_text(source, "utf-8")
        read_settings(path)
