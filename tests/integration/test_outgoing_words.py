"""What we say to others: what it means, who may read it, and what proves it."""

import json
from base64 import b64encode
from hashlib import sha256

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from senders import act, activity, person, send, settle, write

from forgefed_gate.domain.ids import PUBLIC, ActorId, Slug
from forgefed_gate.domain.intents import Admit, Announce, Decline, Invite, Revoke
from forgefed_gate.domain.places import THE_GATE, Kind, Local
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.protocol import jsonld, keys, proofs
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.services import people, views

ANVIL = Slug("anvil")
AGREED = "I agree. I have read the parser for two weeks."


@pytest.fixture
def bob(house):
    return person(settle(house))


async def everything_we_say(house):
    """Have the house say each thing that it can say, and gather it by type."""
    bob, carol = person(settle(house)), person(settle(house, "other.example"), "carol")
    dora = person(settle(house, "third.example"), "dora")
    for who in (bob, carol):
        await send(house, who, activity(who, "Follow", object=house.desk()))
        project = house.gate.places.project(ANVIL)
        await send(
            house, who, activity(who, "Join", object=project, instrument="report"), to=project
        )
        await house.work()
    await write(house, bob, AGREED)
    await write(house, carol, AGREED)
    for knock in await views.knock_list(house.gate, ANVIL, by=OPERATOR):
        verdict = Admit if knock.knock.actor == bob.id else Decline
        await act(house, verdict(knock=knock.knock.id))
    await people.look_up(house.gate, dora.id)
    await act(house, Invite(project=ANVIL, who=dora.id, role=Role.REPORT, days=30))
    (grant,) = await views.grant_list(house.gate, ANVIL, by=OPERATOR)
    await act(house, Revoke(grant=grant.grant.id))
    await act(house, Announce(project=ANVIL, text="A new release."))
    return [(who, document) for who in (bob, carol, dora) for document in who.told]


def is_public(document):
    return PUBLIC in document["to"]


async def test_all_that_we_say_means_what_we_mean(house):
    """Readers of JSON-LD find in it what readers of JSON find, and every proof holds."""
    said = await everything_we_say(house)

    assert {document["type"] for _, document in said} == {
        "Accept",
        "Create",
        "Grant",
        "Invite",
        "Reject",
        "Revoke",
    }
    for _, document in said:
        jsonld.means_the_same(document)


async def test_what_gives_and_takes_power_carries_a_proof(house):
    """Checked by our own door, and once more by hand from the specification."""
    said = await everything_we_say(house)
    proven = [each for _, each in said if each["type"] in {"Grant", "Revoke", "Accept", "Reject"}]

    assert len({each["type"] for each in proven}) == 4
    for document in proven:
        key = await published_key(house, document["actor"])
        proofs.check(document, key=key, now=house.clock.now)
        by_hand(document, key.public)


async def published_key(house, actor):
    """Read the key that an actor of ours shows to everybody."""
    found = await house.wire.get(actor, {"Accept": "application/activity+json"})
    (multikey,) = json.loads(found.body)["assertionMethod"]
    assert multikey["controller"] == actor
    return ActorKey(
        id=multikey["id"],
        owner=ActorId(actor),
        public=keys.read_multibase(multikey["publicKeyMultibase"]),
    )


def by_hand(document, public: Ed25519PublicKey):
    content = {name: value for name, value in document.items() if name != "proof"}
    options = dict(document["proof"])
    signature = keys.bytes_of_multibase(options.pop("proofValue"))
    hashes = [sha256(rfc8785.dumps(each)).digest() for each in (options, content)]
    public.verify(signature, b"".join(hashes))
    assert (options["type"], options["cryptosuite"], options["proofPurpose"]) == (
        "DataIntegrityProof",
        "eddsa-jcs-2022",
        "assertionMethod",
    )


async def test_a_private_word_goes_to_one_person_and_names_nobody_else(house):
    """No Public, no followers, no copy, no shared inbox, no other party."""
    said = await everything_we_say(house)
    everybody = {who.id for who, _ in said}

    for who, document in said:
        if is_public(document):
            continue
        written = json.dumps(document)
        assert document["to"] == [who.id]
        assert document.get("cc", []) == []
        assert {"bto", "bcc", "audience"}.isdisjoint(document)
        assert PUBLIC not in written
        assert "/followers" not in written
        assert not any(other in written for other in everybody - {who.id})
        if document["type"] == "Create":
            assert [tag["href"] for tag in document["object"]["tag"]] == [who.id]
            assert (document["object"]["to"], document["object"]["cc"]) == ([who.id], [])
            assert document["directMessage"] is True
    paths = {path for who, _ in said for path, _, _ in who.peer.told}
    assert paths == {"/users/bob/inbox", "/users/carol/inbox", "/users/dora/inbox"}


async def test_news_is_the_only_public_thing(house):
    """It names nobody but the desk."""
    said = await everything_we_say(house)
    public = [document for _, document in said if is_public(document)]

    assert {document["type"] for document in public} == {"Create"}
    assert {document["object"]["content"] for document in public} == {"<p>A new release.</p>"}
    assert not any("users/" in json.dumps(document) for document in public)


async def test_every_actor_and_collection_means_what_we_mean(house):
    """What we publish is read by machines that know linked data, and by those that do not."""
    await everything_we_say(house)
    kinds = [Kind.DESK, Kind.PROJECT, Kind.TICKETS, Kind.PATCHES]
    actors = [house.gate.places.actor(Local(kind=kind, slug=ANVIL)) for kind in kinds]
    actors.append(house.gate.places.actor(THE_GATE))
    urls = [
        *actors,
        *(f"{actor}/{name}" for actor in actors for name in ("outbox", "followers", "following")),
        f"{house.gate.places.project(ANVIL)}/collaborators",
        f"{house.gate.places.project(ANVIL)}/components",
    ]

    for url in urls:
        found = await house.wire.get(url, {"Accept": "application/activity+json"})
        assert (found.status, url) == (200, url)
        jsonld.means_the_same(json.loads(found.body))


async def test_a_public_note_can_be_read_where_it_says(house):
    """Its id is its address, and what lies there means the same."""
    said = await everything_we_say(house)
    (note, *_) = [document["object"]["id"] for _, document in said if is_public(document)]

    found = await house.wire.get(note, {"Accept": "application/activity+json"})

    assert found.status == 200
    assert json.loads(found.body)["id"] == note
    jsonld.means_the_same(json.loads(found.body))


async def test_the_digest_is_that_of_the_body(house, bob):
    """What arrives is what was signed, to the byte."""
    await write(house, bob)

    ((_, headers, body),) = bob.peer.told
    assert headers["digest"] == "SHA-256=" + b64encode(sha256(body).digest()).decode()
