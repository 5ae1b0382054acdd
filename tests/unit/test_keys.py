"""How keys are read and written, and which are too weak to prove anything."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Unverified
from forgefed_gate.domain.ids import ActorId, KeyId
from forgefed_gate.protocol.keys import (
    ActorKey,
    SigningKey,
    bytes_of_multibase,
    dump_private,
    load_private,
    multibase_of,
    new_ed25519,
    new_rsa,
    read_multibase,
    read_pem,
    write_multibase,
    write_pem,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "signatures"
KEYS = json.loads((VECTORS / "http_signature_vectors.json").read_text("utf-8"))
FEP = json.loads((VECTORS / "fep8b32-eddsa-jcs-2022.json").read_text("utf-8"))
RSA = load_private(KEYS["rsa_private_pem"].encode())
ED25519 = load_private(KEYS["ed25519_private_pem"].encode())
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())

both = pytest.mark.parametrize("private", [RSA, ED25519], ids=["rsa", "ed25519"])


def spki(private):
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def made_of(modulus, exponent):
    """Write an RSA key of these numbers, good or not."""
    return write_pem(rsa.RSAPublicNumbers(exponent, modulus).public_key())


def code_of(refused, argument):
    with pytest.raises(Unverified) as refusal:
        refused(argument)
    return refusal.value.code


@both
def test_a_public_key_survives_both_spellings(private):
    """Peers read one spelling or the other, and mean the same key."""
    public = private.public_key()

    assert read_pem(write_pem(public)) == public
    assert read_multibase(write_multibase(public)) == public


@both
def test_a_private_key_survives_storing(private):
    """A restart changes nobody's identity."""
    again = load_private(dump_private(private))

    assert again.public_key() == private.public_key()


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS8", "PKCS1"]
)
def test_a_private_key_is_read_from_pem_too(form):
    """That is how people bring a key they already have."""
    pem = RSA.private_bytes(Encoding.PEM, form, NoEncryption())

    assert load_private(pem).public_key() == RSA.public_key()


def test_new_keys_are_strong_and_sign():
    """What we make, we would accept."""
    for private in (new_rsa(), new_ed25519()):
        ours = SigningKey(id=KeyId("https://a/#k"), owner=ActorId("https://a/"), private=private)
        public = read_pem(write_pem(private.public_key()))
        theirs = ActorKey(id=ours.id, owner=ours.owner, public=public)

        assert theirs.proves(b"word", signature=ours.sign(b"word"))
        assert not theirs.proves(b"deed", signature=ours.sign(b"word"))


def test_the_published_multikey_is_read_and_written():
    """FEP-8b32 gives a key in both forms."""
    public = read_multibase(FEP["publicKeyMultibase"])

    assert public.public_bytes_raw().hex() == FEP["publicKeyHex"]
    assert write_multibase(public) == FEP["publicKeyMultibase"]


def test_rsa_is_read_from_the_older_pem_too():
    """Some servers publish the bare key, without its algorithm."""
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()

    assert read_pem(pem) == RSA.public_key()


@pytest.mark.parametrize("bits", [1024, 2047, 8193, 16384])
def test_an_rsa_key_of_the_wrong_size_is_refused(bits):
    """A short one can be factored; a long one is work we do for an attacker."""
    modulus = (1 << bits) - 1

    assert code_of(read_pem, made_of(modulus, 65537)) == "key-size"


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 8192])
def test_an_rsa_key_of_a_usual_size_is_read(bits):
    """Peers have all of these."""
    assert read_pem(made_of((1 << bits) - 1, 65537)).key_size == bits


@pytest.mark.parametrize("exponent", [2**64 + 1, 2**2000 + 1])
def test_an_rsa_key_with_a_huge_exponent_is_refused(exponent):
    """Every signature would cost us as much as making one."""
    assert code_of(read_pem, made_of((1 << 2048) - 1, exponent)) == "key-size"


@pytest.mark.parametrize("exponent", [3, 17, 65537, 2**64 - 1])
def test_an_odd_exponent_is_read(exponent):
    """The small ones are old, not wrong."""
    assert read_pem(made_of((1 << 2048) - 1, exponent))


def test_keys_of_another_kind_are_refused():
    """We verify with RSA and Ed25519, and nothing else."""
    assert code_of(read_pem, spki(ELLIPTIC).decode()) == "key-type"
    assert code_of(read_multibase, multibase_of(b"\x80\x24" + bytes(33))) == "key-type"
    der = ELLIPTIC.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert code_of(load_private, der) == "key-type"


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no key",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        KEYS["rsa_private_pem"],
        KEYS["rsa_public_spki_pem"][:200],
        KEYS["rsa_public_spki_pem"].replace("A", "é"),
        "\ud800",
        "A" * 10_000,
    ],
)
def test_a_malformed_pem_is_refused(pem):
    """An actor document is written by anybody."""
    assert code_of(read_pem, pem) == "key-malformed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "z0",
        "zé",
        "u" + FEP["publicKeyMultibase"][1:],
        FEP["publicKeyMultibase"][:-1],
        FEP["publicKeyMultibase"] + "1",
        multibase_of(b"\x85\x24" + b"no key"),
        "z" + "1" * 10_000,
    ],
)
def test_a_malformed_multikey_is_refused(text):
    """An actor document is written by anybody."""
    assert code_of(read_multibase, text) in {"key-malformed", "key-type"}


def test_a_malformed_key_of_ours_is_refused_like_any_other():
    """A damaged store is no reason for another kind of error."""
    for stored in (b"", b"-----BEGIN", b"-----BEGIN PRIVATE KEY-----\n", dump_private(RSA)[:99]):
        assert code_of(load_private, stored) == "key-malformed"


def test_an_even_modulus_proves_nothing():
    """It is no RSA key at all, and still has to be survived."""
    key = ActorKey(
        id=KeyId("https://a/#k"),
        owner=ActorId("https://a/"),
        public=read_pem(made_of(1 << 2047, 65537)),
    )

    assert not key.proves(b"word", signature=bytes(256))


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_multibase_reads_back_what_it_wrote(raw):
    """Leading zeros included."""
    assert bytes_of_multibase(multibase_of(raw)) == raw


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=100), st.binary(max_size=100))
def test_arbitrary_key_material_is_refused_and_nothing_else(text, raw):
    """No document can make the reader of keys fail in another way."""
    armoured = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
    for pem in (text, armoured):
        assert code_of(read_pem, pem)
    for key in (text, f"z{text}", multibase_of(b"\x85\x24" + raw), multibase_of(raw)):
        assert code_of(read_multibase, key)
    assert code_of(load_private, raw)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_damaged_key_is_refused_or_proves_nothing(data):
    """A flipped bit makes another key or none, never another error."""
    der = bytearray(RSA.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] ^= data.draw(st.integers(1, 255))

    try:
        public = read_multibase(multibase_of(b"\x85\x24" + der))
    except Unverified:
        return
    key = ActorKey(id=KeyId("https://a/#k"), owner=ActorId("https://a/"), public=public)
    ours = SigningKey(id=key.id, owner=key.owner, private=RSA)
    assert not key.proves(b"word", signature=ours.sign(b"word"))


def test_signing_is_repeatable():
    """A retried delivery carries the signature of the first try."""
    ed25519 = Ed25519PrivateKey.from_private_bytes(bytes(32))
    for private in (RSA, ed25519):
        key = SigningKey(id=KeyId("https://a/#k"), owner=ActorId("https://a/"), private=private)

        assert key.sign(b"word") == key.sign(b"word")
