"""The parsers of foreign bytes, by name."""

from fuzz import bodies, documents, doors, files, hooks, names, signatures, texts
from fuzz.judge import Target

TARGETS = {
    "signatures": Target(read=signatures.signatures, longest=2048),
    "structured": Target(read=signatures.structured, longest=1024),
    "json": Target(read=bodies.front_door),
    "activity": Target(read=bodies.activity),
    "addresses": Target(read=names.addresses, longest=512),
    "webfinger": Target(read=names.webfinger, longest=2048),
    "html": Target(read=texts.messages),
    "keys": Target(read=documents.public_keys, longest=2048),
    "documents": Target(read=documents.fetched),
    "linked": Target(read=documents.linked, patience=documents.SLOWEST_READING),
    "charter": Target(read=texts.charters),
    "export": Target(read=files.exports, longest=32 * 1024),
    "hooks": Target(read=hooks.hooks),
    "inbox": Target(read=doors.ENTRANCE.inbox),
    "requests": Target(read=doors.ENTRANCE.visit, longest=2048),
}
