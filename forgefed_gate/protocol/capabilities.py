"""How Grants that travel along links are written: JSON to domain, and back."""

import re
from collections.abc import Sequence

from forgefed_gate.domain.capabilities import DELEGATE, LONGEST_BELIEF, Allows, Capability
from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.ids import SECOND, ActivityId, ActorId, GrantId, Millis, origin
from forgefed_gate.domain.links import Link
from forgefed_gate.domain.roles import Role, read_role
from forgefed_gate.protocol import fields, terms
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso, read_moment

DURATION = re.compile(r"PT([1-9][0-9]{0,18})S\Z")
SHORT = ("https://forgefed.org/ns#", "forge:")
BELIEVED_FOR = LONGEST_BELIEF
"""How long others may go without asking us again whether a Grant of ours stands."""
MOST_REVOKED = fields.LONGEST_LIST
"""How many Grants one Revoke names: whoever reads as we do reads no longer list."""


def read_grant(document: JsonObject) -> Capability:
    """
    Read a Grant; raises `Malformed` where it does not say what a Grant must.

    Nothing is believed yet: who wrote it, and whether it stands, others find out.
    """
    grant = GrantId(fields.required(document, "id"))
    actor = ActorId(fields.required(document, "actor"))
    if origin(grant) != origin(actor):
        raise Malformed("grant-origin", "A Grant must be on its issuer's own server.")
    result, believed_for = _result(document)
    return Capability(
        id=grant,
        actor=actor,
        context=ActorId(fields.required(document, "context")),
        target=ActorId(fields.required(document, "target")),
        role=_role(document),
        allows=_allows(document),
        starts_at=_moment(document, "startTime", otherwise="published"),
        ends_at=_moment(document, "endTime"),
        delegates=_optional_grant(document, "delegates"),
        capability=_optional_grant(document, "capability"),
        fulfills=ActivityId(found) if (found := fields.optional(document, "fulfills")) else None,
        result=result,
        believed_for=believed_for,
        through=tuple(ActorId(each) for each in fields.ids(document, "through")),
    )


def _optional_grant(document: JsonObject, name: str) -> GrantId | None:
    found = fields.optional(document, name)
    return GrantId(found) if found else None


def _short(word: str) -> str:
    for prefix in SHORT:
        word = word.removeprefix(prefix)
    return word


def _role(document: JsonObject) -> Role | None:
    word = _short(fields.required(document, "object"))
    return None if word == DELEGATE else read_role(word)


def _allows(document: JsonObject) -> Allows:
    words = [_short(each) for each in fields.ids(document, "allows")]
    try:
        [word] = words
        return Allows(word)
    except ValueError:
        raise Malformed("grant-allows", "A Grant allows exactly one thing that we know.") from None


def _result(document: JsonObject) -> tuple[str | None, int]:
    """Read where a Grant can be asked about, and for how long an answer is good."""
    found = fields.many(document, "result")
    if not found:
        return None, 0
    if len(found) > 1:
        raise Malformed("grant-result", "A Grant is asked about at one address.")
    [result] = found
    address = fields.id_of(result)
    if not address:
        raise Malformed("grant-result", "The “result” of a Grant is no address.")
    duration = fields.text(result, "duration") if isinstance(result, dict) else ""
    return address, _duration(duration)


def _duration(text: str) -> int:
    if not text:
        return 0
    seconds = DURATION.match(text)
    if seconds is None or int(seconds[1]) >= 1 << 63:
        raise Malformed("grant-duration", "A duration is written PT…S, in whole seconds.")
    return min(int(seconds[1]) * SECOND, LONGEST_BELIEF)


def _moment(document: JsonObject, name: str, *, otherwise: str = "") -> Millis:
    text = fields.text(document, name) or (fields.text(document, otherwise) if otherwise else "")
    return Millis(0) if not text and otherwise else read_moment(text)


def grant(given: Capability) -> JsonObject:
    """Write a Grant of ours, to whoever it is for and whom it is about."""
    about = [given.context] if given.context not in {given.actor, given.target} else []
    written: JsonObject = {
        "@context": terms.FOR_GRANTS,
        "id": given.id,
        "type": "Grant",
        "actor": given.actor,
        "to": [given.target, *about],
        "object": given.role.word if given.role is not None else DELEGATE,
        "context": given.context,
        "target": given.target,
        "allows": given.allows.value,
        "startTime": iso(given.starts_at),
        "endTime": iso(given.ends_at),
        "published": iso(given.starts_at),
    }
    for name in ("delegates", "capability", "fulfills"):
        if found := getattr(given, name):
            written[name] = found
    if given.result is not None:
        seconds = given.believed_for // SECOND
        written["result"] = {"id": given.result, "duration": f"PT{seconds}S"}
    if given.through:
        through: list[Json] = [*given.through]
        written["through"] = through
    return written


def revoke(
    ended: Sequence[GrantId], *, activity: ActivityId, actor: ActorId, to: ActorId, at: Millis
) -> JsonObject:
    """Write the Revoke of Grants that one actor had from us, or that were about it."""
    gone: list[Json] = [*ended]
    return {
        "@context": terms.FOR_GRANTS,
        "id": activity,
        "type": "Revoke",
        "actor": actor,
        "to": [to],
        "object": gone[0] if len(gone) == 1 else gone,
        "published": iso(at),
    }


def add(link: Link, *, actor: ActorId) -> JsonObject:
    """Write the Add by which we ask for a link."""
    return {
        "@context": terms.FOR_GRANTS,
        "id": link.add,
        "type": "Add",
        "actor": actor,
        "to": [link.peer],
        "object": link.peer,
        "target": f"{actor}/{link.kind.collection}",
        "instrument": link.role.word,
        "endTime": iso(link.ends_at),
    }


def remove(link: Link, *, activity: ActivityId, actor: ActorId) -> JsonObject:
    """Write the Remove by which we end a link."""
    return {
        "@context": terms.FOR_GRANTS,
        "id": activity,
        "type": "Remove",
        "actor": actor,
        "to": [link.peer],
        "object": link.peer,
        "origin": f"{actor}/{link.kind.collection}",
    }
