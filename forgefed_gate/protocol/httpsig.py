"""Who sent this: the one door through which a request becomes proof."""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import formatdate
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from forgefed_gate.domain.errors import Malformed, Unverified, WrongHost
from forgefed_gate.domain.ids import (
    HOUR,
    MINUTE,
    SECOND,
    ActorId,
    KeyId,
    Millis,
    authority_of,
    origin,
)
from forgefed_gate.protocol import cavage, rfc9421
from forgefed_gate.protocol.keys import ActorKey, SigningKey

_OLDEST = HOUR
_NEWEST = 5 * MINUTE
_LONGEST_HEADER = 4096

_ONCE = frozenset(
    {
        "host",
        "date",
        "digest",
        "content-digest",
        "content-type",
        "content-length",
        "signature",
        "signature-input",
    }
)
_REQUEST = re.compile(r"[A-Z]+ /[!-~]*")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: f"{number:02}" for number, name in enumerate(_MONTHS, start=1)}
_DATE = re.compile(
    r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT\Z"
)


class Dialect(StrEnum):
    """The two ways of signing a request that are alive."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


_RSA_LABELS = {
    Dialect.CAVAGE: frozenset({None, "hs2019", "rsa-sha256"}),
    Dialect.RFC9421: frozenset({None, "rsa-v1_5-sha256"}),
}
_ED25519_LABELS = {
    Dialect.CAVAGE: frozenset({None, "hs2019", "ed25519"}),
    Dialect.RFC9421: frozenset({None, "ed25519"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    A request as it came in.

    *target* is the path and query exactly as received; *headers* has every line in
    its order, names in lower case, values decoded as latin-1.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    What a delivery says about its own signature: complete, timely, and not yet proven.

    *messages* are the bytes that may have been signed; there is a second one only
    where old servers leave the query of a GET out. *digest* is the SHA-256 of the body,
    *covered* names what is signed for, and *at* is the moment at which it was timely.
    """

    delivery: Delivery
    digest: bytes
    dialect: Dialect
    key_id: KeyId
    algorithm: str | None
    signature: bytes
    messages: tuple[bytes, ...]
    covered: tuple[str, ...]
    at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """
    A delivery whose sender is proven.

    Only `verify` makes one: whoever holds it need not ask again.
    """

    claim: Claim
    key: ActorKey

    @property
    def by(self) -> ActorId:
        """Who signed it."""
        return self.key.owner

    @property
    def body(self) -> bytes:
        """The bytes that were signed for."""
        return self.claim.delivery.body

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The header lines that the proof stands on; whatever else came along says nothing."""
        names = {"host", "signature", "signature-input", *self.claim.covered}
        return [line for line in self.claim.delivery.headers if line[0] in names]


def read_claim(delivery: Delivery, *, base_url: str, now: Millis) -> Claim:
    """
    Judge all of a signature that can be judged without its key.

    We, not the sender, say what is covered: target, host, moment, and the digest of
    the body, which is computed again. *base_url* is our public address; a request
    signed for another host is `WrongHost`, whatever else is true of it.
    """
    if not _REQUEST.fullmatch(f"{delivery.method} {delivery.target}"):
        raise Malformed("target-malformed", "The request line cannot be read.")
    fields = _fields(delivery.headers)
    if "signature-input" in fields:
        return _read_rfc9421(delivery, fields, base_url=base_url, now=now)
    return _read_cavage(delivery, fields, base_url=base_url, now=now)


def verify(delivery: Delivery, claim: Claim, key: ActorKey) -> Signed:
    """
    Prove that *key* signed *delivery*, body included.

    The key decides how the signature is checked. What the sender calls the algorithm
    may agree with that or be refused; it is never followed.
    """
    if claim.delivery != delivery or claim.key_id != key.id:
        raise Unverified("signature-invalid", "This signature belongs to something else.")
    labels = _ED25519_LABELS if isinstance(key.public, Ed25519PublicKey) else _RSA_LABELS
    if claim.algorithm not in labels[claim.dialect]:
        raise Unverified("algorithm-refused", "The key does not sign with this algorithm.")
    if not any(key.proves(message, signature=claim.signature) for message in claim.messages):
        raise Unverified("signature-invalid", "The signature does not fit the request.")
    return Signed(claim=claim, key=key)


def sign(
    method: str, url: str, *, body: bytes | None, key: SigningKey, now: Millis, dialect: Dialect
) -> dict[str, str]:
    """
    Give the headers that prove a request to *url* is ours.

    They cover what we demand of others, and fit only this method, URL and body.
    """
    headers = {"Host": authority_of(url), "Date": formatdate(now // SECOND, usegmt=True)}
    if dialect is Dialect.RFC9421:
        return headers | _sign_rfc9421(method, url, body=body, key=key, now=now)
    return _sign_cavage(method, url, body=body, key=key, headers=headers)


def _read_cavage(
    delivery: Delivery, fields: Mapping[str, str], *, base_url: str, now: Millis
) -> Claim:
    said = cavage.read(_header(fields, "signature"))
    _require_known(said.algorithm, Dialect.CAVAGE)
    if not _cavage_covers(said.covered, delivery):
        raise Unverified("insufficient-coverage", "Sign (request-target) host date digest.")
    _require_host(fields, base_url)
    messages = tuple(
        _message(cavage.lines(said, method=delivery.method, target=target, fields=fields))
        for target in _targets(delivery)
    )
    if "date" in said.covered:
        _require_recent(_moment(fields["date"]), now)
    if said.created is not None:
        _require_recent(said.created * SECOND, now)
    _require_unexpired(said.expires, now)
    digest = sha256(delivery.body).digest()
    if "digest" in said.covered:
        _require_digest(fields["digest"], _encoded(digest))
    return Claim(
        delivery=delivery,
        digest=digest,
        dialect=Dialect.CAVAGE,
        key_id=said.key_id,
        algorithm=said.algorithm,
        signature=_decoded(said.signature),
        messages=messages,
        covered=said.covered,
        at=now,
    )


def _read_rfc9421(
    delivery: Delivery, fields: Mapping[str, str], *, base_url: str, now: Millis
) -> Claim:
    said = rfc9421.read(_header(fields, "signature-input"), _header(fields, "signature"))
    _require_known(said.algorithm, Dialect.RFC9421)
    if not _rfc9421_covers(said.covered, delivery):
        raise Unverified("insufficient-coverage", 'Sign "@method" "@target-uri" "content-digest".')
    _require_host(fields, base_url)
    url = origin(base_url) + delivery.target
    message = _message(rfc9421.lines(said, method=delivery.method, url=url, fields=fields))
    _require_recent(said.created * SECOND, now)
    _require_unexpired(said.expires, now)
    digest = sha256(delivery.body).digest()
    if "content-digest" in said.covered:
        _require_digest(fields["content-digest"], f":{_encoded(digest)}:")
    return Claim(
        delivery=delivery,
        digest=digest,
        dialect=Dialect.RFC9421,
        key_id=said.key_id,
        algorithm=said.algorithm,
        signature=_decoded(said.signature),
        messages=(message,),
        covered=said.covered,
        at=now,
    )


def _cavage_covers(covered: Sequence[str], delivery: Delivery) -> bool:
    return (
        "(request-target)" in covered
        and "host" in covered
        and ("date" in covered or "(created)" in covered)
        and ("digest" in covered or not _needs_digest(delivery))
    )


def _rfc9421_covers(covered: Sequence[str], delivery: Delivery) -> bool:
    address = "@authority" in covered and "@path" in covered
    query = "@query" in covered or "?" not in delivery.target
    return (
        "@method" in covered
        and ("@target-uri" in covered or (address and query))
        and ("content-digest" in covered or not _needs_digest(delivery))
    )


def _needs_digest(delivery: Delivery) -> bool:
    return bool(delivery.body) or delivery.method not in {"GET", "HEAD"}


def _targets(delivery: Delivery) -> tuple[str, ...]:
    if delivery.method == "GET" and "?" in delivery.target:
        return delivery.target, delivery.target.partition("?")[0]
    return (delivery.target,)


def _fields(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, line in headers:
        value = line.strip(" \t")
        if name not in fields:
            fields[name] = value
        elif name in _ONCE:
            raise Malformed("duplicate-header", "A header that may occur once occurs twice.")
        else:
            fields[name] += f", {value}"
    return fields


def _header(fields: Mapping[str, str], name: str) -> str:
    header = fields.get(name, "")
    if not header or not header.isascii():
        raise Unverified("signature-missing", "The request is not signed.")
    if len(header) > _LONGEST_HEADER:
        raise Malformed("signature-too-long", "The signature is longer than we read.")
    return header


def _message(lines: Sequence[str]) -> bytes:
    text = "\n".join(lines)
    if text.count("\n") >= len(lines) or "\r" in text:
        raise Malformed("header-malformed", "A header is one line.")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Malformed("header-malformed", "A header is made of bytes.") from error


@lru_cache(128)  # whatever comes within a second has the same date
def _moment(date: str) -> int:
    try:
        ((day, month, year, clock),) = _DATE.findall(date)
        noted = datetime.fromisoformat(f"{year}-{_MONTH_NUMBERS[month]}-{day}T{clock}+00:00")
    except (KeyError, ValueError) as error:
        raise Malformed("date-malformed", "The Date header is not an HTTP date.") from error
    return int(noted.timestamp()) * SECOND


def _digest(body: bytes) -> str:
    return _encoded(sha256(body).digest())


def _encoded(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        raw = a2b_base64(text)
    except NotBase64:
        raw = None
    if raw is None or _encoded(raw) != text:
        raise Malformed("signature-not-base64", "The signature is not canonical base64.")
    return raw


def _require_known(label: str | None, dialect: Dialect) -> None:
    if label not in _RSA_LABELS[dialect] and label not in _ED25519_LABELS[dialect]:
        raise Unverified("algorithm-refused", "Sign with RSA and SHA-256, or with Ed25519.")


def _require_host(fields: Mapping[str, str], base_url: str) -> None:
    if fields.get("host") != authority_of(base_url):
        raise WrongHost("wrong-host", "This request was made for another host.")


def _require_recent(moment: int, now: Millis) -> None:
    if not now - _OLDEST <= moment <= now + _NEWEST:
        raise Unverified("stale-or-future", "The signature was not made within the last hour.")


def _require_unexpired(expires: int | None, now: Millis) -> None:
    if expires is not None and expires * SECOND <= now:
        raise Unverified("expired", "The signature has expired.")


def _require_digest(header: str, digest: str) -> None:
    stated = [member.strip().partition("=") for member in header.split(",")]
    if [value for name, _, value in stated if name.lower() == "sha-256"] != [digest]:
        raise Unverified("digest-mismatch", "The SHA-256 digest is not that of the body.")


def _label(key: SigningKey) -> str:
    return "hs2019" if isinstance(key.private, Ed25519PrivateKey) else "rsa-sha256"


def _target_of(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _sign_cavage(
    method: str, url: str, *, body: bytes | None, key: SigningKey, headers: dict[str, str]
) -> dict[str, str]:
    if body is not None:
        headers = headers | {"Digest": f"SHA-256={_digest(body)}"}
    fields = {name.lower(): value for name, value in headers.items()}
    said = cavage.Parameters(
        key_id=key.id,
        algorithm=_label(key),
        covered=("(request-target)", *fields),
        signature="",
    )
    lines = cavage.lines(said, method=method, target=_target_of(url), fields=fields)
    signature = _encoded(key.sign(_message(lines)))
    return headers | {"Signature": cavage.write(replace(said, signature=signature))}


def _sign_rfc9421(
    method: str, url: str, *, body: bytes | None, key: SigningKey, now: Millis
) -> dict[str, str]:
    digest = {} if body is None else {"Content-Digest": f"sha-256=:{_digest(body)}:"}
    fields = {name.lower(): value for name, value in digest.items()}
    said = rfc9421.draft(
        key.id, covered=("@method", "@target-uri", *fields), created=now // SECOND
    )
    sent_to = origin(url) + _target_of(url)
    lines = rfc9421.lines(said, method=method, url=sent_to, fields=fields)
    signature = _encoded(key.sign(_message(lines)))
    stated, given = rfc9421.write(replace(said, signature=signature))
    return digest | {"Signature-Input": stated, "Signature": given}
