"""
What people do to each other, by other software: every act, and its effect on both sides.

What the gate shows is read from its command line; what bob's server shows was proven by its
own library.
"""

from meetings import ANSWER, HELLO


def test_they_find_the_desk(meeting):
    """By the handle that people pass on, and by the address that software does."""
    found = [
        meeting.bob.do("look-up", what=what)
        for what in (f"@{meeting.slug}@{meeting.gate.base_url.partition('//')[2]}", meeting.desk)
    ]

    for actor in found:
        assert actor == {"id": meeting.desk, "type": "Service", "inbox": f"{meeting.desk}/inbox"}


def test_they_read_what_software_we_are(meeting):
    """NodeInfo, as their library reads it."""
    about = meeting.bob.do("node-info", of=meeting.gate.base_url)

    assert about["software"] == "forgefed-gate"


def test_we_find_them_by_their_handle(meeting):
    """Their WebFinger and their actor, as we read them."""
    found = meeting.gate.do("maintainer", "add", meeting.slug, meeting.bob.handle)
    meeting.gate.do("maintainer", "remove", meeting.slug, meeting.bob.actor)

    assert (found["id"], found["handle"]) == (meeting.bob.actor, meeting.bob.handle)


def test_a_follow_is_accepted_and_brings_news(meeting):
    """The Accept names their Follow and is signed as an object too."""
    follow = meeting.bob.do("follow", actor=meeting.desk)
    accept = meeting.comes("Accept")
    published = meeting.gate.do("announce", meeting.slug, "Version 2 is out.")
    news = meeting.note()

    assert follow["status"] == 202
    assert accept["activity"]["object"]["id"] == follow["id"]
    assert accept["signer"] == meeting.desk
    assert accept["proof"] in {True, None}
    assert published["followers"] == 1
    assert "Version 2 is out." in news["content"]


def test_an_unfollow_ends_the_news(meeting):
    """What answers a message, sent later to the same inbox, shows that nothing came before."""
    meeting.bob.do("follow", actor=meeting.desk)
    meeting.comes("Accept")

    undo = meeting.bob.do("unfollow", actor=meeting.desk)
    meeting.followers(0)
    meeting.gate.do("announce", meeting.slug, "Version 3 is out.")
    meeting.write(HELLO)

    assert undo["status"] == 202
    assert "Version 3" not in meeting.note()["content"]


def test_a_first_message_is_answered_in_private(meeting):
    """The charter, the questions and who can read this, to nobody but who wrote."""
    hello = meeting.write(HELLO)
    answer = meeting.comes("Create")
    note = answer["activity"]["object"]

    assert answer["signer"] == meeting.desk
    assert (note["to"], note["cc"]) == ([meeting.bob.actor], [])
    assert note["inReplyTo"] == hello
    assert [tag["href"] for tag in note["tag"]] == [meeting.bob.actor]
    assert "Who can read this" in note["content"]
    assert meeting.knock()["stage"] == "asked"
    assert meeting.said(2)[0] == ("contributor", HELLO)


def test_a_knock_is_held_and_gets_a_receipt(meeting):
    """Their own words reach the people who screen, and them only."""
    knock = meeting.knocks()
    shown = meeting.gate.do("knocks", "show", knock["id"])

    assert (knock["stage"], knock["who"]["id"]) == ("held", meeting.bob.actor)
    assert shown["thread"]["messages"][2]["words"] == ANSWER
    assert "with the people who screen" in meeting.note(2)["content"]


def test_admission_brings_a_welcome_and_a_grant_that_they_can_prove(meeting):
    """`eddsa-jcs-2022`, checked by their library with the key that our project publishes."""
    knock = meeting.knocks()
    admitted = meeting.gate.do("knocks", "admit", knock["id"], "We look forward to it.")
    came = meeting.comes("Grant")
    grant = came["activity"]

    assert came["signer"] == meeting.project
    assert came["proof"] in {True, None}
    assert grant["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert (grant["target"], grant["object"]) == (meeting.bob.actor, "report")
    assert "We look forward to it." in meeting.note(3)["content"]
    [listed] = meeting.gate.do("grants", "list", meeting.slug)["grants"]
    assert listed["id"] == admitted["grant"] == grant["id"]
    assert listed["state"] == "stands"
    assert meeting.knock()["stage"] == "admitted"


def test_a_member_and_the_desk_talk_in_one_thread(meeting):
    """A reply each way, in private, in the conversation that the knock began."""
    meeting.admits()
    meeting.gate.do("threads", "say", meeting.thread()["id"], "Where would you begin?")
    question = meeting.note(4)
    meeting.write("With the dates.", in_reply_to=question["id"])

    assert question["context"] == meeting.note(1)["context"]
    assert question["to"] == [meeting.bob.actor]
    assert meeting.said(7)[-2:] == [
        ("project", "Where would you begin?"),
        ("contributor", "With the dates."),
    ]


def test_an_edit_brings_the_newer_words(meeting):
    """What people read is what the author wants to have said."""
    meeting.admits()
    note = meeting.write("I found it in the parser of dats.", in_reply_to=meeting.note(3)["id"])
    edit = meeting.bob.do("edit", id=note, text="I found it in the parser of dates.")

    assert edit["status"] == 202
    latest = meeting.latest("edited")
    assert latest["words"] == "I found it in the parser of dates."


def test_a_delete_takes_the_words_and_leaves_the_fact(meeting):
    """Nobody reads them any more; that there was a message stays, and so does the rest."""
    meeting.admits()
    before = meeting.thread()
    note = meeting.write("I should not say this.", in_reply_to=meeting.note(3)["id"])
    meeting.said(6)
    delete = meeting.bob.do("delete", id=note)

    assert delete["status"] == 202
    latest = meeting.latest("deleted")
    assert latest["words"] is None
    assert meeting.thread()["messages"][:-1] == before["messages"]


def test_whoever_blocks_us_hears_nothing_more(meeting, another):
    """What another desk answers afterwards, to the same inbox, shows that nothing came before."""
    meeting.admits()
    thread = meeting.thread()
    block = meeting.bob.do("block", actor=meeting.desk)
    meeting.decided()
    refused = meeting.gate.refuses("threads", "say", thread["id"], "Are you still there?")
    meeting.gate.do("threads", "close", thread["id"])
    another.write(HELLO)
    another.note()

    assert block["status"] == 202
    assert "They have blocked this desk" in refused
    assert len(meeting.came("Create")) == 3


def test_whom_we_block_gets_silence(meeting):
    """202, and nothing more: nobody is told. It ends when we lift it."""
    meeting.gate.do("block", meeting.bob.actor)
    meeting.write(HELLO)
    meeting.decided()
    meeting.gate.do("unblock", meeting.bob.actor)
    meeting.write("Hello again!")
    meeting.note()

    assert len(meeting.came("Create")) == 1
    assert meeting.said(2)[0] == ("contributor", "Hello again!")


def test_whose_server_we_block_is_refused(meeting):
    """403 before anything is fetched, and nothing is kept of it."""
    host = meeting.bob.handle.rpartition("@")[2]
    meeting.gate.do("block", host)
    refused = meeting.bob.do("mention", to=meeting.desk, text=HELLO)
    meeting.gate.do("unblock", host)

    assert refused["status"] == 403
    assert meeting.gate.do("threads", "list", meeting.slug)["threads"] == []


def test_an_invitation_is_read_and_agreed_to(meeting):
    """Words do it, whatever their software makes of the `Invite` and the Grant beside them."""
    meeting.gate.do("grants", "add", meeting.slug, meeting.bob.handle)
    invitation = meeting.note(1)
    meeting.write("I agree", in_reply_to=invitation["id"])
    welcome = meeting.note(2)

    assert "would like you to take part" in invitation["content"]
    assert "Welcome to Anvil" in welcome["content"]
    [grant] = meeting.gate.do("grants", "list", meeting.slug)["grants"]
    assert (grant["who"]["id"], grant["state"]) == (meeting.bob.actor, "stands")


def test_a_grant_that_is_taken_back_is_told_of(meeting):
    """In words from the desk, and by a `Revoke` that names the Grant and can be proven too."""
    meeting.admits()
    grant = meeting.comes("Grant")["activity"]
    meeting.gate.do("grants", "revoke", grant["id"])
    revoke = meeting.comes("Revoke")

    assert revoke["activity"]["object"] == grant["id"]
    assert revoke["proof"] in {True, None}
    assert meeting.note(4)["to"] == [meeting.bob.actor]
    [listed] = meeting.gate.do("grants", "list", meeting.slug)["grants"]
    assert listed["state"] == "revoked"
