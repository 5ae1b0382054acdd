"""
WebFinger and NodeInfo of a running gate, rule by rule.

The rules are those of RFC 7033 and RFC 7565, and of the NodeInfo protocol with its official
schemas; each test names the section that it holds us to.
"""

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from jsonschema import Draft4Validator
from programs import PATIENCE

SCHEMAS = Path(__file__).parents[1] / "vectors" / "nodeinfo"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
MEMBERS = {"subject", "aliases", "properties", "links"}
LINK_MEMBERS = {"rel", "type", "href", "titles", "properties"}
NUMBERS = count(1)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back over the wire, a refusal too."""

    status: int
    headers: Message
    body: bytes

    @property
    def document(self):
        """Read the JSON of it."""
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Somebody who asks a running gate about one desk of it."""

    base_url: str
    slug: str

    @property
    def authority(self) -> str:
        """The host and port that handles show."""
        return urlsplit(self.base_url).netloc

    @property
    def account(self) -> str:
        """The URI of the desk's account."""
        return f"acct:{self.slug}@{self.authority}"

    @property
    def desk(self) -> str:
        """The actor that the account leads to."""
        return f"{self.base_url}/desks/{self.slug}"

    def ask(self, target: str, *, method: str = "GET", **headers: str) -> Answer:
        """Ask for a path or a URL of the gate."""
        url = target if "://" in target.partition("?")[0] else self.base_url + target
        request = urllib.request.Request(url, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return _read(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return _read(refused)

    def finger(self, *resources: str, rel: tuple[str, ...] = ()) -> Answer:
        """Ask WebFinger, with every parameter escaped as section 4.1 says."""
        query = [*(("resource", each) for each in resources), *(("rel", each) for each in rel)]
        return self.ask(f"/.well-known/webfinger?{urlencode(query, quote_via=quote, safe='')}")


def _read(answer) -> Answer:
    return Answer(status=answer.status, headers=answer.headers, body=answer.read())


@pytest.fixture(scope="module")
def asker(gate) -> Asker:
    """Let the gate have a project to be asked about."""
    slug = f"bellows-{next(NUMBERS)}"
    gate.do("project", "add", slug, "--name", "Bellows")
    return Asker(base_url=gate.base_url, slug=slug)


def test_a_known_resource_is_described_as_a_jrd(asker):
    """RFC 7033, 4.2 and 10.2: 200, and the media type of a JRD."""
    answer = asker.finger(asker.account)

    assert answer.status == 200
    assert answer.headers.get_content_type() == "application/jrd+json"
    assert answer.document["subject"] == asker.account


def test_a_jrd_has_only_what_a_jrd_has(asker):
    """RFC 7033, 4.4: its members, and what each of them may be."""
    document = asker.finger(asker.account).document

    assert document.keys() <= MEMBERS
    assert all(URI.fullmatch(uri) for uri in [document["subject"], *document["aliases"]])
    assert document["links"]
    for link in document["links"]:
        assert link.keys() <= LINK_MEMBERS
        assert link["rel"] == "self" or URI.fullmatch(link["rel"])
        assert MEDIA_TYPE.fullmatch(link["type"])
        assert URI.fullmatch(link["href"])


def test_every_link_and_alias_leads_somewhere(asker):
    """RFC 7033, 4.4: an alias is another name of the same, and can be asked for too."""
    document = asker.finger(asker.account).document

    for link in document["links"]:
        answer = asker.ask(link["href"], Accept=link["type"])
        assert (answer.status, answer.headers.get_content_type()) == (200, link["type"])
    for alias in document["aliases"]:
        assert asker.finger(alias).document == document


@pytest.mark.parametrize("spell", [str, lambda account: account.replace("acct:", "ACCT:")])
def test_the_scheme_of_a_uri_has_no_case(asker, spell):
    """RFC 3986, 3.1."""
    assert asker.finger(spell(asker.account)).document["subject"] == asker.account


def test_a_resource_may_be_written_without_escapes(asker):
    """RFC 7033, 4.1 asks for fewer escapes than people write: both are the same question."""
    plain = asker.ask(f"/.well-known/webfinger?resource={asker.account}")

    assert plain.document == asker.finger(asker.account).document


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?resource",
        "?resource=",
        "?rel=self",
        "?RESOURCE={account}",
        "?resource={name}",
        "?resource=%40{name}",
        "?resource=acct%3A{name}",
        "?resource=acct%3A",
        "?resource=https%3A",
        "?resource=%20",
        "?resource=%00",
        "?resource=%FF%FE",
        "?resource={account}&resource={account}",
    ],
)
def test_a_resource_that_is_missing_or_malformed_is_a_bad_request(asker, query):
    """RFC 7033, 4.1 and 4.2: exactly one, and it is a URI."""
    asked = query.format(account=quote(asker.account, safe=""), name=asker.slug)

    answer = asker.ask(f"/.well-known/webfinger{asked}")

    assert answer.status == 400
    assert answer.document["code"] == "resource-malformed"


@pytest.mark.parametrize(
    "resource",
    [
        "acct:nobody@{authority}",
        "acct:{slug}@elsewhere.example",
        "https://elsewhere.example/desks/{slug}",
        "http://{authority}/desks/nobody",
        "mailto:{slug}@{authority}",
        "xmpp:{slug}@{authority}",
        "urn:isbn:9780140449136",
        "did:web:elsewhere.example",
        "device:printer-1",
        "tel:+49-30-1234567",
    ],
)
def test_a_resource_of_any_scheme_is_understood_and_unknown(asker, resource):
    """RFC 7033, 4.1 and 4.2: WebFinger asks about any URI, and 404 means no information."""
    asked = resource.format(authority=asker.authority, slug=asker.slug)

    assert asker.finger(asked).status == 404


@pytest.mark.parametrize(
    ("rel", "kept"),
    [
        (("self",), ["self"]),
        ((PROFILE_PAGE,), [PROFILE_PAGE]),
        (("self", PROFILE_PAGE), ["self", PROFILE_PAGE]),
        (("http://webfinger.net/rel/avatar",), []),
        (("http://webfinger.net/rel/avatar", "self"), ["self"]),
    ],
)
def test_links_are_filtered_by_relation_and_nothing_else_is(asker, rel, kept):
    """RFC 7033, 4.3: an empty list is an answer, not an error."""
    whole, some = asker.finger(asker.account), asker.finger(asker.account, rel=rel)

    assert some.status == 200
    assert [link["rel"] for link in some.document["links"]] == kept
    assert {**some.document, "links": whole.document["links"]} == whole.document


@pytest.mark.parametrize("query", ["?resource=acct%3Anobody%40here", "", "?resource={account}"])
def test_scripts_of_every_site_may_read_every_answer(asker, query):
    """RFC 7033, 5: a browser that is told of a refusal has to be able to see it."""
    asked = query.format(account=quote(asker.account, safe=""))

    answer = asker.ask(f"/.well-known/webfinger{asked}", Origin="https://elsewhere.example")

    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_nothing_but_asking_is_possible(asker):
    """RFC 7033, 4.1: a query is a GET; HEAD is one without its body."""
    target = f"/.well-known/webfinger?resource={asker.account}"

    head = asker.ask(target, method="HEAD")

    assert (head.status, head.body) == (200, b"")
    for method in ("POST", "PUT", "DELETE"):
        assert asker.ask(target, method=method).status == 404


def test_nothing_personal_is_told_without_being_asked_for(asker):
    """RFC 7033, 8 and 9: a query that names nobody lists nobody."""
    told = [
        asker.finger(f"{asker.base_url}/").body,
        asker.finger("acct:*@" + asker.authority).body,
        asker.ask("/.well-known/webfinger").body,
        asker.ask("/.well-known/nodeinfo").body,
    ]

    assert not [body for body in told if asker.slug.encode() in body]


def test_nodeinfo_is_found_at_its_well_known_place(asker):
    """NodeInfo, Discovery: a JRD whose relations name the versions, the highest first."""
    answer = asker.ask("/.well-known/nodeinfo", Accept="application/json")
    rels = [link["rel"] for link in answer.document["links"]]

    assert answer.status == 200
    assert answer.headers.get_content_type() == "application/json"
    assert answer.document.keys() <= MEMBERS
    assert [rel for rel in rels if rel.startswith(SCHEMA)] == [f"{SCHEMA}/2.1", f"{SCHEMA}/2.0"]
    assert all(URI.fullmatch(link["href"]) for link in answer.document["links"])


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_nodeinfo_is_as_its_official_schema_says(asker, version):
    """NodeInfo, Retrieval: the document that is linked, under its media type, valid."""
    links = asker.ask("/.well-known/nodeinfo").document["links"]
    [href] = [link["href"] for link in links if link["rel"] == f"{SCHEMA}/{version}"]

    answer = asker.ask(href, Accept="application/json")

    schema = json.loads((SCHEMAS / f"{version}.json").read_text("utf-8"))
    Draft4Validator(schema).validate(answer.document)
    assert answer.headers.get_content_type() == "application/json"
    assert answer.headers.get_param("profile") == schema["id"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize(
    "broken",
    [
        {"version": "1.0"},
        {"protocols": []},
        {"protocols": ["gopher"]},
        {"software": {"name": "Forgefed Gate", "version": "1"}},
        {"openRegistrations": "no"},
        {"usage": {"users": {"total": -1}}},
        {"people": ["bob"]},
    ],
)
def test_the_official_schema_refuses_what_we_do_not_say(asker, version, broken):
    """A schema that lets everything pass would prove nothing."""
    document = asker.ask(f"/nodeinfo/{version}").document
    schema = json.loads((SCHEMAS / f"{version}.json").read_text("utf-8"))

    assert not Draft4Validator(schema).is_valid(document | broken)


def test_nodeinfo_of_another_version_is_not_here(asker):
    """Nobody is told what we never said."""
    for version in ("1.0", "1.1", "2.2", "3.0", "x"):
        assert asker.ask(f"/nodeinfo/{version}").status == 404
