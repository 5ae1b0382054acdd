"""How others find us: handles, NodeInfo, actor documents, collections, public notes."""

import re

import pytest
from discovered import AS2, BROWSER, GATE, MASTODON, finger, self_link
from story import ANVIL

from demo.village import ACTIVITY_JSON
from forgefed_gate.domain.intents import Announce
from forgefed_gate.protocol.keys import read_multibase, read_pem

ACTORS = {
    f"{GATE}/actor": ("Application", "gate"),
    f"{GATE}/desks/anvil": ("Service", "anvil"),
    f"{GATE}/projects/anvil": ("Project", "anvil-project"),
    f"{GATE}/tickets/anvil": ("TicketTracker", "anvil-tickets"),
    f"{GATE}/patches/anvil": ("PatchTracker", "anvil-patches"),
}
FORGEJO = 'application/json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.mark.parametrize("url", ACTORS)
async def test_a_handle_leads_to_its_actor_and_back(story, url):
    """Mastodon's round trip: acct, self link, actor, its name, the same self link again."""
    kind, user = ACTORS[url]
    jrd = (await finger(story, f"acct:{user}@gate.example")).json()
    actor = (await story.get(self_link(jrd)["href"], accept=MASTODON)).json()

    assert (actor["id"], actor["type"], actor["preferredUsername"]) == (url, kind, user)
    assert actor["webfinger"] == f"{user}@gate.example"
    assert jrd["subject"] == f"acct:{actor['webfinger']}"
    assert self_link(jrd) == {"rel": "self", "type": ACTIVITY_JSON, "href": url}
    again = await finger(story, f"acct:{actor['preferredUsername']}@gate.example")
    assert self_link(again.json())["href"] == url
    assert url in jrd["aliases"]


@pytest.mark.parametrize(
    ("resource", "leads_to"),
    [
        *((url, url) for url in ACTORS),
        (f"{GATE}/@anvil", f"{GATE}/desks/anvil"),
        ("acct:ANVIL@gate.example", f"{GATE}/desks/anvil"),
        ("acct%3Aanvil%40gate.example", f"{GATE}/desks/anvil"),
    ],
)
async def test_an_address_leads_to_its_actor_too(story, resource, leads_to):
    """Some servers ask for what they have: an id, or a page."""
    answer = await finger(story, resource)

    assert answer.headers["content-type"] == "application/jrd+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert self_link(answer.json())["href"] == leads_to


@pytest.mark.parametrize("resource", [GATE, f"{GATE}/"])
async def test_the_server_itself_has_an_actor(story, resource):
    """FEP-d556."""
    [link] = (await finger(story, resource)).json()["links"]

    assert (link["rel"], link["href"]) == (f"{AS2}#Service", f"{GATE}/actor")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?resource=", 400),
        ("?resource=anvil", 400),
        ("?resource=acct:nobody@gate.example", 404),
        ("?resource=acct:anvil@elsewhere.example", 404),
        ("?resource=https://elsewhere.example/desks/anvil", 404),
        (f"?resource={GATE}/desks/nobody", 404),
        (f"?resource={GATE}/@nobody", 404),
        (f"?resource={GATE}/desks/anvil/followers", 404),
        ("?resource=mailto:anvil@gate.example", 404),
    ],
)
async def test_who_is_not_here_is_not_found(story, query, status):
    """A mistake in the question is 400; somebody else, or nobody, is 404."""
    answer = await story.get(f"/.well-known/webfinger{query}")

    assert answer.status_code == status


async def test_nodeinfo_comes_first_and_the_server_actor_last(story):
    """Forgejo reads the first link; FEP-2677 adds one."""
    links = (await story.get("/.well-known/nodeinfo")).json()["links"]

    assert [link["rel"].rpartition("/")[2] for link in links] == [
        "2.1", "2.0", "activitystreams#Application",
    ]  # fmt: skip
    for link in links[:2]:
        version = link["rel"].rpartition("/")[2]
        answer = await story.get(link["href"])
        profile = f"http://nodeinfo.diaspora.software/ns/schema/{version}#"
        assert answer.headers["content-type"] == f'application/json; profile="{profile}"'
        document = answer.json()
        assert (document["version"], document["protocols"]) == (version, ["activitypub"])
        assert re.fullmatch("[a-z0-9-]+", document["software"]["name"])
        assert document["openRegistrations"] is False
        assert document["usage"]["users"]["total"] == 1
        assert "repository" not in document["software"] or version == "2.1"
    assert links[2]["href"] == f"{GATE}/actor"
    assert (await story.get("/nodeinfo/1.0")).status_code == 404


@pytest.mark.parametrize("url", ACTORS)
async def test_an_actor_has_what_every_server_asks_for(story, url):
    """Keys of both kinds under ids of its own, and nothing that invites more than we do."""
    actor = (await story.get(url, accept=ACTIVITY_JSON)).json()

    assert actor["@context"][0] == AS2
    for name in ("inbox", "outbox", "followers", "following"):
        assert actor[name] == f"{url}/{name}"
    assert "endpoints" not in actor
    assert actor["manuallyApprovesFollowers"] is False
    assert actor["discoverable"] is (url == f"{GATE}/desks/anvil")
    assert actor["indexable"] is False
    key = actor["publicKey"]
    assert (key["id"], key["owner"]) == (f"{url}#main-key", url)
    assert read_pem(key["publicKeyPem"]).key_size >= 2048
    [multikey] = actor["assertionMethod"]
    assert (multikey["type"], multikey["controller"]) == ("Multikey", url)
    assert multikey["id"].startswith(f"{url}#")
    assert read_multibase(multikey["publicKeyMultibase"]) is not None
    hrefs = [each["href"] for each in actor["generator"]["implements"]]
    assert hrefs[0] == "https://datatracker.ietf.org/doc/html/rfc9421"


async def test_the_actors_of_a_project_point_at_each_other(story):
    """Whoever finds one finds all."""
    found = {url: (await story.get(url, accept=ACTIVITY_JSON)).json() for url in ACTORS}
    project = f"{GATE}/projects/anvil"

    assert found[f"{GATE}/desks/anvil"]["deskOf"] == project
    assert found[project]["desk"] == f"{GATE}/desks/anvil"
    assert found[project]["ticketsTrackedBy"] == f"{GATE}/tickets/anvil"
    assert found[project]["sendPatchesTo"] == f"{GATE}/patches/anvil"
    for tracker in ("tickets", "patches"):
        assert found[f"{GATE}/{tracker}/anvil"]["managedBy"] == project


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        (ACTIVITY_JSON, 200, ACTIVITY_JSON),
        (f'application/ld+json; profile="{AS2}"', 200, ACTIVITY_JSON),
        (FORGEJO, 200, ACTIVITY_JSON),
        (MASTODON, 200, ACTIVITY_JSON),
        ("*/*", 200, ACTIVITY_JSON),
        (BROWSER, 303, None),
        ("text/html", 303, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/desks/anvil", "/projects/anvil", "/tickets/anvil"])
async def test_a_machine_gets_the_document_and_a_person_the_page(
    story, path, accept, status, kind
):
    """By what they ask for; and every cache in between is told so."""
    answer = await story.get(path, accept=accept)

    assert answer.status_code == status
    assert answer.headers["vary"] == "Accept"
    if status == 303:
        assert answer.headers["location"] == f"{GATE}/@anvil"
    else:
        assert answer.headers["content-type"] == kind
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"].startswith("public, max-age=")


async def test_the_page_leads_a_machine_to_the_document(story):
    """A handle's page is what people paste into a search."""
    page = await story.get("/@anvil", accept=BROWSER)
    assert page.status_code == 200
    assert page.headers["vary"] == "Accept"
    assert "@anvil@gate.example" in page.text

    answer = await story.get("/@anvil", accept=ACTIVITY_JSON)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{GATE}/desks/anvil")


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("/desks/anvil/followers", 1),
        ("/desks/anvil/following", 0),
        ("/desks/anvil/outbox", 0),
        ("/projects/anvil/followers", 0),
        ("/projects/anvil/collaborators", 1),
        ("/projects/anvil/components", 2),
        ("/projects/anvil/outbox", 0),
        ("/tickets/anvil/followers", 0),
        ("/actor/outbox", 0),
        ("/actor/followers", 0),
    ],
)
async def test_a_collection_says_how_many_and_never_who(story, path, total):
    """People are nobody's list."""
    await story.admit()
    await story.deliver({"type": "Follow", "object": story.desk})

    answer = await story.get(path, accept=ACTIVITY_JSON)

    document = answer.json()
    assert (document["type"], document["totalItems"]) == ("OrderedCollection", total)
    assert not {"items", "first"} & document.keys()
    assert document.get("orderedItems", []) == []
    assert "bob" not in answer.text


async def test_an_outbox_has_news_only_and_each_can_be_fetched(story):
    """What is private is not there, whatever it is."""
    await story.admit()
    await story.act(Announce(project=ANVIL, text="Anvil 1.0 is out."))

    [create] = (await story.get("/desks/anvil/outbox")).json()["orderedItems"]

    assert create["actor"] == create["object"]["attributedTo"] == story.desk
    note = (await story.get(create["object"]["id"], accept=ACTIVITY_JSON)).json()
    assert note == {"@context": create["@context"], **create["object"]}
    assert "Anvil 1.0 is out." in note["content"]
    assert (await story.get(create["object"]["id"], accept=BROWSER)).status_code == 303


async def test_what_is_private_and_what_is_missing_answer_alike(story):
    """Byte for byte, header for header."""
    await story.admit()
    [grant] = story.bob.of_type("Grant")
    missing = await story.get("/desks/anvil/notes/aaaaaaaaaaaaaaaaaaaaaa", accept=ACTIVITY_JSON)
    private = [
        story.bob.notes()[-1]["id"],
        f"{story.bob.notes()[-1]['id']}/create",
        story.bob.notes()[-1]["context"],
        grant["id"],
        f"{GATE}/desks/nobody",
        f"{GATE}/desks/anvil/inbox/1",
    ]

    for url in private:
        answer = await story.get(url, accept=ACTIVITY_JSON)
        assert (answer.status_code, answer.content) == (404, missing.content)
        assert answer.headers == missing.headers
