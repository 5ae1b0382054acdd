"""How bytes are encrypted: bound to their place, under keys that follow from a key file."""

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_SIZE = 32
ID_SIZE = 16
BY_DATA_KEY = b"\x01"
BY_KEY_FILE = b"\x02"
_NONCE = 12
_TAG = 16
_HEAD = 1 + ID_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """
    What seals the words of one author in one thread; its *id* is 32 hex digits.

    With *commits* names are hidden in the audit log: it goes when the key is destroyed.
    """

    id: str
    cipher: AESGCM = field(repr=False, compare=False)
    commits: bytes = field(repr=False, compare=False, default=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What a data key amounts to: a cipher, and a key for commitments, so they never mix."""

    cipher: AESGCM = field(repr=False)
    commits: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """What a key file amounts to: a name, and one cipher for each use, so they never mix."""

    id: str
    wrapping: AESGCM = field(repr=False)
    own: DataKey


def secret_of(key: bytes) -> Secret:
    """Derive from a data key what it is used for, each use apart."""
    return Secret(cipher=AESGCM(key), commits=_derived(key, "commitments", KEY_SIZE))


def key_file_of(key: bytes) -> KeyFile:
    """Derive from a key what a key file is used for, each use apart."""
    id_ = _derived(key, "id", ID_SIZE).hex()
    return KeyFile(
        id=id_,
        wrapping=AESGCM(_derived(key, "wrapping", KEY_SIZE)),
        own=DataKey(id=id_, cipher=AESGCM(_derived(key, "own", KEY_SIZE))),
    )


def _derived(key: bytes, use: str, length: int) -> bytes:
    info = f"forgefed-gate {use}".encode()
    return HKDFExpand(algorithm=SHA256(), length=length, info=info).derive(key)


def wrap(key_file: KeyFile, data_key: bytes, *, place: str) -> bytes:
    """Wrap a data key for one *place*."""
    return _encrypted(key_file.wrapping, data_key, bound_to=place.encode())


def key_id(sealed: bytes) -> str:
    """Name the key that sealed something, as it says itself."""
    return sealed[1:_HEAD].hex()


def sealed_by(key: DataKey, plaintext: bytes, *, place: str, version: bytes) -> bytes:
    """Seal *plaintext* for one *place*."""
    head = version + bytes.fromhex(key.id)
    return head + _encrypted(key.cipher, plaintext, bound_to=head + place.encode())


def opened_by(cipher: AESGCM | None, sealed: bytes, *, place: str, version: bytes) -> bytes | None:
    """Open what was sealed for *place*, or give None where key or bytes are not intact."""
    head = sealed[:_HEAD]
    if cipher is None or not head.startswith(version):
        return None
    try:
        return decrypted(cipher, sealed[_HEAD:], bound_to=head + place.encode())
    except InvalidTag:
        return None


def _encrypted(cipher: AESGCM, plaintext: bytes, *, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plaintext, bound_to)


def decrypted(cipher: AESGCM, sealed: bytes, *, bound_to: bytes) -> bytes:
    """Decrypt, or raise `InvalidTag`."""
    if len(sealed) < _NONCE + _TAG:
        raise InvalidTag
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
