"""What is sealed stays shut to everyone who lacks the key, and opens only where it belongs."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Conflict, Malformed, NotFound, Refusal
from forgefed_gate.store.keyfile import read_key_file, write_key_file
from forgefed_gate.store.seal import Vault, seal

NOW = 1_000_000
KEK = bytes(range(32))
OTHER = bytes(32)
AUTHOR = "https://peer.example/users/ada"
THREAD = "thread-1"
PLACE = "messages|1|body"
WORDS = b"please do not tell anyone"

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "aead" / "aes_gcm.json").read_text("utf-8")
)
CASES = [
    pytest.param(case, id=str(case["tcId"]))
    for group in VECTORS["testGroups"]
    for case in group["tests"]
]


async def write(database, vault, *, owner=AUTHOR, thread=THREAD, place=PLACE, words=WORDS):
    async with database.transaction() as tx:
        key = await vault.key_for(tx, owner=owner, thread=thread, now=NOW)
        return seal(key, words, place=place)


async def read(database, vault, sealed, *, place=PLACE):
    async with database.snapshot() as tx:
        return await vault.open_sealed(tx, sealed, place=place)


async def destroy(database, vault, owner=AUTHOR):
    async with database.transaction() as tx:
        return await vault.destroy(tx, owner=owner, now=NOW)


async def key_rows(database):
    async with database.snapshot() as tx:
        return await tx.rows("SELECT * FROM data_keys ORDER BY id")


async def test_what_is_sealed_opens_again(database):
    """In this process, and after a restart with the same key file."""
    sealed = await write(database, Vault(KEK))

    assert await read(database, Vault(KEK), sealed) == WORDS
    assert WORDS not in sealed


async def test_the_same_words_never_look_the_same(database):
    """Whoever reads the disk must not see that two messages are equal."""
    vault = Vault(KEK)

    assert await write(database, vault) != await write(database, vault)


async def test_one_key_for_each_author_and_thread(database):
    """Erasing one person leaves everyone else's words alone."""
    vault = Vault(KEK)
    places = [(AUTHOR, "1"), (AUTHOR, "2"), ("https://peer.example/users/bob", "1")]

    async with database.transaction() as tx:
        first = await vault.keys_for(tx, [*places, *places], now=NOW)
        again = await vault.keys_for(tx, places, now=NOW)

    assert len({key.id for key in first.values()}) == 3
    assert first == again
    assert len(await key_rows(database)) == 3


async def test_words_open_nowhere_but_in_their_place(database):
    """Swapping two rows must not put one person's words in another's mouth."""
    vault = Vault(KEK)
    sealed = await write(database, vault)

    with pytest.raises(NotFound) as refusal:
        await read(database, vault, sealed, place="messages|2|body")

    assert refusal.value.code == "unreadable"


@pytest.mark.parametrize("position", [0, 1, 16, 17, 28, 29, -1])
async def test_a_changed_byte_anywhere_makes_it_unreadable(database, position):
    """Version, key, nonce, words and tag are all vouched for."""
    vault = Vault(KEK)
    sealed = bytearray(await write(database, vault))
    sealed[position] ^= 1

    with pytest.raises(NotFound):
        await read(database, vault, bytes(sealed))


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_unreadable_and_nothing_worse(noise):
    """A damaged row is a sentence on a page, never an error page."""
    with pytest.raises(NotFound):
        Vault(KEK).open_own(noise, place=PLACE)


@pytest.mark.parametrize("noise", [b"", b"\x01", bytes(17), b"\x01" + bytes(44), bytes(100)])
async def test_noise_in_a_row_is_unreadable_and_nothing_worse(database, noise):
    """So is a row that was never sealed."""
    with pytest.raises(NotFound):
        await read(database, Vault(KEK), noise)


async def test_many_are_opened_at_once_and_one_bad_one_spoils_no_other(database):
    """A page shows what can be read and says what cannot."""
    vault = Vault(KEK)
    sealed = [await write(database, vault, thread=f"{n}", words=b"%d" % n) for n in range(3)]
    async with database.snapshot() as tx:
        opened = await vault.open_many(
            tx,
            [(sealed[0], PLACE), (b"noise", PLACE), (sealed[1], "elsewhere"), (sealed[2], PLACE)],
        )

    assert opened == [b"0", None, None, b"2"]


async def test_a_destroyed_key_takes_its_words_with_it(database):
    """Erasing is destroying keys: here, and in every process that still remembers them."""
    vault, elsewhere = Vault(KEK), Vault(KEK)
    sealed = await write(database, vault)
    other = await write(database, vault, owner="https://peer.example/users/bob")
    assert await read(database, elsewhere, sealed) == WORDS

    assert await destroy(database, vault) == 1

    for each in (vault, elsewhere):
        with pytest.raises(NotFound, match="nobody can read it any more"):
            await read(database, each, sealed)
        assert await read(database, each, other) == WORDS
    assert [row["wrapped"] for row in await key_rows(database)].count(None) == 1
    assert await destroy(database, vault) == 0


async def test_who_comes_back_after_erasure_gets_a_new_key(database):
    """New words are readable; the old ones stay erased, in other processes too."""
    vault, elsewhere = Vault(KEK), Vault(KEK)
    old = await write(database, elsewhere)
    await destroy(database, vault)

    new = await write(database, elsewhere)

    assert await read(database, vault, new) == WORDS
    with pytest.raises(NotFound):
        await read(database, elsewhere, old)


async def test_a_key_whose_transaction_was_undone_is_never_used(database):
    """Words sealed with a key that was never stored would be lost."""
    vault = Vault(KEK)

    async def make_and_fail():
        async with database.transaction() as tx:
            await vault.key_for(tx, owner=AUTHOR, thread=THREAD, now=NOW)
            raise LookupError

    with pytest.raises(LookupError):
        await make_and_fail()

    assert await key_rows(database) == []
    assert await read(database, vault, await write(database, vault)) == WORDS


async def test_wrapped_keys_cannot_be_exchanged(database):
    """A key is bound to its author: moving the row moves nothing."""
    vault = Vault(KEK)
    sealed = await write(database, vault)
    async with database.transaction() as tx:
        await tx.run("UPDATE data_keys SET owner = 'https://peer.example/users/eve'")

    with pytest.raises(NotFound):
        await read(database, vault, sealed)


async def test_another_key_file_opens_nothing_and_seals_nothing(database):
    """With the wrong key file we stop, before words are sealed in two ways."""
    sealed = await write(database, Vault(KEK))

    with pytest.raises(NotFound):
        await read(database, Vault(OTHER), sealed)
    with pytest.raises(Refusal) as refusal:
        await write(database, Vault(OTHER))

    assert refusal.value.code == "key-file-other"
    assert len(await key_rows(database)) == 1


async def test_keys_are_rewrapped_a_few_at_a_time(database):
    """The key file is replaced while the gate runs, and the old one is then useless."""
    before = Vault(KEK)
    sealed = [await write(database, before, thread=f"{n}") for n in range(5)]
    during = Vault(OTHER, former=[KEK])

    rounds = []
    while True:
        assert [await read(database, during, each) for each in sealed] == [WORDS] * 5
        async with database.transaction() as tx:
            rounds.append(await during.rewrap(tx, limit=2))
        if not rounds[-1]:
            break

    assert rounds == [2, 2, 1, 0]
    assert [await read(database, Vault(OTHER), each) for each in sealed] == [WORDS] * 5
    with pytest.raises(NotFound):
        await read(database, Vault(KEK), sealed[0])


def test_secrets_of_the_gate_itself_need_no_database():
    """Actor keys are read before anything else can be."""
    sealed = Vault(KEK).seal_own(b"private key", place="actors|anvil|key")

    assert Vault(OTHER, former=[KEK]).open_own(sealed, place="actors|anvil|key") == b"private key"


@pytest.mark.parametrize(
    ("vault", "place"), [(Vault(KEK), "actors|hammer|key"), (Vault(OTHER), "actors|anvil|key")]
)
def test_secrets_of_the_gate_open_only_where_they_belong(vault, place):
    """Another place or another key file, and there is nothing to see."""
    sealed = Vault(KEK).seal_own(b"private key", place="actors|anvil|key")

    with pytest.raises(NotFound):
        vault.open_own(sealed, place=place)


def test_keys_are_not_printed():
    """A key in a traceback is a key in a log."""
    assert KEK.hex() not in repr(vars(Vault(KEK)))
    assert "AESGCM" not in repr(vars(Vault(KEK))["_current"])


def test_a_key_file_is_written_once_for_us_alone(tmp_path):
    """It is the one thing that backups must not hold and nobody can make again."""
    path = tmp_path / "gate.key"

    key = write_key_file(path)

    assert len(key) == 32
    assert read_key_file(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Conflict):
        write_key_file(path)
    assert read_key_file(path) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o610])
def test_a_key_file_that_others_may_touch_is_refused(tmp_path, mode):
    """The refusal says what to type."""
    path = tmp_path / "gate.key"
    write_key_file(path)
    path.chmod(mode)

    with pytest.raises(Refusal, match="chmod 600") as refusal:
        read_key_file(path)

    assert refusal.value.code == "key-file-open"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "secret\n",
        "forgefed-gate-key-1:AAAA\n",
        "\x00" * 32,
        "ä" * 43,
        "forgefed-gate-key-1:" * 99,
    ],
)
def test_a_file_that_is_not_a_key_is_refused(tmp_path, content):
    """A typo in the settings must not become a weak key, nor be shown to anyone."""
    path = tmp_path / "gate.key"
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")

    with pytest.raises(Malformed) as refusal:
        read_key_file(path)

    assert "secret" not in refusal.value.sentence


def test_a_key_file_that_is_not_there_is_named(tmp_path):
    """The first start forgets it most often."""
    with pytest.raises(NotFound, match=r"gate\.key"):
        read_key_file(tmp_path / "gate.key")


@pytest.mark.parametrize("case", CASES)
def test_the_cipher_beneath_answers_the_published_cases(case):
    """Wycheproof; nonces that the library refuses to take are refused, never mangled."""
    cipher = AESGCM(bytes.fromhex(case["key"]))
    nonce, aad = bytes.fromhex(case["iv"]), bytes.fromhex(case["aad"])
    sealed = bytes.fromhex(case["ct"] + case["tag"])

    if not 8 <= len(nonce) <= 128:
        with pytest.raises(ValueError, match=r"[Nn]once"):
            cipher.decrypt(nonce, sealed, aad)
    elif case["result"] == "valid":
        assert cipher.decrypt(nonce, sealed, aad) == bytes.fromhex(case["msg"])
        assert cipher.encrypt(nonce, bytes.fromhex(case["msg"]), aad) == sealed
    else:
        with pytest.raises(InvalidTag):
            cipher.decrypt(nonce, sealed, aad)
