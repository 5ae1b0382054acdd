"""
What Mastodon asks of an actor and of a note: the rules of its own documentation, in our words.

Each names the page and section that it stands on, and has beside it a small change that breaks
it, so that none holds by accident.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from forgefed_gate.domain.ids import PUBLIC

GATE = "https://gate.example"
DESK = f"{GATE}/desks/anvil"
BOB = "https://peer.example/users/bob"
ACTIVITYPUB = "docs.joinmastodon.org/spec/activitypub"
WEBFINGER = "docs.joinmastodon.org/spec/webfinger"
SECURITY = "docs.joinmastodon.org/spec/security"

TYPES = {"Application", "Group", "Organization", "Person", "Service"}
"""`SUPPORTED_TYPES` of `ActivityPub::FetchRemoteActorService`; no other actor is looked up."""
USERNAME = re.compile(r"[a-z0-9_]+([a-z0-9_.-]+[a-z0-9_]+)?", re.IGNORECASE)
"""`USERNAME_RE` of `Account`."""
ELEMENTS = {
    "p": set(), "span": {"class"}, "br": set(), "a": {"href", "rel", "class"}, "del": set(),
    "pre": set(), "code": set(), "em": set(), "strong": set(), "b": set(), "i": set(), "u": set(),
    "ul": set(), "ol": {"start", "reversed"}, "li": {"value"}, "blockquote": set(),
}  # fmt: skip
CLASSES = re.compile(r"(?:h|p|u|dt|e)-.+|mention|hashtag|ellipsis|invisible")
LINKS = re.compile(r"(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|xmpp|magnet|gemini):.+")

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that Mastodon asks for, and a change after which it is not given."""

    says: str
    where: str
    holds: Callable[[Json], bool]
    breaks: Callable[[Json], object]


class Markup(HTMLParser):
    """Collects what an HTML sanitiser would take away, and the text that stays."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lost: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Hold an element to the list."""
        if tag not in ELEMENTS:
            self.lost.append(tag)
        for name, value in attrs:
            if name not in ELEMENTS.get(tag, set()):
                self.lost.append(f"{tag} {name}")
            if name == "class":
                self.lost += [word for word in str(value).split() if not CLASSES.fullmatch(word)]
            if name == "href" and not LINKS.fullmatch(str(value)):
                self.lost.append(str(value))

    def handle_data(self, data: str) -> None:
        """Keep what is to be read."""
        self.text += data


def audience(document: Json) -> set[str]:
    return {*document.get("to", []), *document.get("cc", [])}


def mentioned(note: Json) -> set[str]:
    return {tag["href"] for tag in note.get("tag", []) if tag["type"] == "Mention"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def terms(document: Json) -> Json:
    """List the words that a document's own contexts define."""
    found: Json = {}
    for context in document["@context"]:
        found |= context if isinstance(context, dict) else {}
    return found


def spelled(document: Json, word: str) -> str:
    """Write out what a word stands for."""
    prefix, _, rest = terms(document)[word].partition(":")
    return terms(document).get(prefix, f"{prefix}:") + rest


def rsa(pem: str) -> bool:
    return isinstance(serialization.load_pem_public_key(pem.encode()), RSAPublicKey)


def without(name: str) -> Callable[[Json], object]:
    return lambda document: document.pop(name)


def with_(name: str, value: object) -> Callable[[Json], object]:
    return lambda document: document.update({name: value})


ACTOR_RULES = [
    Rule(
        says="an actor's id is an https address",
        where=f"{WEBFINGER}#intro",
        holds=lambda actor: actor["id"].startswith("https://gate.example/"),
        breaks=with_("id", "http://gate.example/desks/anvil"),
    ),
    Rule(
        says="its type is one of five",
        where=f"{ACTIVITYPUB}#profile",
        holds=lambda actor: actor["type"] in TYPES,
        breaks=with_("type", "TicketTracker"),
    ),
    Rule(
        says="a machine says that it is one, and is shown as a bot",
        where=f"{ACTIVITYPUB}#profile",
        holds=lambda actor: actor["type"] in {"Application", "Service"},
        breaks=with_("type", "Person"),
    ),
    Rule(
        says="its name can be mentioned",
        where=f"{ACTIVITYPUB}#profile",
        holds=lambda actor: bool(USERNAME.fullmatch(actor["preferredUsername"])),
        breaks=with_("preferredUsername", "-anvil"),
    ),
    Rule(
        says="its boxes are on its own server, under https",
        where=f"{SECURITY}#http",
        holds=lambda actor: all(
            actor[box].startswith(f"{actor['id']}/")
            for box in ("inbox", "outbox", "followers", "following")
        ),
        breaks=with_("inbox", "https://elsewhere.example/inbox"),
    ),
    Rule(
        says="its key names it as the owner, below its own id",
        where=f"{ACTIVITYPUB}#publicKey",
        holds=lambda actor: (
            actor["publicKey"]["owner"] == actor["id"]
            and actor["publicKey"]["id"].startswith(f"{actor['id']}#")
        ),
        breaks=lambda actor: actor["publicKey"].update(owner=BOB),
    ),
    Rule(
        says="its key is an RSA key in PEM",
        where=f"{SECURITY}#http",
        holds=lambda actor: rsa(actor["publicKey"]["publicKeyPem"]),
        breaks=lambda actor: actor["publicKey"].update(
            publicKeyPem="-----BEGIN PUBLIC KEY-----\n"
            "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
            "-----END PUBLIC KEY-----\n"
        ),
    ),
    Rule(
        says="its key is read by the security context",
        where=f"{ACTIVITYPUB}#sec",
        holds=lambda actor: "https://w3id.org/security/v1" in actor["@context"],
        breaks=lambda actor: actor["@context"].remove("https://w3id.org/security/v1"),
    ),
    Rule(
        says="its name and its bio are text, and nothing of the bio is taken away",
        where=f"{ACTIVITYPUB}#sanitization",
        holds=lambda actor: isinstance(actor["name"], str) and not Markup(actor["summary"]).lost,
        breaks=with_("summary", "<table><tr><td>Knock first.</td></tr></table>"),
    ),
    Rule(
        says="its link is a page",
        where=f"{ACTIVITYPUB}#profile",
        holds=lambda actor: actor["url"].startswith("https://gate.example"),
        breaks=with_("url", "javascript:alert(1)"),
    ),
    Rule(
        says="it says when it was made",
        where=f"{ACTIVITYPUB}#profile",
        holds=lambda actor: moment(actor["published"]).tzinfo is not None,
        breaks=with_("published", "2026-11-22"),
    ),
    Rule(
        says="it is not locked: whoever follows is let in",
        where=f"{ACTIVITYPUB}#profile",
        holds=lambda actor: actor["manuallyApprovesFollowers"] is False,
        breaks=with_("manuallyApprovesFollowers", True),
    ),
    Rule(
        says="whether it wants to be found is said in Mastodon's own word",
        where=f"{ACTIVITYPUB}#discoverable",
        holds=lambda actor: (
            isinstance(actor["discoverable"], bool)
            and spelled(actor, "discoverable") == "http://joinmastodon.org/ns#discoverable"
        ),
        breaks=with_("discoverable", "yes"),
    ),
    Rule(
        says="profile fields are in the schema.org words as Mastodon misspells them",
        where=f"{ACTIVITYPUB}#PropertyValue",
        holds=lambda actor: (
            spelled(actor, "PropertyValue") == "http://schema.org#PropertyValue"
            and spelled(actor, "value") == "http://schema.org#value"
            and all(
                row["type"] == "PropertyValue" and not Markup(row["value"]).lost
                for row in actor.get("attachment", [])
            )
        ),
        breaks=lambda actor: actor["@context"].clear(),
    ),
    Rule(
        says="nothing in it says that it moved or was suspended",
        where=f"{ACTIVITYPUB}#suspended",
        holds=lambda actor: not {"movedTo", "suspended"} & actor.keys(),
        breaks=with_("suspended", True),
    ),
]

NOTE_RULES = [
    Rule(
        says="it is a Note, which becomes a post",
        where=f"{ACTIVITYPUB}#status",
        holds=lambda create: (create["type"], create["object"]["type"]) == ("Create", "Note"),
        breaks=lambda create: create["object"].update(type="Ticket"),
    ),
    Rule(
        says="who sends it is who wrote it, and all of it is on their server",
        where=f"{ACTIVITYPUB}#status",
        holds=lambda create: (
            create["actor"] == create["object"]["attributedTo"] == DESK
            and create["id"].startswith(f"{GATE}/")
            and create["object"]["id"].startswith(f"{GATE}/")
        ),
        breaks=lambda create: create["object"].update(attributedTo=BOB),
    ),
    Rule(
        says="the activity and the note are for the same people",
        where=f"{ACTIVITYPUB}#Mention",
        holds=lambda create: audience(create) == audience(create["object"]),
        breaks=lambda create: create["object"].update(cc=[PUBLIC]),
    ),
    Rule(
        says="it has words, and nothing of them is taken away",
        where=f"{ACTIVITYPUB}#sanitization",
        holds=lambda create: (
            bool(Markup(create["object"]["content"]).text)
            and not Markup(create["object"]["content"]).lost
        ),
        breaks=lambda create: create["object"].update(content="<h1>Knock first.</h1>"),
    ),
    Rule(
        says="it hides nothing behind a warning",
        where=f"{ACTIVITYPUB}#sensitive",
        holds=lambda create: not {"summary", "sensitive"} & create["object"].keys(),
        breaks=lambda create: create["object"].update(summary="rules"),
    ),
    Rule(
        says="it says when it was written",
        where=f"{ACTIVITYPUB}#status",
        holds=lambda create: moment(create["object"]["published"]).tzinfo is not None,
        breaks=lambda create: create["object"].update(published="today"),
    ),
]

PRIVATE_RULES = [
    Rule(
        says="it is for those alone whom it mentions, which makes it a private mention",
        where=f"{ACTIVITYPUB}#Mention",
        holds=lambda create: audience(create) == mentioned(create["object"]) == {BOB},
        breaks=lambda create: create["object"].pop("tag"),
    ),
    Rule(
        says="it is for no collection, so it is neither public nor for followers",
        where=f"{ACTIVITYPUB}#Mention",
        holds=lambda create: not {PUBLIC, f"{DESK}/followers"} & audience(create),
        breaks=lambda create: create.update(cc=[f"{DESK}/followers"]),
    ),
    Rule(
        says="a mention is named as a WebFinger address",
        where=f"{ACTIVITYPUB}#status",
        holds=lambda create: (
            [tag["name"] for tag in create["object"]["tag"]] == ["@bob@peer.example"]
        ),
        breaks=lambda create: create["object"]["tag"][0].update(name=BOB),
    ),
    Rule(
        says="whom it mentions can be read in its words",
        where=f"{ACTIVITYPUB}#Mention",
        holds=lambda create: Markup(create["object"]["content"]).text.startswith("@bob"),
        breaks=lambda create: create["object"].update(content="<p>Hello!</p>"),
    ),
    Rule(
        says="it answers what they wrote, so their filter for strangers lets it pass",
        where=f"{ACTIVITYPUB}#status",
        holds=lambda create: create["object"]["inReplyTo"].startswith(f"{BOB}/notes/"),
        breaks=lambda create: create["object"].update(inReplyTo=""),
    ),
]

NEWS_RULES = [
    Rule(
        says="it is public, and goes to followers",
        where=f"{ACTIVITYPUB}#Mention",
        holds=lambda create: (create["to"], create["cc"]) == ([PUBLIC], [f"{DESK}/followers"]),
        breaks=lambda create: create.update(to=[], cc=[PUBLIC]),
    ),
    Rule(
        says="its permalink leads to it",
        where=f"{ACTIVITYPUB}#status",
        holds=lambda create: create["object"]["url"] == create["object"]["id"],
        breaks=lambda create: create["object"].pop("url"),
    ),
]

EVERY_RULE = [*ACTOR_RULES, *NOTE_RULES, *PRIVATE_RULES, *NEWS_RULES]


def broken(rules: list[Rule], document: Json) -> list[str]:
    """List the rules that do not hold; a document that a rule cannot read breaks it."""
    return [f"{rule.says} ({rule.where})" for rule in rules if not _holds(rule, document)]


def _holds(rule: Rule, document: Json) -> bool:
    try:
        return rule.holds(document)
    except (KeyError, TypeError, ValueError):
        return False


def held_by_nothing(rules: list[Rule], document: Json) -> list[str]:
    """List the rules that a broken document would not break: those prove nothing."""
    found = []
    for rule in rules:
        changed = copy.deepcopy(document)
        rule.breaks(changed)
        if _holds(rule, changed):
            found.append(rule.says)
    return found
