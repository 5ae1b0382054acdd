"""How RFC 9421 writes a signature: its two headers, and the lines that are signed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from forgefed_gate.domain.errors import Malformed, Unverified
from forgefed_gate.domain.ids import KeyId

_LABEL = "sig1"

_KEY = r"[a-z*][a-z0-9_.*-]*"
_TEXT = r"[ !#-\[\]-~]*"
_TOKEN = r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*"  # noqa: S105 — a word of the grammar
_ITEM = rf'(?:"{_TEXT}"|:[A-Za-z0-9+/=]*:|\?[01]|-?[0-9]+(?:\.[0-9]+)?|{_TOKEN})'
_PARAMETER = rf"(?:;{_KEY}(?:={_ITEM})?)"
_COMPONENT = rf'"{_TEXT}"{_PARAMETER}*'
_INPUT = re.compile(
    rf"({_KEY})=(\(((?:{_COMPONENT}(?: {_COMPONENT})*)?)\)({_PARAMETER}*))",
)
_PARTS = re.compile(rf';({_KEY})(?:=(?:"({_TEXT})"|(-?[0-9]{{1,15}})(?![0-9.])|{_ITEM}))?')
_SIGNATURE = re.compile(rf"({_KEY})=:([^:]*):")
_NAME = re.compile(r"@?[a-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What `Signature-Input` and `Signature` say; the signature still as text."""

    key_id: KeyId
    algorithm: str | None
    covered: tuple[str, ...]
    created: int
    expires: int | None
    signature: str
    params: str
    """The covered names with their parameters, byte for byte as they are signed."""


def read(signature_input: str, signature: str) -> Parameters:
    """
    Read the one signature of a request, in the canonical form of RFC 8941.

    Raises `Malformed` for several signatures and for one without key or moment, and
    `Unverified` for a component whose parameters we do not know.
    """
    stated, given = _INPUT.fullmatch(signature_input), _SIGNATURE.fullmatch(signature)
    if stated is None or given is None or stated[1] != given[1]:
        raise Malformed("signature-malformed", "A request has one signature, under one label.")
    words, numbers = _parameters(stated[4])
    if not words.get("keyid") or "created" not in numbers:
        raise Malformed("signature-incomplete", "A signature names its key and its moment.")
    return Parameters(
        key_id=KeyId(words["keyid"]),
        algorithm=words.get("alg"),
        covered=_names(stated[3]),
        created=numbers["created"],
        expires=numbers.get("expires"),
        signature=given[2],
        params=stated[2],
    )


def draft(key_id: KeyId, *, covered: tuple[str, ...], created: int) -> Parameters:
    """State what we are about to sign; the signature itself is still empty."""
    names = " ".join(f'"{name}"' for name in covered)
    return Parameters(
        key_id=key_id,
        algorithm=None,
        covered=covered,
        created=created,
        expires=None,
        signature="",
        params=f'({names});created={created};keyid="{key_id}"',
    )


def write(said: Parameters) -> tuple[str, str]:
    """Write the `Signature-Input` and the `Signature` that `read` reads back."""
    return f"{_LABEL}={said.params}", f"{_LABEL}=:{said.signature}:"


def lines(said: Parameters, *, method: str, url: str, fields: Mapping[str, str]) -> Sequence[str]:
    """
    Give the lines that *said* claims were signed: the signature base, section 2.5.

    *url* is where the request went by our own account, never by the request's. A
    component without a value, or one we cannot compute, is `Unverified`.
    """
    derived = _derived(method, url)
    signed = [f'"{name}": {_value(name, derived, fields)}' for name in said.covered]
    return [*signed, f'"@signature-params": {said.params}']


def _parameters(text: str) -> tuple[dict[str, str], dict[str, int]]:
    parts: list[tuple[str, str, str]] = _PARTS.findall(text)
    if len({name for name, _, _ in parts}) != len(parts):
        raise Malformed("signature-duplicate-param", "A signature parameter occurs twice.")
    words = {name: word for name, word, _ in parts if word}
    numbers = {name: int(number) for name, _, number in parts if number}
    return words, numbers


def _names(components: str) -> tuple[str, ...]:
    if not components:
        return ()
    if ";" in components:
        raise Unverified("component-unsupported", "Components carry no parameters here.")
    names = tuple(quoted[1:-1] for quoted in components.split(" "))
    if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
        raise Malformed(
            "headers-malformed", "The covered components are lower-case names, each once."
        )
    return names


def _derived(method: str, url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "@method": method,
        "@target-uri": url,
        "@scheme": parts.scheme,
        "@authority": parts.netloc,
        "@path": parts.path,
        "@query": f"?{parts.query}",
    }


def _value(name: str, derived: Mapping[str, str], fields: Mapping[str, str]) -> str:
    if name.startswith("@"):
        if name not in derived:
            raise Unverified("component-unsupported", "We cannot compute this component.")
        return derived[name]
    if name not in fields:
        raise Unverified(
            "covered-header-absent", "The signature covers a header that is not there."
        )
    return fields[name]
