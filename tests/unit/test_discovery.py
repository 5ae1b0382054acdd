import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Malformed, NotFound, Refusal
from forgefed_gate.protocol.discovery import (
    ByName,
    ByUrl,
    jrd,
    nodeinfo,
    nodeinfo_links,
    nodeinfo_type,
    only,
    read_jrd,
    read_resource,
    server_jrd,
    split_handle,
)

GATE = "https://gate.example"
LOOPBACK = "http://127.0.0.1:8420"
DESK = "https://gate.example/desks/anvil"
AS2 = "https://www.w3.org/ns/activitystreams"


@pytest.mark.parametrize(
    ("value", "base_url", "wanted"),
    [
        ("acct:anvil@gate.example", GATE, ByName(name="anvil")),
        ("acct:Anvil@GATE.example", GATE, ByName(name="anvil")),
        ("ACCT:anvil@gate.example", GATE, ByName(name="anvil")),
        ("acct:an%2Dvil@gate.example", GATE, ByName(name="an-vil")),
        ("acct:anvil@127.0.0.1:8420", LOOPBACK, ByName(name="anvil")),
        (DESK, GATE, ByUrl(url=DESK)),
        ("http://gate.example/desks/anvil", GATE, ByUrl(url=DESK)),
        ("https://GATE.example/@anvil", GATE, ByUrl(url="https://gate.example/@anvil")),
        ("https://gate.example/", GATE, ByUrl(url="https://gate.example/")),
        ("https://gate.example", GATE, ByUrl(url="https://gate.example")),
        (f"{LOOPBACK}/desks/anvil", LOOPBACK, ByUrl(url=f"{LOOPBACK}/desks/anvil")),
    ],
)
def test_a_resource_of_ours_is_recognised(value, base_url, wanted):
    """People and servers ask for the same actor by handle and by address."""
    assert read_resource(value, base_url=base_url) == wanted


@pytest.mark.parametrize(
    "value",
    [
        None, "", "anvil", "anvil@gate.example", "@anvil@gate.example", "acct:", "acct:anvil",
        "acct:@gate.example", "acct:anvil@", "https:", "https://", "https:gate.example/x",
        "acct:an vil@gate.example", "acct:anvil@gate.example\n", "acct:änvil@gate.example",
        "1ct:anvil@gate.example", "acct:" + "a" * 2_048 + "@gate.example",
    ],
)  # fmt: skip
def test_what_is_no_uri_is_malformed(value):
    """The WebFinger test suites expect 400 for these, and 404 for what is merely unknown."""
    with pytest.raises(Malformed) as refusal:
        read_resource(value, base_url=GATE)

    assert refusal.value.code == "resource-malformed"


@pytest.mark.parametrize(
    "value",
    [
        "acct:anvil@elsewhere.example",
        "acct:anvil@gate.example:8443",
        "acct:anvil@gate.example.",
        "https://elsewhere.example/desks/anvil",
        "https://gate.example@elsewhere.example/",
        "https://user@gate.example/",
        "https://gate.example:443/",
        "mailto:anvil@gate.example",
        "xmpp:anvil@gate.example",
        "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
    ],
)
def test_what_is_not_ours_is_not_found(value):
    """Every scheme is understood, and we answer for ourselves only."""
    with pytest.raises(NotFound):
        read_resource(value, base_url=GATE)


@given(st.text() | st.text(alphabet="acthps:/@%.gexmpl", max_size=40))
def test_any_resource_is_read_or_refused(value):
    """Strangers write the query."""
    try:
        wanted = read_resource(value, base_url=GATE)
    except Refusal:
        return
    assert isinstance(wanted, ByName) or wanted.url.startswith(GATE)


@pytest.mark.parametrize(
    ("rels", "kept"),
    [
        ([], ["self", "http://webfinger.net/rel/profile-page"]),
        (["self"], ["self"]),
        (["http://webfinger.net/rel/profile-page", "self"], ["self", "http://webfinger.net/rel/profile-page"]),
        (["SELF", "http://webfinger.net/rel/avatar"], []),
    ],
)  # fmt: skip
def test_who_asks_for_some_links_gets_those_and_all_else_unchanged(rels, kept):
    """Whoever asks for none in particular gets all (RFC 7033, section 4.3)."""
    whole = jrd(handle="anvil@gate.example", actor_url=DESK, page_url=f"{GATE}/@anvil")

    found = only(whole, rels=rels)

    assert [link["rel"] for link in found["links"]] == kept
    assert {**found, "links": whole["links"]} == whole


def test_a_handle_leads_to_its_actor_and_page():
    """Microblogs follow `self`, browsers the profile page, and both must be aliases."""
    page = "https://gate.example/@anvil"

    found = jrd(handle="anvil@gate.example", actor_url=DESK, page_url=page)

    assert found == {
        "subject": "acct:anvil@gate.example",
        "aliases": [DESK, page],
        "links": [
            {"rel": "self", "type": "application/activity+json", "href": DESK},
            {
                "rel": "http://webfinger.net/rel/profile-page",
                "type": "text/html",
                "href": page,
            },
        ],
    }
    assert read_jrd(found) == DESK


def test_an_actor_without_a_page_has_only_itself():
    """Trackers are for servers; no alias is named twice."""
    found = jrd(handle="@anvil@gate.example", actor_url=DESK, aliases=[DESK, f"{DESK}/x"])

    assert found["subject"] == "acct:anvil@gate.example"
    assert found["aliases"] == [DESK, f"{DESK}/x"]
    assert len(found["links"]) == 1


def test_the_server_is_found_by_its_address():
    """FEP-d556: the resource is the server, the relation says so, the target signs its fetches."""
    assert server_jrd(GATE) == {
        "subject": "https://gate.example/",
        "links": [
            {
                "rel": f"{AS2}#Service",
                "type": "application/activity+json",
                "href": "https://gate.example/actor",
            }
        ],
    }


def test_nodeinfo_comes_before_the_actor():
    """Forgejo reads the first link and expects NodeInfo there."""
    links = nodeinfo_links(GATE)["links"]

    assert [link["href"] for link in links] == [
        "https://gate.example/nodeinfo/2.1",
        "https://gate.example/nodeinfo/2.0",
        "https://gate.example/actor",
    ]
    assert links[0]["rel"] == "http://nodeinfo.diaspora.software/ns/schema/2.1"
    assert links[2]["rel"] == f"{AS2}#Application"


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_nodeinfo_has_what_its_schema_asks_for(version):
    """The schema lists these fields as required, and forbids others in `software`."""
    found = nodeinfo(
        version, software_version="0.1.0", projects=3, repository="https://code.example/gate"
    )

    assert found["version"] == version
    assert found["protocols"] == ["activitypub"]
    assert found["services"] == {"inbound": [], "outbound": []}
    assert found["openRegistrations"] is False
    assert found["usage"] == {"users": {"total": 3}, "localPosts": 0}
    assert found["metadata"] == {}
    assert found["software"]["name"] == "forgefed-gate"
    assert ("repository" in found["software"]) is (version == "2.1")
    assert nodeinfo_type(version).endswith(f'/{version}#"')


@pytest.mark.parametrize("version", ["1.0", "2.2", "", "../2.0"])
def test_other_versions_of_nodeinfo_do_not_exist(version):
    """The version comes out of a path that strangers write."""
    with pytest.raises(NotFound):
        nodeinfo(version, software_version="0.1.0", projects=3)


def link(**overrides):
    return {"rel": "self", "type": "application/activity+json", "href": DESK, **overrides}


@pytest.mark.parametrize(
    "links",
    [
        [link()],
        [link(rel="http://webfinger.net/rel/profile-page", href="https://x.example/"), link()],
        [link(type="text/html", href="https://x.example/"), link()],
        [link(href=None), link(type=None), "x", None, link()],
        [link(type=f'application/ld+json; profile="{AS2}"')],
        [link(type=f'application/ld+json;profile="{AS2}"')],
        [link(), link(href="https://x.example/")],
    ],
)
def test_the_actor_is_the_first_activitypub_self(links):
    """Other links of the answer lead to pages and pictures."""
    assert read_jrd({"subject": "acct:anvil@gate.example", "links": links}) == DESK


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"links": None},
        {"links": {"rel": "self"}},
        {"links": [link(rel="me")]},
        {"links": [link(type="application/json")]},
        {"links": [link(type="application/ld+json")]},
        {"links": [link(href=7)]},
    ],
)
def test_an_answer_without_an_actor_leads_nowhere(document):
    """What is only similar to an actor link is none."""
    with pytest.raises(Malformed) as refusal:
        read_jrd(document)

    assert refusal.value.code == "jrd-without-actor"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("@alice@dev.example", ("alice", "dev.example")),
        ("alice@dev.example", ("alice", "dev.example")),
        ("acct:alice@dev.example", ("alice", "dev.example")),
        ("@Alice@DEV.example", ("Alice", "dev.example")),
        ("@a.b-c_d@dev.example", ("a.b-c_d", "dev.example")),
        ("@alice@localhost:8420", ("alice", "localhost:8420")),
        ("@alice@[::1]:8420", ("alice", "[::1]:8420")),
    ],
)
def test_a_handle_has_a_name_and_a_host(text, parts):
    """People write handles in all these ways."""
    assert split_handle(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "alice", "@alice", "@alice@", "@@dev.example", "alice@dev@example",
        "a b@c.example", "@alice@dev.example/", "@alice@dev.example:port", "@аlice@dev.example",
        "@alice@dеv.example", "@.alice@dev.example", "@alice.@dev.example", "@alice@dev.example\n",
        "https://dev.example/@a",
        "@" + "a" * 320 + "@dev.example",
    ],
)  # fmt: skip
def test_what_looks_like_a_handle_is_none(text):
    """Look-alike letters from other scripts are refused, not guessed at."""
    with pytest.raises(Malformed) as refusal:
        split_handle(text)

    assert refusal.value.code == "handle-malformed"
