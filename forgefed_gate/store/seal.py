"""How private bytes are kept: sealed, so that destroying a key erases what it sealed."""

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from forgefed_gate.domain.errors import Conflict, NotFound, Refusal
from forgefed_gate.domain.ids import Millis
from forgefed_gate.store.ciphers import (
    BY_DATA_KEY,
    BY_KEY_FILE,
    ID_SIZE,
    KEY_SIZE,
    DataKey,
    KeyFile,
    Secret,
    decrypted,
    key_file_of,
    key_id,
    opened_by,
    sealed_by,
    secret_of,
    wrap,
)
from forgefed_gate.store.database import Row, Transaction, blob, text

_REMEMBERED = 10_000


class Vault:
    """
    The keys of this gate.

    Those wrapped by *kek* or one of *former* are readable. *look* reads the key files that
    there are now, the newest first, for whoever started before the latest was made. New
    data keys are wrapped by the one that the database says is in force. A data key is
    looked up in the database every time, so one that another process has destroyed is gone
    here too; memory only spares the unwrapping.
    """

    def __init__(
        self,
        kek: bytes,
        *,
        former: Iterable[bytes] = (),
        look: Callable[[], Sequence[bytes]] = tuple,
    ) -> None:
        self._look = look
        self._known = dict[str, KeyFile]()
        self._current = self._learn([kek, *former])
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
            key_file = await self._in_force(tx)
            await tx.many(
                """
                INSERT INTO data_keys (id, owner, thread, wrapped, kek_id, created_at)
                VALUES (:id, :owner, :thread, :wrapped, :kek_id, :now)
                ON CONFLICT (owner, thread) WHERE destroyed_at IS NULL DO NOTHING
                """,
                [_new(key_file, owner, thread) | {"now": now} for owner, thread in missing],
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
        keys = await self._by_id(tx, {key_id(each) for each, _ in sealed})
        return [
            opened_by(keys.get(key_id(each)), each, place=place, version=BY_DATA_KEY)
            for each, place in sealed
        ]

    async def destroyed(self, tx: Transaction, sealed: bytes) -> bool:
        """Say whether *sealed* cannot be opened because its key was destroyed on purpose."""
        row = await tx.row("SELECT destroyed_at FROM data_keys WHERE id = :id", id=key_id(sealed))
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
            UPDATE data_keys SET wrapped = NULL, kek_id = NULL, destroyed_at = :now
            WHERE owner = :owner AND destroyed_at IS NULL
            """,
            owner=owner,
            now=now,
        )

    async def destroy_in(self, tx: Transaction, threads: Collection[str], *, now: Millis) -> None:
        """Destroy the keys of everybody who spoke in *threads*."""
        self._secrets.cache_clear()
        await tx.run(
            """
            UPDATE data_keys SET wrapped = NULL, kek_id = NULL, destroyed_at = :now
            WHERE destroyed_at IS NULL AND thread <> '' AND thread IN
                (SELECT value ->> 0 FROM json_each(CAST(:threads AS TEXT)) AS named)
            """,
            threads=json.dumps([[thread] for thread in threads]),
            now=now,
        )

    async def forget(self, tx: Transaction, *, before: Millis) -> None:
        """Forget keys that were destroyed before *before*, and those of whom we know no more."""
        await tx.run("DELETE FROM data_keys WHERE destroyed_at < :before", before=before)
        await tx.run(
            """
            DELETE FROM data_keys WHERE thread = '' AND created_at < :before
            AND owner NOT IN (
                SELECT actor FROM people UNION SELECT reporter FROM reports
                UNION SELECT actor FROM inbox UNION SELECT 'evidence ' || id FROM kept_evidence
            )
            """,
            before=before,
        )

    async def rewrap(self, tx: Transaction, *, limit: int) -> int:
        """
        Put the current key file in force, and wrap up to *limit* keys by it.

        0 says that all of them are.
        """
        await self._enforce(tx)
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

    async def vouch(self, tx: Transaction, sealed: Iterable[bytes]) -> None:
        """Refuse to keep what `seal_own` sealed by a key file that has just been changed."""
        rows = await tx.rows("SELECT id FROM key_files ORDER BY id /* held */")
        if rows and {key_id(each) for each in sealed} - {text(row, "id") for row in rows}:
            raise Conflict(
                "key-file-changing",
                "The key file is being changed. Please try again when “privacy rotate-key” is"
                " done.",
            )

    async def retire(self, tx: Transaction) -> bool:
        """
        Let no key file be in use but the current one; False where one is needed still.

        Whoever is just wrapping by another one is waited for.
        """
        await tx.rows(
            "SELECT id FROM key_files WHERE id <> :current ORDER BY id /* held */",
            current=self._current.id,
        )
        if await self.rewrap(tx, limit=1):
            return False
        await tx.run("DELETE FROM key_files WHERE id <> :current", current=self._current.id)
        return True

    def renew(self) -> None:
        """Take the newest key file that there is as the current one."""
        if found := self._look():
            self._current = self._learn(found)

    def seal_own(self, plaintext: bytes, *, place: str) -> bytes:
        """Seal a secret of the gate itself for *place*, under the newest key file alone."""
        self.renew()
        return sealed_by(self._current.own, plaintext, place=place, version=BY_KEY_FILE)

    def sealed_by_current(self, sealed: bytes) -> bool:
        """Say whether `seal_own` would use the same key file again."""
        return key_id(sealed) == self._current.id

    def open_own(self, sealed: bytes, *, place: str) -> bytes:
        """Open what `seal_own` sealed for *place*."""
        key = self._find(key_id(sealed))
        cipher = key.own.cipher if key else None
        opened = opened_by(cipher, sealed, place=place, version=BY_KEY_FILE)
        if opened is None:
            raise unreadable()
        return opened

    def _learn(self, keys: Sequence[bytes]) -> KeyFile:
        """Know *keys* from now on, and give the first."""
        known = [key_file_of(key) for key in keys]
        self._known |= {key.id: key for key in known}
        return known[0]

    def _find(self, id_: str) -> KeyFile | None:
        """Find a key file; one that we do not know may have been made since we started."""
        if id_ not in self._known:
            self.renew()
        return self._known.get(id_)

    async def _in_force(self, tx: Transaction) -> KeyFile:
        """Find the key file that new keys are wrapped by; the first one is ours."""
        row = await tx.row("SELECT id FROM key_files ORDER BY turn DESC, id LIMIT 1")
        if row is None:
            await self._enforce(tx)
            return self._current
        return self._find(text(row, "id")) or _other_key_file()

    async def _enforce(self, tx: Transaction) -> None:
        await tx.run(
            "INSERT INTO key_files (id, turn)"
            " SELECT :id, COALESCE(MAX(turn), 0) + 1 FROM key_files WHERE 1 = 1"
            " ON CONFLICT (id) DO NOTHING",
            id=self._current.id,
        )

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

    def _rewrapped(self, row: Row) -> dict[str, str | bytes]:
        place = _place_of(row)
        key = self._unwrap(blob(row, "wrapped"), text(row, "kek_id"), place)
        return {
            "id": text(row, "id"),
            "wrapped": wrap(self._current, key, place=place),
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

    def _secret(self, row: Row) -> Secret:
        return self._secrets(blob(row, "wrapped"), text(row, "kek_id"), _place_of(row))

    def _make_secret(self, wrapped: bytes, kek_id: str, place: str) -> Secret:
        return secret_of(self._unwrap(wrapped, kek_id, place))

    def _unwrap(self, wrapped: bytes, kek_id: str, place: str) -> bytes:
        key_file = self._find(kek_id)
        try:
            cipher = key_file.wrapping if key_file else _other_key_file()
            return decrypted(cipher, wrapped, bound_to=place.encode())
        except InvalidTag:
            return _other_key_file()


def _new(key_file: KeyFile, owner: str, thread: str) -> dict[str, str | bytes]:
    id_ = secrets.token_hex(ID_SIZE)
    place = _wrapped_place(id_, owner, thread)
    wrapped = wrap(key_file, secrets.token_bytes(KEY_SIZE), place=place)
    return {
        "id": id_,
        "owner": owner,
        "thread": thread,
        "wrapped": wrapped,
        "kek_id": key_file.id,
    }


def seal(key: DataKey, plaintext: bytes, *, place: str) -> bytes:
    """
    Seal *plaintext* for one *place*: its table, row and column.

    The same bytes anywhere else do not open, so that nobody with write access to
    the database can put one person's words in another's mouth.
    """
    return sealed_by(key, plaintext, place=place, version=BY_DATA_KEY)


def _place_of(row: Row) -> str:
    return _wrapped_place(text(row, "id"), text(row, "owner"), text(row, "thread"))


def _wrapped_place(id_: str, owner: str, thread: str) -> str:
    return json.dumps(["data_keys", id_, owner, thread])


def _other_key_file() -> NoReturn:
    raise Refusal(
        "key-file-other", "The key file is not the one that this database was sealed with."
    )


def unreadable() -> NotFound:
    """Say that what was sealed is lost."""
    return NotFound("unreadable", "This was erased, or is damaged: nobody can read it any more.")
