"""Whether an export is as it was made, found out from the file alone."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from forgefed_gate.domain.errors import Malformed, Refusal, Unverified
from forgefed_gate.domain.ids import ActorId, KeyId, Millis, NoteId
from forgefed_gate.domain.places import Places
from forgefed_gate.domain.threads import Speaker
from forgefed_gate.domain.words import checking
from forgefed_gate.protocol import exports, keys, proofs, testimony
from forgefed_gate.protocol.exports import Laid, digest
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.protocol.testimony import Said, Setting, inside, items, number, text
from forgefed_gate.protocol.times import read_iso

GONE = "gone"
"""Of a message that was deleted, or that nobody can read any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first thing that is not as it was; *message* is None where it is none of them."""

    code: str
    sentence: str
    message: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an export is about as far as it can be read, what proves it, and its first fault."""

    fault: Fault | None
    about: JsonObject
    key: str
    messages: int
    proofs: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    """The signed list at the end, proven; *at* is when the file was made."""

    key: str
    at: Millis
    conversation: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conversation:
    """What stands before the messages, as far as they are checked by it."""

    places: Places
    thread: str
    contributor: ActorId
    keys: dict[ActorId, ActorKey]
    desk: ActorId
    at: Millis


def examine(data: bytes, *, expected: str = "") -> Report:
    """
    Find the first thing in an export that is not as it was, and count what proves the rest.

    The manifest says which part was touched; below it each message is proven once more by
    its own evidence, so that not even whoever can sign a manifest can change what others
    said. *expected* is the key that has to have signed it, where one is known. Raises
    `Malformed` or `TooLarge` for what was never an export.
    """
    laid = exports.take_apart(data)
    manifest, proven = _manifest(laid), Counter[str]()
    fault = next(_faults(laid, data, manifest, expected=expected, proven=proven), None)
    return Report(
        fault=fault,
        about=_about(laid),
        key=manifest.key if manifest else "",
        messages=len(laid.messages),
        proofs=proven,
    )


def _faults(
    laid: Laid,
    data: bytes,
    manifest: _Manifest | None,
    *,
    expected: str,
    proven: Counter[str],
) -> Iterator[Fault]:
    """List what is wrong, the most telling first."""
    if manifest is not None:
        yield from _by_list(laid, manifest)
        yield from _by_layout(laid, data)
    yield from _by_evidence(laid, proven)
    if manifest is None:
        yield Fault(code="list-altered", sentence=checking.list_altered())
    elif manifest.key not in _keys_named(laid) or expected not in {"", manifest.key}:
        yield Fault(code="other-key", sentence=checking.other_key(manifest.key))


def _manifest(laid: Laid) -> _Manifest | None:
    try:
        document = exports.parse(laid.manifest)
        named = text(document, "publicKeyMultibase")
        at, actor = read_iso(text(document, "published")), ActorId(text(document, "actor"))
        key = ActorKey(
            id=KeyId(proofs.verification_method(document)),
            owner=actor,
            public=keys.read_multibase(named),
        )
        proofs.check(document, key=key, now=at)
        return _Manifest(
            key=named,
            at=at,
            conversation=text(document, "conversation"),
            messages=tuple(str(each) for each in items(document, "messages")),
        )
    except Refusal:
        return None


def _by_list(laid: Laid, manifest: _Manifest) -> Iterator[Fault]:
    """Hold every part against its hash in the manifest, and say what happened at the first."""
    if digest(laid.conversation) != manifest.conversation:
        yield Fault(code="about-altered", sentence=checking.about_altered())
    listed, found = manifest.messages, [digest(line) for line in laid.messages]
    for place in range(max(len(listed), len(found))):
        wanted, got = listed[place : place + 1], found[place : place + 1]
        if [*wanted] != got:
            code, say = _what_happened(wanted, got, found=found, listed=listed)
            yield Fault(code=code, sentence=say(place + 1), message=place + 1)


def _what_happened(
    wanted: tuple[str, ...], got: list[str], *, found: list[str], listed: tuple[str, ...]
) -> tuple[str, Callable[[int], str]]:
    if not wanted:
        return "put-in", checking.put_in
    elsewhere = wanted[0] in found
    if not got or (got[0] in listed and not elsewhere):
        return "taken-out", checking.taken_out
    if got[0] in listed:
        return "moved", checking.moved
    return ("put-in", checking.put_in) if elsewhere else ("altered", checking.altered)


def _by_layout(laid: Laid, data: bytes) -> Iterator[Fault]:
    """Find what is no part of the document, between its parts."""
    whole = laid.write()
    if whole == data:
        return
    pairs = zip(whole, data, strict=False)
    same = next((i for i, (one, other) in enumerate(pairs) if one != other), len(whole))
    line = whole.count(b"\n", 0, same)
    if line == 0:
        yield Fault(code="about-altered", sentence=checking.about_altered())
    if line > len(laid.messages):
        yield Fault(code="list-altered", sentence=checking.list_altered())
    yield Fault(code="altered", sentence=checking.altered(line), message=line)


def _keys_named(laid: Laid) -> list[str]:
    """List the keys that the file says are those of its gate; it could be read until here."""
    return [
        text(_object(key), "publicKeyMultibase")
        for key in items(exports.parse(laid.conversation), "keys")
    ]


def _about(laid: Laid) -> JsonObject:
    try:
        return exports.parse(laid.conversation)
    except Malformed:
        return {}


def _by_evidence(laid: Laid, proven: Counter[str]) -> Iterator[Fault]:
    """Prove each message by what came with it, in order, and name the first that is not."""
    try:
        conversation = _conversation(exports.parse(laid.conversation))
    except Refusal:
        yield Fault(code="about-altered", sentence=checking.about_altered())
        return
    previous = digest(laid.conversation)
    for place, line in enumerate(laid.messages, start=1):
        try:
            proven[_prove(exports.parse(line), conversation, (place, previous))] += 1
        except Refusal:
            yield Fault(code="not-proven", sentence=checking.not_theirs(place), message=place)
        previous = digest(line)


def _conversation(document: JsonObject) -> _Conversation:
    """Read what the messages are checked by, and check what was decided."""
    thread, at = inside(document, "thread"), read_iso(text(document, "exported"))
    if text(document, "format") != exports.FORMAT:
        raise Malformed("other-format", "This export is of another format.")
    found = {key.owner: key for key in map(_key, items(document, "keys"))}
    project = ActorId(text(thread, "project"))
    for grant in items(document, "grants"):
        signed = inside(_object(grant), "document")
        proofs.check(signed, key=_of(found, project), now=at)
    return _Conversation(
        places=Places(base_url=text(document, "gate")),
        thread=text(thread, "id"),
        contributor=ActorId(text(thread, "contributor")),
        desk=ActorId(text(thread, "desk")),
        keys=found,
        at=at,
    )


def _key(part: Json) -> ActorKey:
    key = _object(part)
    return ActorKey(
        id=KeyId(text(key, "id")),
        owner=ActorId(text(key, "owner")),
        public=keys.read_multibase(text(key, "publicKeyMultibase")),
    )


def _of(found: dict[ActorId, ActorKey], owner: ActorId) -> ActorKey:
    if owner not in found:
        raise Unverified("key-missing", "The file does not hold the key of this actor.")
    return found[owner]


def _prove(message: JsonObject, conversation: _Conversation, expected: tuple[int, str]) -> str:
    """Prove every revision of one message, and name what proves its latest."""
    if (number(message, "number"), text(message, "previous")) != expected:
        raise Unverified("out-of-place", "The message does not follow the one before it.")
    revisions = [_object(each) for each in items(message, "revisions")]
    if [number(each, "number") for each in revisions] != [*range(1, len(revisions) + 1)]:
        raise Malformed("revisions", "Revisions are counted from one.")
    prove = partial(_prove_revision, message, conversation=conversation)
    return [GONE, *map(prove, revisions)][-1]


def _prove_revision(
    message: JsonObject, revision: JsonObject, *, conversation: _Conversation
) -> str:
    if _nothing_left(revision):
        return GONE
    said = Said(
        message=NoteId(text(message, "id")),
        number=number(revision, "number"),
        words=text(revision, "words"),
        salt=text(revision, "salt"),
    )
    if said.commitment != text(revision, "commitment"):
        raise Unverified("other-words", "The words are not those that the hash is of.")
    speaker, evidence = _speaker(message), inside(revision, "evidence")
    kind = text(evidence, "kind")
    if kind == testimony.REQUEST and speaker in {Speaker.CONTRIBUTOR, Speaker.PARTY}:
        added = speaker is Speaker.PARTY
        author = ActorId(text(evidence, "by")) if added else conversation.contributor
        testimony.check_request(evidence, said, places=conversation.places, author=author)
    elif kind == testimony.ATTESTATION and speaker in {Speaker.PROJECT, Speaker.GATE}:
        document = inside(evidence, "document")
        remark = speaker is Speaker.GATE and document.get("context") == ""
        testimony.check_attestation(
            document,
            said,
            Setting(thread="" if remark else conversation.thread, speaker=speaker),
            key=_of(conversation.keys, conversation.desk),
            now=conversation.at,
        )
    elif kind != testimony.NOTHING:
        raise Unverified("other-evidence", "That is no evidence for this.")
    return kind


def _nothing_left(revision: JsonObject) -> bool:
    left = {name for name, value in revision.items() if value is not None}
    return left == {"number", "commitment"}


def _speaker(message: JsonObject) -> Speaker:
    try:
        return Speaker(text(message, "speaker"))
    except ValueError:
        raise Malformed("speaker", "Nobody speaks as this.") from None


def _object(part: Json) -> JsonObject:
    if not isinstance(part, dict):
        raise Malformed("not-an-object", "A part of the file cannot be read.")
    return part
