"""One delivery of a forge's webhook: proven first, and then read as far as we need it."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from forgefed_gate.domain.errors import Malformed, Refusal, TooLarge, Unverified
from forgefed_gate.forge import reading
from forgefed_gate.protocol.frontdoor import JsonObject

LONGEST_FORM = 262_144
"""We order JSON; a form has to be taken apart before it is proven."""
LARGEST = 4 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"
FIELD = b"payload="
SIGNED_BY = ("x-forgejo-signature", "x-gitea-signature")
NAMED_BY = ("x-forgejo-delivery", "x-gitea-delivery")
KIND_IN = ("x-forgejo-event-type", "x-gitea-event-type")
_HMAC = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KIND = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    What a forge says that happened, as a hint where to look.

    *issue* is the number of an issue or pull request, or None where it is about neither.
    """

    delivery: str
    kind: str
    action: str
    repository: int
    issue: int | None
    digest: str


def read(headers: Mapping[str, str], body: bytes, *, secret: bytes) -> Event:
    """
    Prove a delivery by the *secret* of its hook, and read it.

    *headers* are named in lower case. Nothing is parsed before the proof holds, but for
    the form that some hooks put around what was signed. Raises `Unverified`, `TooLarge`
    or `Malformed`.
    """
    if len(body) > LARGEST:
        raise TooLarge("too-large", "The delivery is longer than we take.")
    signed = _out_of_form(body) if _is_form(headers) else body
    _prove(headers, signed, secret)
    try:
        document = reading.document(signed)
        return Event(
            delivery=_matched(_UUID, _first(headers, NAMED_BY)),
            kind=_matched(_KIND, _first(headers, KIND_IN)),
            action=_action(document),
            repository=reading.number(reading.part(document, "repository"), "id"),
            issue=_issue(document),
            digest=hashlib.sha256(body).hexdigest(),
        )
    except Refusal:
        raise Malformed("hook-malformed", "The delivery cannot be read.") from None


def _prove(headers: Mapping[str, str], signed: bytes, secret: bytes) -> None:
    """An empty signature is what a hook without a secret sends, and proves nothing."""
    shown = _first(headers, SIGNED_BY)
    expected = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    right = hmac.compare_digest(expected.encode(), shown.encode())
    if not secret or not _HMAC.fullmatch(shown) or not right:
        raise Unverified("hook-unproven", "The delivery was not signed with this hook's secret.")


def _is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


def _out_of_form(body: bytes) -> bytes:
    """Give what was signed out of a form of one field."""
    if len(body) > LONGEST_FORM or not body.startswith(FIELD) or b"&" in body:
        raise Unverified("hook-unproven", "The delivery was not signed with this hook's secret.")
    return unquote_to_bytes(body.removeprefix(FIELD).replace(b"+", b" "))


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name] for name in names if name in headers), "")


def _matched(form: re.Pattern[str], text: str) -> str:
    if not form.fullmatch(text):
        raise reading.unclear()
    return text


def _action(document: JsonObject) -> str:
    return reading.name(document, "action") if "action" in document else ""


def _issue(document: JsonObject) -> int | None:
    about = document.get("issue") or document.get("pull_request")
    return reading.number(about, "number") if isinstance(about, dict) else None
