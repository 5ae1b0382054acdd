"""How private bytes are kept: sealed, so that destroying a key erases what it sealed."""

import base64
import json
import os
import re
import secrets
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from forgefed_gate.domain.errors import Conflict, Malformed, NotFound, Refusal
from forgefed_gate.domain.ids import Millis
from forgefed_gate.store.database import Row, Transaction, blob, text

KEY_SIZE = 32
_NONCE = 12
_TAG = 16
_ID = 16
_HEAD = 1 + _ID
_BY_DATA_KEY = b"\x01"
_BY_KEY_FILE = b"\x02"
_REMEMBERED = 10_000

_LABEL = "forgefed-gate-key-1:"
_KEY_FILE = re.compile(rf"{_LABEL}([A-Za-z0-9_-]{{43}})\n?")


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
class _Secret:
    """What a data key amounts to: a cipher, and a key for commitments, so they never mix."""

    cipher: AESGCM = field(repr=False)
    commits: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeyFile:
    """What a key file amounts to: a name, and one cipher for each use, so they never mix."""

    id: str
    wrapping: AESGCM = field(repr=False)
    own: DataKey


class Vault:
    """
    The keys of this gate.

    New data keys are wrapped by *kek*; those wrapped by one of *former* stay readable
    until `rewrap` has seen to them. A data key is looked up in the database every time,
    so one that another process has destroyed is gone here too; memory only spares the
    unwrapping.
    """

    def __init__(self, kek: bytes, *, former: Iterable[bytes] = ()) -> None:
        self._current = _key_file(kek)
        known = [self._current, *(_key_file(key) for key in former)]
        self._known = {key.id: key for key in known}
        self._secrets = lru_cache(_REMEMBERED)(self._make_secret)

    async def key_for(self, tx: Transaction, *, owner: str, thread: str, now: Millis) -> DataKey:
        """Find the key of *owner* in *thread*, or make it."""
        return (await self.keys_for(tx, [(owner, thread)], now=now))[owner, thread]

    async def keys_for(
        self, tx: Transaction, places: Collection[tuple[str, str]], *, now: Millis
    ) -> Mapping[tuple[str, str], DataKey]:
        """Find the key of each (owner, thread), or make it; one query where all are known."""
        keys = await self._alive(tx, places)
        missing = sorted(set(places) - keys.keys())
        if missing:
            await tx.many(
                """
                INSERT INTO data_keys (id, owner, thread, wrapped, kek_id, created_at)
                VALUES (:id, :owner, :thread, :wrapped, :kek_id, :now)
                ON CONFLICT (owner, thread) WHERE destroyed_at IS NULL DO NOTHING
                """,
                [self._new(owner, thread) | {"now": now} for owner, thread in missing],
            )
            keys |= await self._alive(tx, missing)
        return keys

    async def open_sealed(self, tx: Transaction, sealed: bytes, *, place: str) -> bytes:
        """Open what was sealed for *place*, or refuse where key or bytes are not intact."""
        (opened,) = await self.open_many(tx, [(sealed, place)])
        if opened is None:
            raise unreadable()
        return opened

    async def open_many(
        self, tx: Transaction, sealed: Sequence[tuple[bytes, str]]
    ) -> list[bytes | None]:
        """Open each (sealed, place) in one query; None stands where one is unreadable."""
        keys = await self._by_id(tx, {_key_id(each) for each, _ in sealed})
        return [
            _opened(keys.get(_key_id(each)), each, place=place, version=_BY_DATA_KEY)
            for each, place in sealed
        ]

    async def destroyed(self, tx: Transaction, sealed: bytes) -> bool:
        """Say whether *sealed* cannot be opened because its key was destroyed on purpose."""
        row = await tx.row("SELECT destroyed_at FROM data_keys WHERE id = :id", id=_key_id(sealed))
        return row is not None and row["destroyed_at"] is not None

    async def destroy(self, tx: Transaction, *, owner: str, now: Millis) -> int:
        """
        Destroy every key of *owner*, and say how many there were.

        Backups still hold them, wrapped: they are out of reach when the wrapping key
        has been replaced and the old key file is gone.
        """
        self._secrets.cache_clear()
        return await tx.run(
            """
            UPDATE data_keys SET wrapped = NULL, destroyed_at = :now
            WHERE owner = :owner AND destroyed_at IS NULL
            """,
            owner=owner,
            now=now,
        )

    async def rewrap(self, tx: Transaction, *, limit: int) -> int:
        """Wrap up to *limit* keys by the current key file; 0 says that all of them are."""
        rows = await tx.rows(
            """
            SELECT id, owner, thread, wrapped, kek_id FROM data_keys
            WHERE kek_id <> :current AND destroyed_at IS NULL LIMIT :limit /* held */
            """,
            current=self._current.id,
            limit=limit,
        )
        await tx.many(
            "UPDATE data_keys SET wrapped = :wrapped, kek_id = :kek_id WHERE id = :id",
            [self._rewrapped(row) for row in rows],
        )
        return len(rows)

    def seal_own(self, plaintext: bytes, *, place: str) -> bytes:
        """Seal a secret of the gate itself for *place*, under the key file alone."""
        return _sealed(self._current.own, plaintext, place=place, version=_BY_KEY_FILE)

    def open_own(self, sealed: bytes, *, place: str) -> bytes:
        """Open what `seal_own` sealed for *place*."""
        key = self._known.get(_key_id(sealed))
        cipher = key.own.cipher if key else None
        opened = _opened(cipher, sealed, place=place, version=_BY_KEY_FILE)
        if opened is None:
            raise unreadable()
        return opened

    async def _alive(
        self, tx: Transaction, places: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], DataKey]:
        rows = await tx.rows(
            """
            SELECT data_keys.id, owner, thread, wrapped, kek_id
            FROM json_each(CAST(:places AS TEXT)) AS place
            JOIN data_keys ON owner = place.value ->> 0 AND thread = place.value ->> 1
            WHERE destroyed_at IS NULL
            """,
            places=json.dumps([*places]),
        )
        return {(text(row, "owner"), text(row, "thread")): self._key(row) for row in rows}

    async def _by_id(self, tx: Transaction, ids: Collection[str]) -> dict[str, AESGCM]:
        rows = await tx.rows(
            """
            SELECT data_keys.id, owner, thread, wrapped, kek_id
            FROM json_each(CAST(:ids AS TEXT)) AS wanted
            JOIN data_keys ON data_keys.id = wanted.value ->> 0
            WHERE destroyed_at IS NULL
            """,
            ids=json.dumps([[each] for each in ids]),
        )
        return {text(row, "id"): cipher for row in rows if (cipher := self._found(row))}

    def _new(self, owner: str, thread: str) -> dict[str, str | bytes]:
        id_ = secrets.token_hex(_ID)
        place = _wrapped_place(id_, owner, thread)
        wrapped = _wrap(self._current, secrets.token_bytes(KEY_SIZE), place=place)
        return {
            "id": id_,
            "owner": owner,
            "thread": thread,
            "wrapped": wrapped,
            "kek_id": self._current.id,
        }

    def _rewrapped(self, row: Row) -> dict[str, str | bytes]:
        place = _place_of(row)
        key = self._unwrap(blob(row, "wrapped"), text(row, "kek_id"), place)
        return {
            "id": text(row, "id"),
            "wrapped": _wrap(self._current, key, place=place),
            "kek_id": self._current.id,
        }

    def _found(self, row: Row) -> AESGCM | None:
        try:
            return self._secret(row).cipher
        except Refusal:
            return None

    def _key(self, row: Row) -> DataKey:
        secret = self._secret(row)
        return DataKey(id=text(row, "id"), cipher=secret.cipher, commits=secret.commits)

    def _secret(self, row: Row) -> _Secret:
        return self._secrets(blob(row, "wrapped"), text(row, "kek_id"), _place_of(row))

    def _make_secret(self, wrapped: bytes, kek_id: str, place: str) -> _Secret:
        key = self._unwrap(wrapped, kek_id, place)
        return _Secret(cipher=AESGCM(key), commits=_derived(key, "commitments", KEY_SIZE))

    def _unwrap(self, wrapped: bytes, kek_id: str, place: str) -> bytes:
        try:
            return _decrypted(self._known[kek_id].wrapping, wrapped, bound_to=place.encode())
        except (KeyError, InvalidTag) as error:
            raise Refusal(
                "key-file-other",
                "The key file is not the one that this database was sealed with.",
            ) from error


def seal(key: DataKey, plaintext: bytes, *, place: str) -> bytes:
    """
    Seal *plaintext* for one *place*: its table, row and column.

    The same bytes anywhere else do not open, so that nobody with write access to
    the database can put one person's words in another's mouth.
    """
    return _sealed(key, plaintext, place=place, version=_BY_DATA_KEY)


def read_key_file(path: Path) -> bytes:
    """Read the key-encryption key, from a file that nobody else can read."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Refusal(
                    "key-file-open", f"Others can read {path}. Please run: chmod 600 {path}"
                )
            return _parse_key(path, file.read(1024))
    except FileNotFoundError as error:
        raise NotFound("key-file-missing", f"There is no key file at {path}.") from error


def write_key_file(path: Path) -> bytes:
    """Make a new key-encryption key and keep it at *path*, where no file may be yet."""
    key = secrets.token_bytes(KEY_SIZE)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict("key-file-exists", f"There is a file at {path} already.") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{_LABEL}{base64.urlsafe_b64encode(key).decode().rstrip('=')}\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _parse_key(path: Path, words: str) -> bytes:
    found = _KEY_FILE.fullmatch(words)
    if found is None:
        raise Malformed("key-file", f"{path} is not a key file of ours.")
    return base64.urlsafe_b64decode(f"{found[1]}=")


def _key_file(key: bytes) -> _KeyFile:
    id_ = _derived(key, "id", _ID).hex()
    return _KeyFile(
        id=id_,
        wrapping=AESGCM(_derived(key, "wrapping", KEY_SIZE)),
        own=DataKey(id=id_, cipher=AESGCM(_derived(key, "own", KEY_SIZE))),
    )


def _derived(key: bytes, use: str, length: int) -> bytes:
    info = f"forgefed-gate {use}".encode()
    return HKDFExpand(algorithm=SHA256(), length=length, info=info).derive(key)


def _place_of(row: Row) -> str:
    return _wrapped_place(text(row, "id"), text(row, "owner"), text(row, "thread"))


def _wrapped_place(id_: str, owner: str, thread: str) -> str:
    return json.dumps(["data_keys", id_, owner, thread])


def _wrap(key_file: _KeyFile, data_key: bytes, *, place: str) -> bytes:
    return _encrypted(key_file.wrapping, data_key, bound_to=place.encode())


def _key_id(sealed: bytes) -> str:
    return sealed[1:_HEAD].hex()


def _sealed(key: DataKey, plaintext: bytes, *, place: str, version: bytes) -> bytes:
    head = version + bytes.fromhex(key.id)
    return head + _encrypted(key.cipher, plaintext, bound_to=head + place.encode())


def _opened(cipher: AESGCM | None, sealed: bytes, *, place: str, version: bytes) -> bytes | None:
    head = sealed[:_HEAD]
    if cipher is None or not head.startswith(version):
        return None
    try:
        return _decrypted(cipher, sealed[_HEAD:], bound_to=head + place.encode())
    except InvalidTag:
        return None


def _encrypted(cipher: AESGCM, plaintext: bytes, *, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plaintext, bound_to)


def _decrypted(cipher: AESGCM, sealed: bytes, *, bound_to: bytes) -> bytes:
    if len(sealed) < _NONCE + _TAG:
        raise InvalidTag
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)


def unreadable() -> NotFound:
    """Say that what was sealed is lost."""
    return NotFound("unreadable", "This was erased, or is damaged: nobody can read it any more.")
