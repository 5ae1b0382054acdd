"""How a document that uses prefixes or aliases reads in the plain words we know."""

import json
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any, Final, cast

from pyld import jsonld

from forgefed_gate.domain.errors import Malformed, TooLarge
from forgefed_gate.protocol.contexts import DOCUMENTS, WORDS, Word
from forgefed_gate.protocol.frontdoor import Json, JsonObject, inline_definitions, spelled_out

LARGEST_DOCUMENT = 65_536
"""Bytes; JSON-LD is slow, and actors are small."""
MOST_CONTEXTS = 64
"""In one document, all its parts together: pyld reads each anew after every other."""

Node = dict[str, Any]
"""A part of an expanded document, as pyld makes it."""

_PLAIN_WORDS = "urn:forgefed-gate:plain-words"
_ONE_AT_A_TIME = Lock()
"""pyld keeps caches for the whole process, which two threads may not use at once."""


def needs_reading(document: JsonObject) -> bool:
    """Whether *document* says something that we read in other than the plain words."""
    names = _names(document)
    return any(
        _is_foreign(name, names)
        for node in _objects(document)
        for name in [*node, *_texts(node.get("type"))]
    )


def plain(document: JsonObject) -> JsonObject:
    """
    Say *document* in the plain words of ActivityStreams, ForgeFed and security.

    Only bundled contexts are known: any other address raises `Malformed`, and so does
    what is not JSON-LD; above 64 KiB it is `TooLarge`. Values written without their
    type are read as the plain word would read them. This computes for milliseconds
    that the sender chooses: call it in a thread, with a deadline.
    """
    if len(json.dumps(document).encode()) > LARGEST_DOCUMENT:
        raise TooLarge("document-too-large", "The document is longer than 64 KiB.")
    if _count_contexts(document) > MOST_CONTEXTS:
        raise Malformed("too-many-contexts", f"It has more than {MOST_CONTEXTS} contexts.")
    found: list[Node] = _run(_expand, document, _OPTIONS)
    if len(found) != 1:
        raise _unreadable()
    said: JsonObject = _run(_compact, _node(found[0]), _PLAIN_WORDS, _OPTIONS)
    return {key: value for key, value in said.items() if key != "@context"}


def means_the_same(document: JsonObject) -> None:
    """
    Prove that JSON-LD readers find in *document* what readers of plain JSON find.

    Raises `Malformed` for a word that no context defines, and for a standard word
    whose value reads differently. Every document that we send is held to this.
    """
    lost: list[str] = []
    found: list[Node] = _run(_expand, document, _OPTIONS, lost.append)
    undefined = sorted({*lost, *(word for node in found for word in _undefined(node))})
    if undefined:
        raise Malformed("term-undefined", f"No context defines {', '.join(undefined)}.")
    if not _agree(document, plain(document), _names(document)):
        raise Malformed("term-misread", "A standard word reads differently as JSON-LD.")


def _count_contexts(document: JsonObject) -> int:
    contexts = [found["@context"] for found in _objects(document) if "@context" in found]
    return sum(len(found) if isinstance(found, list) else 1 for found in contexts)


def _load(url: str, _options: object) -> Node:
    """Serve a context that we hold; it never changes, so pyld may keep what it made of it."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": _KNOWN[url],
        "tag": "static",
    }


_NOWHERE = "https://relative.invalid/"
"""Without a base, pyld would place relative names on a host that exists."""
_OPTIONS: Final[dict[str, Any]] = {"documentLoader": _load, "base": _NOWHERE}


_expand: Callable[..., Any] = jsonld.expand  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # pyld is half annotated
_compact: Callable[..., Any] = jsonld.compact  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # the same


def _run(work: Callable[..., Any], *given: object) -> Any:
    try:
        with _ONE_AT_A_TIME:
            return work(*given)
    except jsonld.JsonLdError as error:
        if error.code == "loading remote context failed":  # pyright: ignore[reportUnknownMemberType] # the same
            raise Malformed("context-unknown", "The document uses a context we lack.") from None
        raise _unreadable() from None
    except _STUMBLES:
        raise _unreadable() from None


_STUMBLES = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What pyld raises where a document is wrong in a way that it does not look for."""


def _unreadable() -> Malformed:
    return Malformed("jsonld-unreadable", "The document is not JSON-LD.")


def _plain_word(word: Word) -> dict[str, str]:
    found = {"@id": word.iri}
    if word.read_as:
        found["@type"] = word.read_as
    if word.container in {"@list", "@graph"}:
        found["@container"] = word.container
    return found


_PLAIN_CONTEXT: Final[Node] = {
    "@version": 1.1,
    "@vocab": "_:",
    "id": "@id",
    "type": "@type",
    **{
        name: _plain_word(word)
        for name, word in WORDS.items()
        if word.container != "@language" and word.iri[0] != "@" and word.iri[-1] not in "#/"
    },
}
"""No word here is a prefix and none has a data type: IRIs stay whole, values stay values."""

_KNOWN: Final[Mapping[str, Node]] = {**DOCUMENTS, _PLAIN_WORDS: {"@context": _PLAIN_CONTEXT}}
_READ_AS: Final[Mapping[str, str]] = {word.iri: word.read_as for word in WORDS.values()}


def _node(node: Node) -> Node:
    return {
        iri: found if iri.startswith("@") else _values(iri, found) for iri, found in node.items()
    }


def _values(iri: str, values: list[Node]) -> list[Node]:
    """Prefer text in no language to its translations, or take the first of these."""
    spoken = [value for value in values if "@language" in value]
    unspoken = [value for value in values if "@language" not in value]
    return [_value(iri, value) for value in unspoken or spoken[:1]]


def _value(iri: str, value: Node) -> Node:
    if "@list" in value:
        return {"@list": _values(iri, value["@list"])}
    if "@graph" in value:
        return {"@graph": [_node(node) for node in value["@graph"]]}
    if "@value" not in value:
        return _node(value)
    if value.get("@type") == "@json":
        return value
    found, read_as = value["@value"], _READ_AS.get(iri)
    if read_as == "@vocab" and found in WORDS:
        return {"@id": WORDS[found].iri}
    if read_as in {"@id", "@vocab"} and isinstance(found, str):
        return {"@id": spelled_out(found, {})}
    return {"@value": found}


def _objects(value: Json) -> Iterator[JsonObject]:
    """List every object in a document, contexts aside."""
    if isinstance(value, dict):
        yield value
        for key, part in value.items():
            if key != "@context":
                yield from _objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from _objects(part)


def _names(document: JsonObject) -> dict[str, str]:
    """List the words that the document defines by itself, with what they stand for."""
    return {
        word: iri
        for node in _objects(document)
        for word, _, iri in inline_definitions(node.get("@context"))
    }


_MEANINGS = {word.iri for word in WORDS.values()}


def _is_foreign(name: str, names: Mapping[str, str]) -> bool:
    if name.startswith("@"):
        return name != "@context"
    iri = names.get(name) or spelled_out(name, names)
    return iri in _MEANINGS and (name not in WORDS or WORDS[name].iri != iri)


def _texts(value: Json) -> list[str]:
    return [
        text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)
    ]


def _undefined(node: object) -> Iterator[str]:
    """List the properties and types of an expanded document that have no IRI."""
    if isinstance(node, dict):
        for key, value in cast("Node", node).items():
            names = [key, *(_texts(value) if key == "@type" else [])]
            yield from (name for name in names if name.startswith(("_:", _NOWHERE)))
            yield from _undefined(value)
    elif isinstance(node, list):
        for part in cast("list[object]", node):
            yield from _undefined(part)


def _agree(ours: Json, theirs: Json, names: Mapping[str, str]) -> bool:
    """Whether two readings say the same in standard words; a list of one is its one."""
    ours, theirs = _single(ours), _single(theirs)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(
            _agree(value, theirs.get(word), names)
            for word, value in ours.items()
            if word in WORDS and not _is_extension(word, value)
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        pairs = zip(ours, theirs, strict=False)
        return len(ours) == len(theirs) and all(_agree(one, two, names) for one, two in pairs)
    return ours == theirs or spelled_out(ours, names) == theirs


def _single(value: Json) -> Json:
    """Unwrap what JSON-LD does not tell apart: lists of one, empty lists, bare ids."""
    if isinstance(value, list) and len(value) < 2:  # noqa: PLR2004 # none or one
        return _single(value[0]) if value else None
    return value["id"] if isinstance(value, dict) and value.keys() == {"id"} else value


def _is_extension(word: str, value: Json) -> bool:
    """Whether this is said in words that are standard nowhere."""
    in_languages = WORDS[word].container == "@language"
    return in_languages or (word == "type" and not set(_texts(value)) <= WORDS.keys())
