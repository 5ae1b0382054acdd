"""Which servers had better not have private words, by what they say that they run."""

import pytest

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.leaks import Leak, Software, known_leak
from forgefed_gate.protocol import nodeinfo

LISTED = [
    Leak(software="sieve", mended_in="1.2.3", reason="It shows them to all.", source="a page"),
    Leak(software="basket", mended_in="", reason="It shows them to all.", source="a page"),
]
SERVER = "https://social.example"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


@pytest.mark.parametrize(
    ("name", "version", "leaks"),
    [
        ("sieve", "1.2.2", True),
        ("sieve", "1.2", True),
        ("sieve", "v1.2.2", True),
        ("sieve", "0.99", True),
        ("sieve", "1.2.3-beta", True),
        ("sieve", "1.2.3rc1", True),
        ("sieve", "main", True),
        ("sieve", "", True),
        ("SIEVE", "1.0", True),
        ("sieve", "1.2.3", False),
        ("sieve", "1.2.3+glitch", False),
        ("sieve", "1.2.10", False),
        ("sieve", "2", False),
        ("sieve", "1.10.0-beta", False),
        ("basket", "999", True),
        ("sievelet", "1.0", False),
        ("", "", False),
    ],
)
def test_a_fault_is_known_by_name_and_version(name, version, leaks):
    """A version that we cannot read may be an old one; software that we do not know is unknown."""
    found = known_leak(Software(name=name, version=version), LISTED)

    assert (found is not None) is leaks


def test_every_fault_that_is_shipped_says_why_and_where_that_is_written():
    """An operator has to be able to judge whether it concerns a server that they know."""
    listed = nodeinfo.leaking()

    assert "pixelfed" in {each.software for each in listed}
    for each in listed:
        assert each.software == each.software.casefold()
        assert each.reason.endswith(".")
        assert each.source
        assert known_leak(Software(name=each.software, version="0"), listed) == each
        mended = Software(name=each.software, version=each.mended_in)
        assert not each.mended_in or known_leak(mended, listed) is None


def test_the_newest_document_of_the_server_itself_is_read():
    """A link to somebody else would let one server say what another runs."""
    links = [
        {"rel": f"{SCHEMA}2.0", "href": f"{SERVER}/nodeinfo/2.0"},
        {"rel": f"{SCHEMA}2.1", "href": f"{SERVER}/nodeinfo/2.1"},
        {"rel": f"{SCHEMA}2.2", "href": "https://elsewhere.example/nodeinfo/2.2"},
        {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": f"{SERVER}/actor"},
    ]

    assert nodeinfo.where({"links": links}, server=SERVER) == f"{SERVER}/nodeinfo/2.1"


@pytest.mark.parametrize(
    "links", [None, [], "none", [1], [{}], [{"rel": f"{SCHEMA}2.0", "href": "https://a.example/"}]]
)
def test_a_server_that_links_nothing_of_its_own_says_nothing(links):
    """What is not said is not guessed."""
    with pytest.raises(Malformed):
        nodeinfo.where({"links": links}, server=SERVER)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"software": {"name": "Pixelfed", "version": "0.12.4"}}, ("pixelfed", "0.12.4")),
        ({"software": {"name": "pixelfed"}}, ("pixelfed", "")),
        ({"software": {"name": 7, "version": []}}, ("", "")),
        ({"software": "pixelfed"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_what_a_server_runs_is_read_from_its_document(document, said):
    """Whatever else it says about itself is not our business."""
    found = nodeinfo.software(document)

    assert (found.name, found.version) == said
