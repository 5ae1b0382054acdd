"""Checkpoints: written as C2SP has it, and read in no other form."""

import hashlib
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Malformed, Unverified
from forgefed_gate.domain.ids import ActorId, KeyId
from forgefed_gate.protocol import checkpoint
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.protocol.keys import SigningKey

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ROOT = hashlib.sha256(b"root").digest()
MADE = Checkpoint(origin="gate.example/audit", size=20_852_163, root=ROOT)

PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
"""The example of the specification, whose key is not told."""


def signed(made=MADE, private=PRIVATE):
    me = ActorId("https://gate.example/actor")
    return checkpoint.write(made, key=SigningKey(id=KeyId(f"{me}#k"), owner=me, private=private))


def proven(note, private=PRIVATE):
    return checkpoint.proven(checkpoint.read(note), public=private.public_key())


def test_the_published_example_is_read():
    """We understand logs of others, and they ours."""
    note = checkpoint.read(PUBLISHED)

    assert (note.checkpoint.origin, note.checkpoint.size) == (
        "example.com/behind-the-sofa",
        20852163,
    )
    assert note.text.decode() == PUBLISHED.partition("\n\n")[0] + "\n"
    [(name, signature)] = note.signatures
    assert (name, len(signature), signature[:4].hex()) == (note.checkpoint.origin, 68, "033de0ae")


def test_a_signature_line_is_the_one_of_the_specification():
    """Key id, then signature over the text with its last line end, worked out here by hand."""
    text = f"gate.example/audit\n20852163\n{b64encode(ROOT).decode()}\n"
    public = PRIVATE.public_key().public_bytes_raw()
    key_id = hashlib.sha256(b"gate.example/audit\n\x01" + public).digest()[:4]

    line = b64encode(key_id + PRIVATE.sign(text.encode())).decode()

    assert signed() == f"{text}\n— gate.example/audit {line}\n"


@given(st.integers(0, checkpoint.LARGEST), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read(size, root):
    """And proves who signed it."""
    made = Checkpoint(origin="gate.example:8443/audit", size=size, root=root)

    assert proven(signed(made)) == made


def test_another_key_proves_nothing():
    """Nobody speaks for a log but the log."""
    with pytest.raises(Unverified):
        proven(signed(private=OTHER))


def test_a_signature_that_we_do_not_know_changes_nothing():
    """Witnesses and newer keys may have signed as well."""
    text, _, line = signed().partition("\n\n")
    stranger = signed(private=OTHER).partition("\n\n")[2]

    assert proven(f"{text}\n\n{stranger}{line}") == MADE


def test_a_false_signature_beside_a_good_one_spoils_the_note():
    """By our name and key, or not at all."""
    text, _, line = signed().partition("\n\n")
    raw = bytearray(b64decode(line.split()[2]))
    raw[-1] ^= 1
    false = f"— {MADE.origin} {b64encode(raw).decode()}\n"

    with pytest.raises(Unverified):
        proven(f"{text}\n\n{line}{false}")


@given(st.data())
def test_no_bit_of_it_can_be_changed(data):
    """Neither what is claimed, nor by whom."""
    note = bytearray(signed().encode())
    place = data.draw(st.integers(0, len(note) - 1))
    note[place] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises((Malformed, Unverified)):
        proven(note.decode(errors="replace"))


HEAD = f"gate.example/audit\n7\n{b64encode(ROOT).decode()}\n"
LINE = "— gate.example/audit " + b64encode(bytes(68)).decode() + "\n"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        HEAD,
        f"{HEAD}\n",
        f"{HEAD}\n{LINE}".removesuffix("\n"),
        f"{HEAD}{LINE}",
        f"\n{HEAD}\n{LINE}",
        f"{HEAD}\n{LINE}\n",
        f"{HEAD}an extension\n\n{LINE}",
        HEAD.replace("7", "07") + f"\n{LINE}",
        HEAD.replace("7", "-7") + f"\n{LINE}",
        HEAD.replace("7", "٧") + f"\n{LINE}",
        HEAD.replace("7", "9" * 19) + f"\n{LINE}",
        HEAD.replace("7", "9" * 5_000) + f"\n{LINE}",
        HEAD.replace("gate.example", "gate example") + f"\n{LINE}",
        HEAD.replace("gate.example", "gate+example") + f"\n{LINE}",
        HEAD.replace("gate.example/audit", "") + f"\n{LINE}",
        HEAD.replace("=", "") + f"\n{LINE}",
        f"gate.example/audit\n7\n{b64encode(bytes(31)).decode()}\n\n{LINE}",
        f"{HEAD}\n{LINE}".replace("—", "-"),
        f"{HEAD}\n{LINE}".replace("— ", "—  "),
        f"{HEAD}\n— gate.example/audit {b64encode(bytes(4)).decode()}\n",
        f"{HEAD}\n— gate.example/audit ====\n",
        f"{HEAD}\n{LINE * 17}",
        f"{HEAD}\n{LINE}".replace("\n", "\r\n"),
    ],
)
def test_what_has_another_form_is_refused(note):
    """Two ways to write one thing are one too many where hashes are compared."""
    with pytest.raises(Malformed):
        checkpoint.read(note)


@given(st.text())
def test_whatever_comes_is_read_or_refused(text):
    """And nothing else happens."""
    for note in (text, f"{HEAD}\n{text}", f"{text}\n{LINE}"):
        try:
            checkpoint.read(note)
        except Malformed:
            continue
