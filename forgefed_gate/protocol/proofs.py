"""Documents that prove their own author: FEP-8b32 with eddsa-jcs-2022."""

import re
from datetime import UTC, datetime
from hashlib import sha256

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.ids import MINUTE, SECOND, KeyId, Millis, origin
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.keys import ActorKey, SigningKey, bytes_of_multibase, multibase_of

_CONTEXTS = (
    "https://w3id.org/security/data-integrity/v2",
    "https://w3id.org/security/data-integrity/v1",
)
_NOT_HASHED = frozenset({"proof", "signature"})
_EARLY = 5 * MINUTE
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})"
)

_FIXED = (
    ("type", "DataIntegrityProof", "proof-type"),
    ("cryptosuite", "eddsa-jcs-2022", "proof-cryptosuite"),
    ("proofPurpose", "assertionMethod", "proof-purpose"),
)


def seal(document: JsonObject, *, key: SigningKey, now: Millis) -> JsonObject:
    """
    Give *document* with a proof that *key* stands for all of it.

    The proof travels with the document: whoever gets it forwarded can check it. One
    that it already had is replaced, and so is the signature of Linked Data times.
    """
    assert isinstance(key.private, Ed25519PrivateKey)
    content = _without_proof(document)
    content["@context"] = _with_proof_terms(content.get("@context"))
    options: JsonObject = {
        "@context": content["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": key.id,
        "proofPurpose": "assertionMethod",
        "created": datetime.fromtimestamp(now // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    signature = key.sign(signed_bytes(content, options))
    content["proof"] = {**options, "proofValue": multibase_of(signature)}
    return content


def check(document: JsonObject, *, key: ActorKey, now: Millis) -> None:
    """
    Prove that the owner of *key* stands for *document*, or raise `Forbidden`.

    A signature that fits is not enough: it has to be of the kind we know, made for
    this purpose, in time, by the key it names, and that key has to belong to
    whoever the document says is acting.
    """
    proof = _proof_of(document)
    for name, value, code in _FIXED:
        if proof.get(name) != value:
            raise Forbidden(code, f"The {name} of a proof is {value}.")
    _require_time(proof, now)
    _require_key(proof, key)
    _require_owner(document, key)
    content = _without_proof(document) | _context_of(proof, document)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if not key.proves(signed_bytes(content, options), signature=_signature_of(proof)):
        raise Forbidden("proof-signature", "The proof does not fit the document.")


def verification_method(document: JsonObject) -> KeyId:
    """Name the key that the proof of *document* is said to be made with."""
    named = _proof_of(document).get("verificationMethod")
    if not isinstance(named, str):
        raise Forbidden("proof-method", "A proof names its key.")
    return KeyId(named)


def canonical(document: Json) -> bytes:
    """
    Write *document* as RFC 8785 does: one value, one sequence of bytes.

    What two readers could take for different values (integers beyond 2^53, NaN, lone
    surrogates) is `Malformed`.
    """
    try:
        return rfc8785.dumps(document)
    except (ValueError, RecursionError) as error:
        raise Malformed(
            "not-canonical", "The document holds a value that has no canonical form."
        ) from error


def signed_bytes(document: JsonObject, options: JsonObject) -> bytes:
    """Give the 64 bytes that eddsa-jcs-2022 signs: the proof's hash, then the document's."""
    return sha256(canonical(options)).digest() + sha256(canonical(document)).digest()


def _proof_of(document: JsonObject) -> JsonObject:
    proofs = _listed(document.get("proof"))
    if not proofs:
        raise Forbidden("proof-missing", "The document carries no proof.")
    [proof, *others] = proofs
    if others or not isinstance(proof, dict):
        raise Forbidden("proof-malformed", "A document carries one proof, an object.")
    return proof


def _without_proof(document: JsonObject) -> JsonObject:
    return {name: value for name, value in document.items() if name not in _NOT_HASHED}


def _with_proof_terms(context: Json) -> Json:
    contexts = _listed(context)
    if any(known in contexts for known in _CONTEXTS):
        return context
    return [*contexts, _CONTEXTS[0]]


def _context_of(proof: JsonObject, document: JsonObject) -> JsonObject:
    if "@context" not in proof:
        return {}
    signed = _listed(proof["@context"])
    if _listed(document.get("@context"))[: len(signed)] != signed:
        raise Forbidden("proof-context", "The document begins with the context of its proof.")
    return {"@context": proof["@context"]}


def _require_time(proof: JsonObject, now: Millis) -> None:
    created = _moment(proof.get("created"))
    if created is None or created > now + _EARLY:
        raise Forbidden("proof-created", "A proof says when it was made, and that is past.")
    expires = _moment(proof.get("expires"))
    if "expires" in proof and (expires is None or expires <= now):
        raise Forbidden("proof-expired", "The proof has expired.")


def _require_key(proof: JsonObject, key: ActorKey) -> None:
    if proof.get("verificationMethod") != key.id:
        raise Forbidden("proof-method", "The proof names another key.")
    if not isinstance(key.public, Ed25519PublicKey):
        raise Forbidden("proof-key", "An eddsa-jcs-2022 proof is made with an Ed25519 key.")


def _require_owner(document: JsonObject, key: ActorKey) -> None:
    fallback = document.get("attributedTo", document.get("id"))
    if _id_of(document.get("actor", fallback)) != key.owner:
        raise Forbidden("proof-owner", "The key belongs to somebody else.")
    if "id" in document and _origin_of(document["id"]) != origin(key.owner):
        raise Forbidden("proof-owner", "The document lives on another host than its owner.")


def _signature_of(proof: JsonObject) -> bytes:
    try:
        return bytes_of_multibase(str(proof.get("proofValue")))
    except ValueError as error:
        raise Forbidden("proof-signature", "The proofValue cannot be read.") from error


def _moment(text: Json) -> int | None:
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp() * SECOND)
    except ValueError:
        return None


def _listed(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _id_of(value: Json) -> Json:
    return value.get("id") if isinstance(value, dict) else value


def _origin_of(value: Json) -> str | None:
    try:
        return origin(value) if isinstance(value, str) else None
    except ValueError:
        return None
