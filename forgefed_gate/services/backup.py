"""One file that holds a gate but for its key file, and a gate made from such a file again."""

import asyncio
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from forgefed_gate import __version__
from forgefed_gate.config import Settings, read_settings
from forgefed_gate.domain.errors import Conflict, Malformed, Refusal
from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol.times import iso
from forgefed_gate.store import health, jobs, sessions
from forgefed_gate.store.database import Database
from forgefed_gate.store.migrations import shipped
from forgefed_gate.store.sqlite import open_database

MANIFEST, SETTINGS, DATABASE = "manifest.json", "gate.toml", "gate.db"
LONGEST_TEXT = 1024 * 1024
CHUNK = 1024 * 1024
END_OF_TIME = Millis(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself; *hashes* are SHA-256 in hexadecimal."""

    version: str
    schema: str
    made_at: str
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A gate made anew: its settings, and how many deliveries wait for a person to decide."""

    manifest: Manifest
    settings: Settings
    held_back: int


async def write(database: Database, settings_file: Path, target: Path, *, now: Millis) -> Manifest:
    """
    Write a backup to *target*, where no file may be yet, readable by its owner only.

    The database may be in use meanwhile. The key file is left out on purpose: whoever
    finds a backup can read no private word in it.
    """
    with _reserved(target, code="backup-exists"), _workshop(target) as workshop:
        copy, packed = workshop / DATABASE, workshop / "packed"
        await database.backup(copy)
        settings = _read(settings_file)
        manifest = Manifest(
            version=__version__,
            schema=await health.schema(database),
            made_at=iso(now),
            hashes={DATABASE: _hash_file(copy), SETTINGS: hashlib.sha256(settings).hexdigest()},
        )
        texts = {MANIFEST: json.dumps(asdict(manifest), indent=2).encode(), SETTINGS: settings}
        await asyncio.to_thread(_pack, packed, texts, copy)
        packed.replace(target)
    return manifest


async def restore(source: Path, settings_file: Path) -> Restored:
    """
    Make the gate in *source* anew beside *settings_file*, where no database may be yet.

    What the gate had still to deliver may have arrived since: it is set aside for a
    person to decide. Everybody signs in anew. Settings that are there already stay.
    """
    with _unpacked(source) as parcel, _put(settings_file, parcel.settings):
        settings = read_settings(settings_file)
        goal = _goal(settings)
        with _reserved(goal, code="database-exists"), _workshop(goal) as workshop:
            copy = workshop / DATABASE
            await asyncio.to_thread(parcel.extract_database, copy)
            held_back = await _quieten(copy)
            copy.replace(goal)
    return Restored(
        manifest=parcel.manifest,
        settings=settings,
        held_back=held_back,
    )


def _goal(settings: Settings) -> Path:
    if settings.on_postgresql:
        raise Conflict(
            "not-sqlite",
            "The settings there name a PostgreSQL database: restore it with pg_restore.",
        )
    goal = Path(settings.database)
    if goal.exists():
        raise Conflict(
            "database-exists",
            f"There is a gate at {goal} already, and it stays as it is. To go back to the backup,"
            " stop it and move its whole folder away first.",
        )
    if goal.with_name(f"{goal.name}-wal").exists():
        raise Conflict(
            "database-exists",
            f"{goal}-wal is left of another database. Move it away, with all that belongs to it.",
        )
    return goal


async def _quieten(database_file: Path) -> int:
    """Set aside what a restored gate must not say twice, and sign everybody out."""
    database = await open_database(database_file)
    try:
        async with database.transaction() as tx:
            await sessions.forget(tx, now=END_OF_TIME)
            return await jobs.bury_all(tx, "deliver", error="restored")
    finally:
        await database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """A backup that is open and whose small files are as they were written."""

    tar: tarfile.TarFile
    manifest: Manifest
    settings: bytes

    def extract_database(self, path: Path) -> None:
        """Copy the database to *path*, and refuse it where a byte of it has changed."""
        with _member(self.tar, DATABASE) as packed, _private(path) as copy:
            while chunk := packed.read(CHUNK):
                copy.write(chunk)
        _check(self.manifest, DATABASE, _hash_file(path))


@contextmanager
def _unpacked(source: Path) -> Generator[_Parcel]:
    try:
        tar = tarfile.open(source, "r:")  # noqa: SIM115 - closed below
    except tarfile.TarError:
        raise _damaged(f"{source} is not a backup of ours.") from None
    with tar:
        manifest = _manifest(_text(tar, MANIFEST))
        settings = _text(tar, SETTINGS)
        _check(manifest, SETTINGS, hashlib.sha256(settings).hexdigest())
        if manifest.schema not in {step.name for step in shipped()}:
            raise Refusal(
                "backup-newer",
                f"This backup was made by a newer version ({manifest.version}). Install that one.",
            )
        yield _Parcel(tar=tar, manifest=manifest, settings=settings)


def _manifest(source: bytes) -> Manifest:
    try:
        form = json.loads(source)
        return Manifest(
            version=str(form["version"]),
            schema=str(form["schema"]),
            made_at=str(form["made_at"]),
            hashes={str(name): str(digest) for name, digest in form["hashes"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged("What the backup says of itself cannot be read.") from None


def _check(manifest: Manifest, name: str, found: str) -> None:
    if manifest.hashes.get(name) != found:
        raise _damaged(f"{name} in it is not as it was written.")


def _text(tar: tarfile.TarFile, name: str) -> bytes:
    with _member(tar, name) as packed:
        return packed.read(LONGEST_TEXT)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        found = tar.extractfile(name)
    except (KeyError, tarfile.TarError):
        found = None
    if found is None:
        raise _damaged(f"There is no {name} in it.")
    return found


def _damaged(why: str) -> Malformed:
    return Malformed("backup-damaged", f"{why} Nothing was changed. Please use another backup.")


def _pack(path: Path, texts: Mapping[str, bytes], database_file: Path) -> None:
    with _private(path) as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name, content in texts.items():
                tar.addfile(_entry(name, len(content)), io.BytesIO(content))
            with database_file.open("rb") as copy:
                tar.addfile(_entry(DATABASE, database_file.stat().st_size), copy)
        file.flush()
        os.fsync(file.fileno())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def _workshop(goal: Path) -> Generator[Path]:
    """Make a private folder beside *goal*, so that moving something there is one step."""
    with TemporaryDirectory(prefix=".gate-", dir=goal.parent) as folder:
        yield Path(folder)


@contextmanager
def _reserved(path: Path, *, code: str) -> Generator[None]:
    """Take the name *path* before anybody else does, and give it back on failure."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        sentence = f"There is a file at {path} already, and it stays as it is."
        raise Conflict(code, sentence) from None
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _put(path: Path, settings: bytes) -> Generator[None]:
    """Put settings at *path*, unless there are some; on failure they go again."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        yield
        return
    with _reserved(path, code="settings-exist"):
        path.write_bytes(settings)
        yield
