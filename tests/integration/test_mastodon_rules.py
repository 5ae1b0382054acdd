"""What Mastodon asks of actors, notes and signatures, held against what we serve and send."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from mastodon import (
    ACTOR_RULES,
    BOB,
    DESK,
    EVERY_RULE,
    GATE,
    NEWS_RULES,
    NOTE_RULES,
    PRIVATE_RULES,
    broken,
    held_by_nothing,
)
from senders import act, mention, person, request, send, settle, write

from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Announce

ACCEPT = (
    'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/'
    'activitystreams", text/html;q=0.1'
)


async def get(house, url, **headers):
    """Ask the house for something, unsigned, as an origin that is not in secure mode does."""
    given = {"Host": "gate.example", "Accept": ACCEPT} | headers
    return await request(house, "GET", url.removeprefix(GATE), given)


async def fetched(house, url):
    """Fetch an actor as Mastodon does."""
    answer = await get(house, url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/activity+json"
    return answer.json()


async def sent_privately(house):
    """Let somebody write, and give our answer as it came to their inbox: with its headers."""
    bob = person(settle(house))
    await write(house, bob)
    [(_, headers, body)] = bob.peer.told
    [create] = bob.told
    return bob, headers, body, create


async def sent_publicly(house):
    """Let somebody follow, publish something, and give it as it came to them."""
    bob = person(settle(house))
    follow = {"id": f"{BOB}/follows/1", "type": "Follow", "actor": BOB, "object": DESK}
    await send(house, bob, follow)
    await house.work()
    await act(house, Announce(project=Slug("anvil"), text="Anvil 1.0: https://anvil.example"))
    return bob.told[-1]


@pytest.mark.parametrize("url", [DESK, f"{GATE}/actor"])
async def test_an_actor_of_ours_keeps_every_rule(house, url):
    """The two that Mastodon's people meet: the desk they write to, and who signs our requests."""
    actor = await fetched(house, url)

    assert broken(ACTOR_RULES, actor) == []
    assert held_by_nothing(ACTOR_RULES, actor) == []


async def test_the_actors_of_a_forge_are_not_for_mastodon(house):
    """Mastodon has no use for a tracker, and looks none up: the desk is there for its people."""
    for kind in ("projects", "tickets", "patches"):
        actor = await fetched(house, f"{GATE}/{kind}/anvil")

        found = broken(ACTOR_RULES, actor)

        assert [rule.partition(" (")[0] for rule in found] == [
            "its type is one of five",
            "a machine says that it is one, and is shown as a bot",
        ]


@pytest.mark.parametrize("user", ["anvil", "gate"])
async def test_a_name_leads_to_an_actor_and_the_actor_back_to_the_name(house, user):
    """Mastodon asks twice, and both answers have to agree (WebFinger, requirements)."""
    account = f"acct:{user}@gate.example"
    jrd = (await get(house, f"/.well-known/webfinger?resource={account}")).json()
    [link] = [link for link in jrd["links"] if link["rel"] == "self"]
    actor = await fetched(house, link["href"])
    again = f"acct:{actor['preferredUsername']}@{actor['id'].split('/')[2]}"

    assert link["type"] == "application/activity+json"
    assert jrd["subject"] == account == again
    assert link["href"] == actor["id"]


async def test_a_private_answer_of_ours_keeps_every_rule(house):
    """As it came to the inbox, byte for byte."""
    *_, create = await sent_privately(house)

    assert broken(NOTE_RULES + PRIVATE_RULES, create) == []
    assert held_by_nothing(NOTE_RULES + PRIVATE_RULES, create) == []


async def test_news_of_ours_keeps_every_rule(house):
    """As it came to a follower; and it can be fetched from where its permalink says."""
    create = await sent_publicly(house)
    note = await fetched(house, create["object"]["url"])

    assert broken(NOTE_RULES + NEWS_RULES, create) == []
    assert held_by_nothing(NOTE_RULES + NEWS_RULES, create) == []
    assert {**note, "@context": None} == {**create["object"], "@context": None}


def test_every_rule_has_its_own_words_and_a_page():
    """A rule that nobody can look up is an opinion."""
    assert len({rule.says for rule in EVERY_RULE}) == len(EVERY_RULE)
    assert all(rule.where.startswith("docs.joinmastodon.org/spec/") for rule in EVERY_RULE)


def signature_of(headers):
    """Take the header apart into its parameters."""
    return dict(re.findall(r'([A-Za-z]+)="([^"]*)"', headers["signature"]))


async def test_a_delivery_of_ours_is_signed_as_mastodon_verifies(house):
    """Every step of its algorithm (security, HTTP signatures): the string, the key, the hashes."""
    bob, headers, body, _ = await sent_privately(house)
    actor = await fetched(house, DESK)

    signature = signature_of(headers)
    covered = signature["headers"].split(" ")
    values = headers | {"(request-target)": f"post {bob.id.removeprefix(bob.peer.base)}/inbox"}
    key = serialization.load_pem_public_key(actor["publicKey"]["publicKeyPem"].encode())
    assert signature["keyId"] == actor["publicKey"]["id"]
    assert {"(request-target)", "host", "date", "digest"} <= set(covered)
    assert isinstance(key, RSAPublicKey)
    key.verify(
        base64.b64decode(signature["signature"]),
        "\n".join(f"{name}: {values[name]}" for name in covered).encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    name, _, digest = headers["digest"].partition("=")
    assert (name.lower(), base64.b64decode(digest)) == ("sha-256", hashlib.sha256(body).digest())
    age = datetime.fromtimestamp(house.clock.now / 1000, UTC) - parsedate_to_datetime(
        headers["date"]
    )
    assert timedelta(0) <= age < timedelta(hours=12)


async def test_where_that_is_refused_we_sign_as_mastodon_reads_the_rfc(house):
    """Security, HTTP Message Signatures: one signature, and what it has to cover."""
    bob = person(settle(house))
    bob.peer.takes = 401
    await send(house, bob, mention(bob, DESK))
    await house.work()

    [first, second, *_] = [headers for _, headers, _ in bob.peer.told]

    given = second["signature-input"]
    components = re.findall(r'"([^"]+)"', given.partition("(")[2].partition(")")[0])
    assert "signature-input" not in first
    assert len(re.findall(r"=\(", given)) == 1
    assert {"@method", "@target-uri", "content-digest"} <= set(components)
    assert re.search(r";created=\d+", given)
    assert f';keyid="{DESK}#main-key"' in given
    assert second["content-digest"].startswith("sha-256=:")
