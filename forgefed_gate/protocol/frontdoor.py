"""The shape that a stranger's bytes must have before anything reads them."""

import ipaddress
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.protocol.contexts import STANDARD

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]

DEEPEST = 32
MOST_NODES = 5_000
MOST_KEYS = 1_000
LARGEST_INTEGER = 2**53 - 1
LONGEST_URL = 2_048

_STRUCTURE = frozenset({"@graph", "@included", "@reverse", "@nest"})


def read_json(body: bytes) -> JsonObject:
    """
    Read one JSON object that every reader reads alike, or raise `Malformed`.

    Parsers differ on duplicate keys, huge numbers, lone surrogates and encodings,
    and JSON-LD readers on contexts that rename our words. What could be read in two
    ways is refused here, so a signature never covers more meanings than one.
    """
    text = _decode(body)
    _measure(body)
    document = _parse(text)
    if b"\\u" in body and _ODD_ESCAPE.search(body):
        _refuse_odd_characters(document)
    if not isinstance(document, dict):
        raise Malformed("not-an-object", "The body is JSON, but not a JSON object.")
    return document


def _decode(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not-utf8", "The body is not UTF-8.") from None
    if text.startswith("\ufeff"):
        raise Malformed("not-utf8", "The body starts with a byte order mark.")
    return text


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_SQUARE = bytes.maketrans(b"{}", b"[]")
_SPACE = b" \t\r\n"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]"))


def _measure(body: bytes) -> None:
    """Refuse what is too deep or too large, before a parser sees it."""
    opened = body.count(b"[") + body.count(b"{")
    few = len(body) < MOST_NODES or opened + body.count(b",") < MOST_NODES
    if few and opened <= DEEPEST:
        return
    bare = _STRING.sub(b"s", body).translate(_SQUARE, _SPACE)
    if 1 + bare.count(b",") + bare.count(b"[") - bare.count(b"[]") > MOST_NODES:
        raise Malformed("too-many-nodes", f"The body has more than {MOST_NODES} values.")
    _refuse_depth(bare.translate(None, _ALL_BUT_BRACKETS))


def _refuse_depth(brackets: bytes) -> None:
    """Take the innermost pairs away until nothing is left; each round is one level."""
    for _ in range(DEEPEST):
        outer = brackets.replace(b"[]", b"")
        if outer == brackets:
            break
        brackets = outer
    if brackets:
        raise Malformed("too-deep", f"The body nests deeper than {DEEPEST} levels.")


def _parse(text: str) -> Json:
    try:
        return _DECODER.decode(text)
    except ValueError:
        raise Malformed("not-json", "The body is not JSON.") from None


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("duplicate-key", "An object in the body has the same key twice.")
    if len(found) > MOST_KEYS:
        raise Malformed("too-many-keys", f"An object has more than {MOST_KEYS} keys.")
    if not _STRUCTURE.isdisjoint(found):
        raise _structure()
    if "@context" in found:
        _read_contexts(found["@context"])
    return found


def _integer(text: str) -> int:
    """Read an integer; more digits than the largest has are not even converted."""
    value = int(text) if len(text) <= len(str(-LARGEST_INTEGER)) else LARGEST_INTEGER + 1
    if abs(value) > LARGEST_INTEGER:
        raise Malformed("number-too-large", "A number is too large to be read exactly.")
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Malformed("number-too-large", "A number is too large to be read exactly.")
    return value


def _constant(name: str) -> NoReturn:
    raise Malformed("not-a-number", f"{name} is not JSON.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
)

_ODD_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def _refuse_odd_characters(document: Json) -> None:
    """Refuse halves of a character, and NUL, which no database column holds."""
    text = json.dumps(document, ensure_ascii=False)
    try:
        _ = text.encode()
    except UnicodeEncodeError:
        raise Malformed("lone-surrogate", "A string holds half a character.") from None
    if _NUL.search(text):
        raise Malformed("nul-character", "A string holds the character NUL.")


def _structure() -> Malformed:
    return Malformed("jsonld-structure", "The document hides statements in JSON-LD structure.")


def _redefinition(word: str) -> Malformed:
    return Malformed("context-redefinition", f"The document gives “{word}” another meaning.")


def _read_contexts(contexts: Json) -> None:
    """Refuse contexts that give a standard word another meaning than everybody's."""
    for context in contexts if isinstance(contexts, list) else [contexts]:
        if not isinstance(context, (str, dict)):
            raise _redefinition("@context")
    for word, detail, iri in inline_definitions(contexts):
        if iri in _STRUCTURE or (word != "proof" and "@graph" in str(detail.get("@container"))):
            raise _structure()
        if word in STANDARD and iri != STANDARD[word]:
            raise _redefinition(word)


def inline_definitions(contexts: Json) -> Iterator[tuple[str, JsonObject, str]]:
    """List what a document's own contexts define: word, definition, and what it stands for."""
    prefixes: dict[str, str] = {}
    for context in contexts if isinstance(contexts, list) else [contexts]:
        if isinstance(context, dict):
            prefixes |= _prefixes(context)
            for word, definition in context.items():
                detail: JsonObject = {"@id": definition}
                if isinstance(definition, dict):
                    detail = definition
                yield word, detail, spelled_out(detail.get("@id"), prefixes)


def _prefixes(context: JsonObject) -> dict[str, str]:
    """List the namespaces that *context* abbreviates, by the rule of JSON-LD 1.1."""
    return {
        word: found
        for word, found in context.items()
        if isinstance(found, str) and found.endswith((":", "/", "?", "#", "[", "]", "@"))
    }


def spelled_out(iri: Json, prefixes: Mapping[str, str]) -> str:
    """Write *iri* in full where it is abbreviated; what is no text stands for nothing."""
    if not isinstance(iri, str):
        return ""
    prefix, colon, rest = iri.partition(":")
    if not colon or rest.startswith("//"):
        return iri
    return prefixes.get(prefix, STANDARD.get(prefix, f"{prefix}:")) + rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """Where addresses may point: the open internet, or also a closed test network."""

    allow_http: bool


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"(?:{_LABEL}\.)*[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=:@-"
_ESCAPED = r"%(?:[2-7][0-9A-Fa-f]|[89A-Fa-f][0-9A-Fa-f])"
_NEVER = r"%(?:2[D-Fd-f]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaCcFf]|6[1-9A-Fa-f]|7[0-9AaEeFf])"
"""Escapes that nothing needs (letters, digits, `-._~`), or that hide `/`, `\\` and DEL."""
_RUN = rf"(?:[{_PLAIN}]++|(?!{_NEVER}){_ESCAPED})"
_URL = re.compile(
    rf"""
    (?P<scheme> https? ) ://
    (?: (?P<name> {_NAME} ) | (?P<v4> [0-9.]+ ) | \[ (?P<v6> [0-9a-f:.]+ ) \] )
    (?: : (?P<port> [1-9][0-9]{{0,4}} ) )?
    (?: (?: / (?! \.{{1,2}} (?: [/?\#] | \Z ) ) {_RUN}*+ )++
        (?: \? (?: {_RUN} | [/?] )++ )? )?
    (?P<fragment> \# (?: {_RUN} | [/?] )++ )?
    """,
    re.VERBOSE,
)
_DEFAULT_PORT = {"http": "80", "https": "443"}
_LONGEST_NAME = 253
_HIGHEST_PORT = 65_535


def canonical_url(text: str, *, addressing: Addressing, fragment: bool = False) -> str:
    """
    Give *text* back if it is an address in its one canonical spelling.

    Two spellings of one address would be two people, or one person twice. So nothing
    is mended here: an address that could be spelled otherwise raises `Malformed`.
    Ids may have a fragment; what we fetch or deliver to has none.
    """
    found = _URL.fullmatch(text) if len(text) <= LONGEST_URL else None
    if found is None or (found["fragment"] and not fragment):
        raise _not_canonical()
    allowed = _closed_network(found) if addressing.allow_http else _open_internet(found)
    if not allowed:
        raise _not_canonical()
    return text


def _not_canonical() -> Malformed:
    return Malformed("url-not-canonical", "An address is not written in its canonical form.")


def _open_internet(url: re.Match[str]) -> bool:
    return url["scheme"] == "https" and not url["port"] and _is_name(url) and "." in url["name"]


def _closed_network(url: re.Match[str]) -> bool:
    port = url["port"]
    if port and (port == _DEFAULT_PORT[url["scheme"]] or int(port) > _HIGHEST_PORT):
        return False
    return _is_name(url) or _is_address(url)


def _is_name(url: re.Match[str]) -> bool:
    return 0 < len(url["name"] or "") <= _LONGEST_NAME


def _is_address(url: re.Match[str]) -> bool:
    """Whether the host is an IP address as the standard library would print it."""
    kind = ipaddress.IPv4Address if url["v4"] else ipaddress.IPv6Address
    host = url["v4"] or url["v6"] or ""
    try:
        return str(kind(host)) == host
    except ValueError:
        return False


_ORIGIN = re.compile(r"https?://[^/?#\\\s]+")


def same_origin(first: str, second: str) -> bool:
    """Whether one server answers for both addresses; what is no address has no server."""
    one, other = _ORIGIN.match(first), _ORIGIN.match(second)
    return one is not None and other is not None and one[0] == other[0]
