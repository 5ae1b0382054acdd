"""The contexts that our documents are written in, and the few terms that are our own."""

from forgefed_gate.protocol.frontdoor import Json, JsonObject

AS2 = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
INTEGRITY = "https://w3id.org/security/data-integrity/v2"
FORGEFED = "https://forgefed.org/ns"
VOCABULARY = "https://w3id.org/forgefed-gate#"
ACTIVITY_JSON = "application/activity+json"

OURS: JsonObject = {
    "gate": VOCABULARY,
    "desk": {"@id": "gate:desk", "@type": "@id"},
    "deskOf": {"@id": "gate:deskOf", "@type": "@id"},
    "charter": {"@id": "gate:charter"},
    "through": {"@id": "gate:through", "@type": "@id"},
}
"""Our vocabulary, as `schemas/context.jsonld` publishes it."""

ACTOR_TERMS: JsonObject = {
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "sec": "https://w3id.org/security#",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id"},
    "Multikey": "sec:Multikey",
    "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id"},
    "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
    "controller": {"@id": "sec:controller", "@type": "@id"},
}

FORGE_TERMS: JsonObject = {
    "forge": "https://forgefed.org/ns#",
    "Grant": "forge:Grant",
    "Revoke": "forge:Revoke",
    "Project": "forge:Project",
    "TicketTracker": "forge:TicketTracker",
    "PatchTracker": "forge:PatchTracker",
    **{
        role: f"forge:{role}"
        for role in ("visit", "report", "triage", "write", "maintain", "admin", "delegate")
    },
    **{use: f"forge:{use}" for use in ("invoke", "gatherAndConvey", "distribute")},
    "Team": "forge:Team",
    "delegates": {"@id": "forge:delegates", "@type": "@id"},
    "capability": {"@id": "forge:capability", "@type": "@id"},
    "teams": {"@id": "forge:teams", "@type": "@id"},
    "teamResources": {"@id": "forge:teamResources", "@type": "@id"},
    "subteams": {"@id": "forge:subteams", "@type": "@id"},
    "subprojects": {"@id": "forge:subprojects", "@type": "@id"},
    "allows": {"@id": "forge:allows", "@type": "@vocab"},
    "fulfills": {"@id": "forge:fulfills", "@type": "@id"},
    "managedBy": {"@id": "forge:managedBy", "@type": "@id"},
    "collaborators": {"@id": "forge:collaborators", "@type": "@id"},
    "components": {"@id": "forge:components", "@type": "@id"},
    "ticketsTrackedBy": {"@id": "forge:ticketsTrackedBy", "@type": "@id"},
    "tracksTicketsFor": {"@id": "forge:tracksTicketsFor", "@type": "@id"},
    "sendPatchesTo": {"@id": "forge:sendPatchesTo", "@type": "@id"},
    "tracksPatchesFor": {"@id": "forge:tracksPatchesFor", "@type": "@id"},
}
"""What the published ForgeFed context leaves out, and we use."""

NOTE_TERMS: JsonObject = {
    "ostatus": "http://ostatus.org#",
    "conversation": "ostatus:conversation",
    "litepub": "http://litepub.social/ns#",
    "directMessage": "litepub:directMessage",
    "sensitive": "as:sensitive",
}

CONTAINER_TERMS: JsonObject = {
    "contextHistory": {"@id": "https://w3id.org/fep/171b/contextHistory", "@type": "@id"},
    "collectionOf": "https://w3id.org/fep/171b/collectionOf",
}

PIECE_TERMS: JsonObject = {
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
}
"""What asks servers to offer no reply to a published piece."""

FOR_DESKS: list[Json] = [AS2, SECURITY, {**ACTOR_TERMS, **OURS}]
FOR_FORGES: list[Json] = [AS2, SECURITY, FORGEFED, {**ACTOR_TERMS, **FORGE_TERMS, **OURS}]
FOR_NOTES: list[Json] = [AS2, NOTE_TERMS]
FOR_PIECES: list[Json] = [AS2, PIECE_TERMS]
FOR_ACTS: list[Json] = [AS2, INTEGRITY, FORGEFED, {**NOTE_TERMS, **CONTAINER_TERMS}]
FOR_CONTAINERS: list[Json] = [AS2, INTEGRITY, {**NOTE_TERMS, **CONTAINER_TERMS}]
FOR_GRANTS: list[Json] = [AS2, INTEGRITY, FORGEFED, {**FORGE_TERMS, **OURS}]
