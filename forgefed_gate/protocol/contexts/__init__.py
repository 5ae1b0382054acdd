"""The contexts we hold our own copies of, and what their words stand for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from pyld import BUNDLED_CONTEXTS

AS2 = "https://www.w3.org/ns/activitystreams"
FORGEFED = "https://forgefed.org/ns"
SECURITY = "https://w3id.org/security/v1"
INTEGRITY = "https://w3id.org/security/data-integrity/v2"
CID = "https://www.w3.org/ns/cid/v1"

_SHIPPED = {
    FORGEFED: "forgefed",
    INTEGRITY: "data-integrity-v2",
    CID: "cid-v1",
    "https://w3id.org/security/data-integrity/v1": "data-integrity-v1",
    "https://w3id.org/security/multikey/v1": "multikey-v1",
    "https://w3id.org/identity/v1": "identity-v1",
    "https://purl.archive.org/socialweb/webfinger": "webfinger",
    "https://gotosocial.org/ns": "gotosocial",
}
_BORROWED = (AS2, SECURITY, "https://w3id.org/security/v2", "https://www.w3.org/ns/did/v1")

_SPOKEN = (CID, INTEGRITY, SECURITY, FORGEFED, AS2)
"""The vocabularies we read; where two define one word, the later one rules."""

_SPEAKER = {
    "CryptographicKey", "DataIntegrityProof", "Multikey", "assertionMethod", "controller",
    "created", "cryptosuite", "dc", "owner", "proof", "proofPurpose", "proofValue", "publicKey",
    "publicKeyMultibase", "publicKeyPem", "sec", "signature", "verificationMethod",
}  # fmt: skip
"""The security words by which we know who speaks; Mastodon has its own `EncryptedMessage`."""

_ELSEWHERE = {"members", "description", "hash"}
"""ForgeFed words that we never read and others use in their own way (Mobilizon: `members`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a word stands for, and how its values are read."""

    iri: str
    read_as: str
    """One of `@id`, `@vocab`, `@json`; empty for plain values."""
    container: str


def _load() -> Iterator[tuple[str, dict[str, Any]]]:
    """Read every context once, ours from beside this file and the rest from pyld."""
    for url, name in _SHIPPED.items():
        text = resources.files(__name__).joinpath(f"{name}.jsonld").read_text("utf-8")
        yield url, json.loads(text)
    for url in _BORROWED:
        yield url, json.loads(BUNDLED_CONTEXTS[url].read_text("utf-8"))


def _definitions(context: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """List the words of *context*, and those it defines inside one type only."""
    for word, definition in context.items():
        if not word.startswith("@"):
            yield word, definition
            scoped = definition.get("@context", {}) if isinstance(definition, dict) else {}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # JSON from our own files
            yield from _definitions(scoped)  # pyright: ignore[reportUnknownArgumentType] # the same


def _word(definition: str | Mapping[str, str], context: Mapping[str, Any]) -> Word:
    found = {"@id": definition} if isinstance(definition, str) else definition
    prefix, _, rest = found["@id"].partition(":")
    namespace = context.get(prefix)
    read_as = found.get("@type", "")
    return Word(
        iri=namespace + rest if isinstance(namespace, str) else found["@id"],
        read_as=read_as if read_as in {"@id", "@vocab", "@json"} else "",
        container=found.get("@container", ""),
    )


def _words(url: str) -> dict[str, Word]:
    context: Mapping[str, Any] = DOCUMENTS[url]["@context"]
    return {word: _word(found, context) for word, found in _definitions(context)}


DOCUMENTS: Final[Mapping[str, dict[str, Any]]] = dict(_load())
"""Every context document we know, by its address."""

WORDS: Final[Mapping[str, Word]] = {
    word: meaning for url in _SPOKEN for word, meaning in _words(url).items()
}
"""The words of ActivityStreams, ForgeFed and the security vocabulary."""

_GUARDED = (_SPEAKER | _words(AS2).keys() | _words(FORGEFED).keys()) - _ELSEWHERE

STANDARD: Final[Mapping[str, str]] = {
    word: meaning.iri for word, meaning in WORDS.items() if word in _GUARDED
}
"""The words that no document may give another meaning, with what they stand for."""
