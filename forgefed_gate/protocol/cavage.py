"""How draft-cavage-12 writes a signature: its header, and the lines that are signed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from forgefed_gate.domain.errors import Malformed, Unverified
from forgefed_gate.domain.ids import KeyId

_PARAMETER = r'[A-Za-z]+=(?:"[ !#-\[\]-~]*"|[0-9]{1,15})'
_HEADER = re.compile(rf"{_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*")
_PARTS = re.compile(r'([A-Za-z]+)=(?:"([^"]*)"|([0-9]+))')
_NAME = r"(?:\([a-z-]+\)|[a-z0-9!#$%&'*+.^_`|~-]+)"
_NAMES = re.compile(rf"{_NAME}(?: {_NAME})*")
_SECONDS = re.compile(r"[0-9]{1,15}")

_PSEUDO_TIMES = frozenset({"(created)", "(expires)"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a `Signature` header says; the signature still as text."""

    key_id: KeyId
    algorithm: str | None
    covered: tuple[str, ...]
    created: int | None = None
    expires: int | None = None
    signature: str


def read(header: str) -> Parameters:
    """
    Read a `Signature` header in the one way it can be read.

    Where readers are known to differ (repeated parameters, spacing, upper case in
    `headers`) there is no reading at all, but `Malformed`.
    """
    if not _HEADER.fullmatch(header):
        raise Malformed("signature-malformed", "The Signature header cannot be read.")
    parts = _PARTS.findall(header)
    values: dict[str, str] = {name: quoted or number for name, quoted, number in parts}
    if len(values) != len(parts):
        raise Malformed("signature-duplicate-param", "A signature parameter occurs twice.")
    if not values.get("keyId") or "signature" not in values:
        raise Malformed("signature-incomplete", "A signature names its key and its value.")
    said = Parameters(
        key_id=KeyId(values["keyId"]),
        algorithm=values.get("algorithm"),
        covered=_names(values.get("headers", "date")),
        created=_seconds(values.get("created")),
        expires=_seconds(values.get("expires")),
        signature=values["signature"],
    )
    if not _PSEUDO_TIMES.isdisjoint(said.covered):
        _require_times(said)
    return said


def write(said: Parameters) -> str:
    """Write the `Signature` header that `read` reads back."""
    label = f'algorithm="{said.algorithm}",' if said.algorithm else ""
    names = " ".join(said.covered)
    return f'keyId="{said.key_id}",{label}headers="{names}",signature="{said.signature}"'


def lines(
    said: Parameters, *, method: str, target: str, fields: Mapping[str, str]
) -> Sequence[str]:
    """
    Give the lines that *said* claims were signed, taken from the request as it came.

    A name the request has no value for is `Unverified`: nothing was signed there.
    """
    values = {
        **fields,
        "(request-target)": f"{method.lower()} {target}",
        "(created)": said.created,
        "(expires)": said.expires,
    }
    try:
        return [f"{name}: {values[name]}" for name in said.covered]
    except KeyError as error:
        raise Unverified(
            "covered-header-absent", "The signature covers a header that is not there."
        ) from error


@lru_cache(128)  # each kind of server always signs the same headers
def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(" "))
    if not _NAMES.fullmatch(text) or len(set(names)) != len(names):
        raise Malformed(
            "headers-malformed", "The covered headers are lower-case names, each once."
        )
    return names


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise Malformed("signature-malformed", "A moment is a number of seconds.")
    return int(text)


def _require_times(said: Parameters) -> None:
    if said.algorithm is not None and said.algorithm.startswith(("rsa", "hmac", "ecdsa")):
        raise Malformed("headers-malformed", "(created) and (expires) go with hs2019 only.")
    times = {"(created)": said.created, "(expires)": said.expires}
    if any(name in said.covered and value is None for name, value in times.items()):
        raise Malformed("signature-incomplete", "A covered moment has to be named.")
