"""What other servers say of themselves in NodeInfo, and which of it makes us careful."""

import tomllib
from functools import cache
from importlib import resources

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.leaks import Leak, Software
from forgefed_gate.protocol import fields, frontdoor
from forgefed_gate.protocol.frontdoor import JsonObject

WELL_KNOWN = "/.well-known/nodeinfo"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
"""How the relations of the documents begin; what else is linked there is none of them."""


def where(listed: JsonObject, *, server: str) -> str:
    """
    Give the address of the newest document that *server* links.

    It must be its own: nobody sends us on to somebody else. Raises `Malformed`.
    """
    found = [link for link in map(_link, fields.many(listed, "links")) if link[0]]
    own = [link for link in found if frontdoor.same_origin(link[1], server)]
    if not own:
        raise Malformed("no-nodeinfo", "The server links no NodeInfo of its own.")
    return max(own)[1]


def _link(link: object) -> tuple[str, str]:
    """Read one link as its version and its address; both are empty where it is no NodeInfo."""
    match link:
        case {"rel": str(rel), "href": str(href)} if rel.startswith(SCHEMA):
            return rel.removeprefix(SCHEMA), href
        case _:
            return "", ""


def software(document: JsonObject) -> Software:
    """Read what a server runs out of its NodeInfo."""
    said = fields.inline(document, "software") or {}
    return Software(
        name=fields.text(said, "name").casefold(), version=fields.text(said, "version")
    )


@cache
def leaking() -> tuple[Leak, ...]:
    """List what is known to leak, as it stands in the file beside this one."""
    text = resources.files("forgefed_gate.protocol").joinpath("leaks.toml").read_text("utf-8")
    return tuple(Leak(**each) for each in tomllib.loads(text)["leak"])
