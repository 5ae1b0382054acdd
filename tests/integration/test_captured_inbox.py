"""
What GoToSocial and Fedify really sent, taken in by a gate of the name that they sent it to.

They wrote to `http://peer.test/users/bench` and its server's `/inbox`. Our own actors have
other paths, so that a desk of ours has that name here: everything from the signature to the
kept row is as on the wire. What follows from each is in `test_captured_effects`.
"""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from captured import (
    ANVIL,
    BENCH,
    CAROL,
    FRED,
    SAMPLES,
    captured,
    load,
    moment_of,
    open_bench,
)
from gates import House

from forgefed_gate.domain.errors import Unverified
from forgefed_gate.domain.ids import ActivityId, NoteId
from forgefed_gate.domain.intents import (
    Follow,
    InviteAnswer,
    Message,
    Revision,
    Unfollow,
    Withdrawal,
)
from forgefed_gate.protocol import activitystreams
from forgefed_gate.services import evidence, inbound, intake
from forgefed_gate.store import inbox
from forgefed_gate.store.database import Database

ASKED = f"{CAROL}/statuses/01M80ARXTKE3X0K15H2WYTGHX5"
GREETED = f"{CAROL}/statuses/01M80ARXWVKGSST9FF1D5RZSPA"
THANKED = f"{CAROL}/statuses/01M80BJD7Z5C0V45BVX4JM8H88"
HELLO = "http://fedify.test/note/fde4a616-1fa9-4f08-b06e-970c3419deb2"


def said(actor, note, activity, text, **more):
    """Name a message the way both servers name theirs."""
    return Message(
        activity=ActivityId(note + activity), actor=actor, note=NoteId(note), text=text, **more
    )


def did(kind, actor, activity, **more):
    return kind(activity=ActivityId(activity), actor=actor, **more)


INTENTS = {
    "gts-Create-Note-dm": said(
        CAROL, ASKED, "/activity#Create", 'please open an issue: "it breaks" #bug', private=True
    ),
    "gts-Create-Note-public": said(
        CAROL, GREETED, "/activity#Create", "public hello", private=False
    ),
    "gts-Create-Note-reply": said(
        CAROL,
        THANKED,
        "/activity#Create",
        "thanks, please close it",
        private=True,
        in_reply_to="http://peer.test/o/18ea3788e0ecc889",
    ),
    "gts-Update-Note": did(
        Revision,
        CAROL,
        f"{THANKED}/activity#Update",
        note=NoteId(THANKED),
        text="cw here\n\nthanks, please close it NOW",
    ),
    "gts-Follow": did(Follow, CAROL, f"{CAROL}/follow/01FXD5AMHX043R1DTCWTGMKC4R", target=BENCH),
    "gts-Undo-Follow": did(
        Unfollow, CAROL, "http://gts1.test/01M80BJGPN2GJ7XTV0ARMHX9E3", target=BENCH
    ),
    "gts-Accept-Follow": did(
        InviteAnswer,
        CAROL,
        "http://gts1.test/01M80AT1MENCGHGVT36BPZC74S",
        invite=ActivityId("http://peer.test/a/18ea36d02697a486"),
        accepts=True,
    ),
    "fedify-Create-Note-dm": said(FRED, HELLO, "#create", "hello", private=True),
    "fedify-Follow": did(
        Follow, FRED, "http://fedify.test/act/ce0e83be-468e-45ac-882a-07541f478893", target=BENCH
    ),
    "fedify-Accept-Follow": did(
        InviteAnswer,
        FRED,
        f"{FRED}#acc-2022",
        invite=ActivityId("http://peer.test/a/18ea378bc198a267"),
        accepts=True,
    ),
}


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncGenerator[House]:
    """A gate called peer.test, with the two servers as they answered."""
    async with open_bench(tmp_path, database) as opened:
        yield opened


async def taken(house, name):
    """Take a captured delivery in at its own time, and read what was kept."""
    delivery = captured(name)
    house.clock.now = moment_of(delivery)
    await inbound.receive(house.gate, delivery, ANVIL, caller="192.0.2.1")
    async with house.gate.database.snapshot() as tx:
        (row,) = await tx.rows("SELECT id FROM inbox")
        kept = await inbox.waiting(tx, str(row["id"]))
        place = intake.PLACE.format(row["id"])
        proof = await house.gate.vault.open_sealed(tx, kept.request, place=place)
    return activitystreams.recall_activity(
        evidence.body_of(proof), by=kept.actor, recipient=kept.recipient
    )


def test_every_sample_is_here():
    """A sample lost in copying would pass unseen."""
    assert set(SAMPLES) == {*INTENTS, "gts-Delete"}


@pytest.mark.parametrize("name", INTENTS)
async def test_a_captured_delivery_is_taken_and_understood(house, name):
    """The key from their own server, the signature, the row, and exactly what they meant."""
    assert await taken(house, name) == INTENTS[name]


async def test_a_captured_deletion_of_what_we_never_had_costs_nothing(house):
    """GoToSocial brings it to everybody who may have seen the post."""
    with pytest.raises(ValueError, match="not enough values"):
        await taken(house, "gts-Delete")

    assert house.wire.log == []


async def test_a_captured_deletion_is_understood_where_the_key_is_known(house):
    """After a message of theirs, the same bytes go all the way."""
    await taken(house, "gts-Create-Note-dm")
    async with house.gate.database.transaction() as tx:
        await tx.run("DELETE FROM inbox")

    assert await taken(house, "gts-Delete") == did(
        Withdrawal,
        CAROL,
        "http://gts1.test/01M80BJETX8XQW1C0A470DFWK2",
        note=NoteId(THANKED),
    )


async def test_a_key_s_own_server_is_asked_for_the_stub_and_then_for_the_actor(house):
    """GoToSocial's key has a path of its own, which shows no inbox."""
    await taken(house, "gts-Follow")

    assert house.wire.log == [
        ("GET", "http://gts1.test/users/carol/main-key"),
        ("GET", "http://gts1.test/users/carol"),
    ]


async def test_a_captured_delivery_speaks_for_nobody_else(house):
    """The same bytes with somebody else's key prove nothing."""
    carol = json.loads(json.dumps(load("gts-actor-signed-get")))
    carol["publicKey"]["publicKeyPem"] = load("fedify-actor")["publicKey"]["publicKeyPem"]
    house.wire.apps["gts1.test"].serve("/users/carol", carol)

    with pytest.raises(Unverified) as refusal:
        await taken(house, "gts-Follow")

    assert refusal.value.code == "signature-invalid"
    assert await house.rows("inbox") == 0
