"""The documents by which others find us, and we find them: WebFinger, NodeInfo."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from forgefed_gate.domain.errors import Malformed, NotFound
from forgefed_gate.domain.ids import authority_of, origin
from forgefed_gate.protocol.frontdoor import LONGEST_URL, Json, JsonObject

SOFTWARE = "forgefed-gate"
SERVER_ACTOR = "/actor"

_AS2 = "https://www.w3.org/ns/activitystreams"
_ACTIVITY_JSON = "application/activity+json"
_PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
_NODEINFO = "http://nodeinfo.diaspora.software/ns/schema"
_NODEINFO_VERSIONS = ("2.1", "2.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    """Somebody asks for the local actor with this name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUrl:
    """Somebody asks for what lives at this address of ours."""

    url: str


_RESOURCE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>[!-~]+)")


def read_resource(value: str | None, *, base_url: str) -> ByName | ByUrl:
    """
    Read what a WebFinger request asks for (RFC 7033, section 4).

    Every kind of URI is understood: what is no URI is `Malformed`, and what is not
    ours is `NotFound`, in the same words as what does not exist.
    """
    found = _RESOURCE.fullmatch(value) if value and len(value) <= LONGEST_URL else None
    if found is None:
        raise Malformed("resource-malformed", "The resource is missing, or is not a URI.")
    scheme = found["scheme"].lower()
    if scheme == "acct":
        return _account(found["rest"], base_url)
    if scheme in {"https", "http"}:
        return _address(scheme, found["rest"], base_url)
    raise _not_here()


def _account(text: str, base_url: str) -> ByName:
    name, at, host = text.rpartition("@")
    if not (name and at and host):
        raise Malformed("resource-malformed", "An account needs a name and a host.")
    if host.lower() != authority_of(base_url):
        raise _not_here()
    return ByName(name=unquote(name).lower())


def _address(scheme: str, rest: str, base_url: str) -> ByUrl:
    """An address of ours under the other of the two schemes means the same thing."""
    authority, slash, path = rest.removeprefix("//").partition("/")
    if not rest.startswith("//") or not authority:
        raise Malformed("resource-malformed", f"The {scheme} address names no host.")
    if authority.lower() != authority_of(base_url):
        raise _not_here()
    return ByUrl(url=origin(base_url) + slash + path)


def _not_here() -> NotFound:
    return NotFound("not-found", "There is nothing here.")


def jrd(
    *, handle: str, actor_url: str, page_url: str | None = None, aliases: Sequence[str] = ()
) -> JsonObject:
    """Describe a local actor so that a handle leads to it."""
    page: list[str] = [page_url] if page_url else []
    known: list[Json] = list(dict.fromkeys([actor_url, *page, *aliases]))
    links: list[Json] = [
        {"rel": "self", "type": _ACTIVITY_JSON, "href": actor_url},
        *({"rel": _PROFILE_PAGE, "type": "text/html", "href": url} for url in page),
    ]
    return {"subject": f"acct:{handle.removeprefix('@')}", "aliases": known, "links": links}


def server_jrd(base_url: str) -> JsonObject:
    """Describe the server itself by the actor that speaks for it (FEP-d556)."""
    actor: JsonObject = {
        "rel": f"{_AS2}#Service",
        "type": _ACTIVITY_JSON,
        "href": origin(base_url) + SERVER_ACTOR,
    }
    return {"subject": origin(base_url) + "/", "links": [actor]}


def only(document: JsonObject, *, rels: Sequence[str]) -> JsonObject:
    """Keep the links that somebody asks for; who names no relation gets all (section 4.3)."""
    if not rels:
        return document
    links = document["links"]
    assert isinstance(links, list), "a JRD of ours has links"
    kept: list[Json] = [link for link in links if isinstance(link, dict) and link["rel"] in rels]
    return {**document, "links": kept}


def nodeinfo_links(base_url: str) -> JsonObject:
    """Point to our NodeInfo documents, and last to the server's actor (FEP-2677)."""
    here = origin(base_url)
    links: list[Json] = [
        {"rel": f"{_NODEINFO}/{version}", "href": f"{here}/nodeinfo/{version}"}
        for version in _NODEINFO_VERSIONS
    ]
    links.append({"rel": f"{_AS2}#Application", "href": here + SERVER_ACTOR})
    return {"links": links}


def nodeinfo(
    version: str, *, software_version: str, projects: int, repository: str = ""
) -> JsonObject:
    """
    Describe the software and its honest size in one version of the NodeInfo schema.

    The only users that we count are projects; people's accounts live elsewhere.
    """
    if version not in _NODEINFO_VERSIONS:
        raise _not_here()
    software: JsonObject = {"name": SOFTWARE, "version": software_version}
    if repository and version != "2.0":
        software["repository"] = repository
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {"total": projects}, "localPosts": 0},
        "metadata": {},
    }


def nodeinfo_type(version: str) -> str:
    """Name the media type of a NodeInfo document, with its profile."""
    return f'application/json; profile="{_NODEINFO}/{version}#"'


def read_jrd(document: JsonObject) -> str:
    """Find the actor that a WebFinger answer points to; its spelling is not checked here."""
    links = document.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and _is_actor(link):
            return str(link["href"])
    raise Malformed("jrd-without-actor", "The WebFinger answer names no actor.")


def _is_actor(link: JsonObject) -> bool:
    kind, _, parameters = str(link.get("type")).partition(";")
    spoken = kind.strip() == _ACTIVITY_JSON or (
        kind.strip() == "application/ld+json" and parameters.strip() == f'profile="{_AS2}"'
    )
    return link.get("rel") == "self" and spoken and isinstance(link.get("href"), str)


_HANDLE = re.compile(
    r"(?:acct:)?@?(?P<user>[A-Za-z0-9_](?:[A-Za-z0-9_.~-]*[A-Za-z0-9_~-])?)"
    r"@(?P<authority>(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)"
)
_LONGEST_HANDLE = 320


def split_handle(text: str) -> tuple[str, str]:
    """
    Take a handle apart into the name and the host, which may have a port.

    Host names are ASCII here: a look-alike in another script is shown to people as
    what it is, never followed. Raises `Malformed` where *text* is no handle.
    """
    found = _HANDLE.fullmatch(text) if len(text) <= _LONGEST_HANDLE else None
    if found is None:
        raise Malformed("handle-malformed", "That is not a handle like @name@host.")
    return found["user"], found["authority"].lower()
