"""Where Fedify differs from what the specifications lead one to expect, and what we make of it."""

import pytest
from peers import FEDIFY
from programs import until

CARRIED = {
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    "https://w3id.org/security/data-integrity/v2",
}
"""The contexts of ours that Fedify has without asking anybody."""

pytestmark = [
    pytest.mark.parametrize("bob", [FEDIFY], indirect=True, ids=["fedify"], scope="session"),
    pytest.mark.xdist_group("fedify"),
]


def test_a_grant_that_fedify_cannot_read_leaves_nothing_to_be_mended(meeting):
    """It answers 400 to a type that it does not know, though its verifier proves the Grant."""
    waiting = meeting.gate.jobs()
    meeting.admits()
    grant = meeting.comes("Grant", 2)

    assert (grant["status"], grant["proof"]) == (400, True)
    assert "“report”" in meeting.note(3)["content"]
    assert until(meeting.gate.jobs, lambda jobs: jobs <= waiting) <= waiting


def test_a_project_whose_key_fedify_does_not_read_holds_up_no_words(meeting):
    """It finds no key in an actor whose type it does not know, and answers the `Invite` 401."""
    meeting.gate.do("grants", "add", meeting.slug, meeting.bob.handle)
    meeting.note()
    invite = meeting.comes("Invite")

    assert (invite["signer"], invite["status"]) == (meeting.project, 401)


def test_fedify_need_ask_nobody_what_our_words_mean(meeting):
    """It answers 500 where it cannot fetch a context, so what people get has none but those."""
    meeting.bob.do("follow", actor=meeting.desk)
    meeting.write("Hello!")
    meeting.note()

    for came in (*meeting.came("Accept"), *meeting.came("Create")):
        contexts = {each for each in came["activity"]["@context"] if isinstance(each, str)}
        assert contexts <= CARRIED


def test_a_private_note_comes_to_the_inbox_of_its_reader(meeting):
    """Fedify offers an inbox for all of its people; what is private does not go there."""
    meeting.write("Hello!")

    assert meeting.note()["to"] == [meeting.bob.actor]


def test_fedify_finds_nothing_where_a_private_note_has_its_name(meeting):
    """Private and missing are the same to whoever asks, the reader's server included."""
    meeting.write("Hello!")
    private = meeting.note()["id"]
    missing = f"{meeting.desk}/notes/{'A' * 22}"

    answers = [meeting.bob.fails("look-up", what=what) for what in (private, missing)]

    assert answers[0].replace(private, missing) == answers[1]
