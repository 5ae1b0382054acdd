"""How keys are written down, and which of them are strong enough to be believed."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from forgefed_gate.domain.errors import Unverified
from forgefed_gate.domain.ids import ActorId, KeyId

PublicKey = RSAPublicKey | Ed25519PublicKey
PrivateKey = RSAPrivateKey | Ed25519PrivateKey

_SMALLEST, _LARGEST = 2048, 8192
_EXPONENTS = range(3, 2**64, 2)
_LONGEST_TEXT = 8192

_ED25519_CODEC = b"\xed\x01"
_RSA_CODEC = b"\x85\x24"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

_PADDING = PKCS1v15()
_HASH = SHA256()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorKey:
    """A public key, and the actor who answers for what it signs."""

    id: KeyId
    owner: ActorId
    public: PublicKey

    def proves(self, message: bytes, *, signature: bytes) -> bool:
        """
        Say whether the holder of the private half signed exactly *message*.

        The type of the key alone decides how: Ed25519, or RSASSA-PKCS1-v1_5 with SHA-256.
        """
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, message)
            else:
                self.public.verify(signature, message, _PADDING, _HASH)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key of ours, and the actor in whose name it signs."""

    id: KeyId
    owner: ActorId
    private: PrivateKey

    def sign(self, message: bytes) -> bytes:
        """Sign *message*; the same key and message always give the same signature."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        return self.private.sign(message, _PADDING, _HASH)


def read_pem(pem: str) -> PublicKey:
    """
    Read a `publicKeyPem` and refuse a key too weak to prove anything.

    A peer wrote it, so whatever is wrong with it is `Unverified`.
    """
    if len(pem) > _LONGEST_TEXT:
        raise _malformed()
    try:
        return _strong(load_pem_public_key(pem.encode("ascii")))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _malformed() from error


def read_multibase(text: str) -> PublicKey:
    """
    Read a `publicKeyMultibase` (FEP-521a), Ed25519 or RSA, refusing weak keys.

    A peer wrote it, so whatever is wrong with it is `Unverified`.
    """
    try:
        raw = bytes_of_multibase(text)
        if raw.startswith(_ED25519_CODEC):
            return Ed25519PublicKey.from_public_bytes(raw[2:])
        if raw.startswith(_RSA_CODEC):
            return _strong(load_der_public_key(raw[2:]))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _malformed() from error
    raise Unverified("key-type", "We know RSA and Ed25519 keys only.")


def write_pem(public: PublicKey) -> str:
    """Write *public* as every server of the fediverse reads it: SubjectPublicKeyInfo."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def write_multibase(public: PublicKey) -> str:
    """Write *public* as a Multikey names it: multicodec, base58btc (FEP-521a)."""
    if isinstance(public, Ed25519PublicKey):
        return multibase_of(_ED25519_CODEC + public.public_bytes_raw())
    return multibase_of(_RSA_CODEC + public.public_bytes(Encoding.DER, PublicFormat.PKCS1))


def new_rsa() -> RSAPrivateKey:
    """Make an RSA key of 2048 bits, which every server of the fediverse accepts."""
    return generate_private_key(public_exponent=65537, key_size=_SMALLEST)


def new_ed25519() -> Ed25519PrivateKey:
    """Make an Ed25519 key, which object proofs are signed with."""
    return Ed25519PrivateKey.generate()


def load_private(stored: bytes) -> PrivateKey:
    """
    Read back a key of ours, PEM or DER.

    We made it, so its primes are not proven again: that takes longer than signing.
    """
    load = load_pem_private_key if stored.startswith(b"-----BEGIN") else load_der_private_key
    try:
        private = load(stored, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _malformed() from error
    if isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        return private
    raise Unverified("key-type", "We know RSA and Ed25519 keys only.")


def dump_private(private: PrivateKey) -> bytes:
    """Write *private* as DER in the clear; whoever stores it seals it."""
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def multibase_of(raw: bytes) -> str:
    """Write *raw* as multibase base58btc, the form Multikeys and proofs use."""
    number, digits = int.from_bytes(raw), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return "z" + _BASE58[0] * zeros + digits


def bytes_of_multibase(text: str) -> bytes:
    """Read multibase base58btc, or raise `ValueError`."""
    if len(text) > _LONGEST_TEXT or not text.startswith("z"):
        raise ValueError(text[:1])
    digits, number = text[1:], 0
    for digit in digits:
        number = number * 58 + _BASE58.index(digit)
    zeros = len(digits) - len(digits.lstrip(_BASE58[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def _strong(public: object) -> PublicKey:
    if isinstance(public, Ed25519PublicKey):
        return public
    if not isinstance(public, RSAPublicKey):
        raise Unverified("key-type", "We know RSA and Ed25519 keys only.")
    if not _SMALLEST <= public.key_size <= _LARGEST:
        raise Unverified("key-size", f"An RSA key has {_SMALLEST} to {_LARGEST} bits.")
    if public.public_numbers().e not in _EXPONENTS:
        raise Unverified("key-size", "The exponent of an RSA key is odd, from 3 to 2^64.")
    return public


def _malformed() -> Unverified:
    return Unverified("key-malformed", "This key cannot be read.")
