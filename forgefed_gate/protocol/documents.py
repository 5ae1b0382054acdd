"""How our actors and their collections are written."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, Millis
from forgefed_gate.domain.places import Kind, Local, Places
from forgefed_gate.protocol import html, terms
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso

TYPES = {
    Kind.GATE: "Application",
    Kind.DESK: "Service",
    Kind.PROJECT: "Project",
    Kind.TEAM: "Team",
    Kind.TICKETS: "TicketTracker",
    Kind.PATCHES: "PatchTracker",
}
SUMMARIES = {
    Kind.GATE: "The gate itself. It signs requests and takes part in nothing else.",
    Kind.DESK: "Follow for news of {name}. To take part, send a private mention: you get an answer"
    " at once. The admins of your server and of this one can read private messages.",
    Kind.PROJECT: "{name} takes contributions from people it has got to know. The code is open.",
    Kind.TEAM: "{name} is a team. Projects that are linked with it trust its members.",
    Kind.TICKETS: "Issues of {name}. Knock first.",
    Kind.PATCHES: "Patches for {name}. Knock first.",
}
RFC9421: JsonObject = {
    "href": "https://datatracker.ietf.org/doc/html/rfc9421",
    "name": "RFC-9421: HTTP Message Signatures",
}
RFC9421_ED25519: JsonObject = {
    "href": "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25",
    "name": "RFC-9421 signatures using the Ed25519 algorithm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """An actor of ours as others see it."""

    local: Local
    name: str
    rsa_pem: str
    ed25519_multibase: str
    created_at: Millis
    house: Kind = Kind.PROJECT
    """Whether it belongs to a project or to a team."""


def actor(persona: Persona, places: Places) -> JsonObject:
    """Write the document of an actor of ours."""
    local = persona.local
    me = places.actor(local)
    forge = local.kind not in {Kind.GATE, Kind.DESK}
    return {
        "@context": terms.FOR_FORGES if forge else terms.FOR_DESKS,
        "id": me,
        "type": TYPES[local.kind],
        "preferredUsername": local.user,
        "webfinger": places.handle(local).removeprefix("@"),
        "name": persona.name,
        "summary": html.from_text(SUMMARIES[local.kind].format(name=persona.name)),
        "url": places.page_of(local),
        "published": iso(persona.created_at),
        "inbox": f"{me}/inbox",
        "outbox": f"{me}/outbox",
        "followers": f"{me}/followers",
        "following": f"{me}/following",
        "manuallyApprovesFollowers": False,
        "discoverable": local.kind is Kind.DESK,
        "indexable": False,
        **_keys(persona, me, places),
        "generator": {"type": "Application", "implements": [RFC9421, RFC9421_ED25519]},
        **_links(local, persona.house, places),
    }


def _keys(persona: Persona, me: ActorId, places: Places) -> JsonObject:
    return {
        "publicKey": {"id": places.rsa_key(me), "owner": me, "publicKeyPem": persona.rsa_pem},
        "assertionMethod": [
            {
                "id": places.ed25519_key(me),
                "type": "Multikey",
                "controller": me,
                "publicKeyMultibase": persona.ed25519_multibase,
            }
        ],
    }


def _links(local: Local, house: Kind, places: Places) -> JsonObject:
    """Say how the actors of one project belong together, each pointing at the others."""
    project = places.actor(Local(kind=house, slug=local.slug))
    tickets = places.actor(Local(kind=Kind.TICKETS, slug=local.slug))
    patches = places.actor(Local(kind=Kind.PATCHES, slug=local.slug))
    match local.kind:
        case Kind.GATE:
            return {}
        case Kind.DESK:
            rows: list[Json] = [_row("How to take part", places.page(local.slug))]
            return {"deskOf": project, "attachment": rows}
        case Kind.PROJECT:
            return {
                **_house(project, places.desk(local.slug)),
                **{name: f"{project}/{name}" for name in ("components", "subprojects", "teams")},
                "ticketsTrackedBy": tickets,
                "sendPatchesTo": patches,
            }
        case Kind.TEAM:
            return {
                **_house(project, places.desk(local.slug)),
                **{name: f"{project}/{name}" for name in ("subteams", "teamResources")},
            }
        case Kind.TICKETS:
            return {"managedBy": project, "tracksTicketsFor": project}
        case Kind.PATCHES:
            return {"managedBy": project, "tracksPatchesFor": project}


def _house(me: ActorId, desk: ActorId) -> JsonObject:
    """Say what a project and a team have in common: members, a desk, and whom they belong to."""
    return {
        "managedBy": me,
        "desk": desk,
        "collaborators": f"{me}/collaborators",
        "context": f"{me}/context",
    }


def _row(name: str, url: str) -> JsonObject:
    shown = url.partition("://")[2]
    link = f'<a href="{url}" rel="me nofollow noopener">{shown}</a>'
    return {"type": "PropertyValue", "name": name, "value": link}


def counted(collection: str, *, total: int) -> JsonObject:
    """Write a collection of people: how many, and never who."""
    return {
        "@context": terms.AS2,
        "id": collection,
        "type": "OrderedCollection",
        "totalItems": total,
    }


def listed(collection: str, items: list[Json]) -> JsonObject:
    """Write a collection of public things, newest first."""
    return {
        "@context": terms.FOR_NOTES,
        "id": collection,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": items,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A collection that is given out in pages of one size; there is one even where it is empty."""

    collection: str
    total: int
    size: int

    @property
    def pages(self) -> range:
        """The numbers of its pages."""
        return range(1, 1 + max(1, -(-self.total // self.size)))

    def at(self, page: int) -> str:
        """Name a page."""
        return f"{self.collection}?page={page}"


def paged(whole: Paged) -> JsonObject:
    """Write a collection whose items are on pages, oldest first."""
    return {
        "@context": terms.FOR_NOTES,
        "id": whole.collection,
        "type": "OrderedCollection",
        "totalItems": whole.total,
        "first": whole.at(whole.pages[0]),
        "last": whole.at(whole.pages[-1]),
    }


def page(whole: Paged, number: int, items: list[Json]) -> JsonObject:
    """Write one page of it."""
    written: JsonObject = {
        "@context": terms.FOR_NOTES,
        "id": whole.at(number),
        "type": "OrderedCollectionPage",
        "partOf": whole.collection,
        "totalItems": whole.total,
        "orderedItems": items,
    }
    if number - 1 in whole.pages:
        written["prev"] = whole.at(number - 1)
    if number + 1 in whole.pages:
        written["next"] = whole.at(number + 1)
    return written
